// SPDX-License-Identifier: MIT
/* 256 interrupt gates; the hypercall vector is never dispatched here. */
#include <linux/sched.h>
#include <asm/irq_vectors.h>
#include <asm/hypercall.h>
#include <asm/setup.h>

#ifdef __x86_64__
struct gate { u16 low, segment; u8 ist, type; u16 middle; u32 high, zero; } __packed;
#else
struct gate { u16 low, segment; u8 ist, type; u16 middle; } __packed;
#endif
struct gate idt_table[NR_VECTORS] __aligned(4096);
struct desc_ptr { u16 size; unsigned long address; } __packed;

#define EXCEPTIONS(X) \
	X(0, divide_error) X(1, debug) X(3, int3) X(4, overflow) X(5, bounds) X(6, invalid_op) \
	X(7, device_not_available) X(8, double_fault) X(10, invalid_tss) X(11, segment_not_present) \
	X(12, stack_segment) X(13, general_protection) X(14, page_fault) X(17, alignment_check) X(2, nmi)
#define SYSVECS(X) \
	X(LOCAL_TIMER_VECTOR, apic_timer_interrupt) X(HYPERVISOR_CALLBACK_VECTOR, hypervisor_callback) \
	X(IRQ_WORK_VECTOR, irq_work) X(CALL_FUNCTION_SINGLE_VECTOR, call_function_single) \
	X(CALL_FUNCTION_VECTOR, call_function) X(REBOOT_VECTOR, reboot) X(RESCHEDULE_VECTOR, reschedule_ipi)

#define X(n, name)	extern void asm_exc_##name(void);
EXCEPTIONS(X)
#undef X
#define X(n, name)	extern void asm_sysvec_##name(void);
SYSVECS(X)
#undef X
extern void asm_exc_spurious(void);
extern char irq_entries_start[];

static __init void set_gate(unsigned int n, unsigned long addr)
{
	struct gate *g = &idt_table[n];

	g->low = addr;
	g->segment = 0x08;
	g->type = 0x8e;
	g->middle = addr >> 16;
#ifdef __x86_64__
	g->high = addr >> 32;
#endif
}

void load_current_idt(void)
{
	struct desc_ptr d = { sizeof(idt_table) - 1, (unsigned long)idt_table };

	asm volatile("lidt %0" :: "m"(d));
}

void __init idt_setup(void)
{
	unsigned int n;

	for (n = 0; n < NR_VECTORS; n++)
		if (n != HYPERCALL_VECTOR)
			set_gate(n, (unsigned long)asm_exc_spurious);
	for (n = 0; n < 16; n++)
		set_gate(FIRST_EXTERNAL_VECTOR + n, (unsigned long)irq_entries_start + 16 * n);
#define X(n, name)	set_gate(n, (unsigned long)asm_exc_##name);
	EXCEPTIONS(X)
#undef X
#define X(n, name)	set_gate(n, (unsigned long)asm_sysvec_##name);
	SYSVECS(X)
#undef X
	load_current_idt();
}
