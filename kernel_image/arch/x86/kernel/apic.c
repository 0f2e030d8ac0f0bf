// SPDX-License-Identifier: MIT
/* The local APIC is the host: its timer vector, and inter-processor interrupts by a port. */
#include <linux/sched.h>
#include <linux/clockchips.h>
#include <linux/tick.h>
#include <linux/smp.h>
#include <linux/irq_work.h>
#include <asm/hypercall.h>
#include <asm/idtentry.h>
#include <asm/irq_regs.h>
#include <asm/processor.h>
#include <asm/hypervisor.h>

DEFINE_PER_CPU(struct clock_event_device, lapic_events);
DEFINE_PER_CPU(struct pt_regs *, irq_regs);
DEFINE_PER_CPU(unsigned int, apic_timer_irqs);
DEFINE_PER_CPU(unsigned int, irq_resched_count);
DEFINE_PER_CPU(unsigned int, irq_call_count);
DEFINE_PER_CPU(unsigned int, apic_irq_work_irqs);

static notrace void send_ipi(int cpu, int vector)
{
	outl((u32)cpu << 8 | vector, IPI_PORT);
}

static __always_inline void local_apic_timer_interrupt(void)
{
	struct clock_event_device *evt = this_cpu_ptr(lapic_events);

	if (!evt->event_handler)
		return;
	this_cpu_inc(apic_timer_irqs);
	evt->event_handler(evt);
}

DEFINE_IDTENTRY_SYSVEC(sysvec_apic_timer_interrupt)
{
	struct pt_regs *old_regs = set_irq_regs(regs);

	local_apic_timer_interrupt();
	set_irq_regs(old_regs);
}

void native_smp_send_reschedule(int cpu)
{
	send_ipi(cpu, RESCHEDULE_VECTOR);
}

void smp_send_reschedule(int cpu)
{
	native_smp_send_reschedule(cpu);
}

DEFINE_IDTENTRY_SYSVEC_SIMPLE(sysvec_reschedule_ipi)
{
	this_cpu_inc(irq_resched_count);
}

void native_send_call_func_single_ipi(int cpu)
{
	send_ipi(cpu, CALL_FUNCTION_SINGLE_VECTOR);
}

void arch_send_call_function_single_ipi(int cpu)
{
	native_send_call_func_single_ipi(cpu);
}

void arch_send_call_function_ipi_mask(const struct cpumask *mask)
{
	int cpu;

	for_each_cpu(cpu, mask)
		send_ipi(cpu, CALL_FUNCTION_VECTOR);
}

DEFINE_IDTENTRY_SYSVEC(sysvec_call_function_single)
{
	this_cpu_inc(irq_call_count);
	generic_smp_call_function_single_interrupt();
}

DEFINE_IDTENTRY_SYSVEC(sysvec_call_function)
{
	this_cpu_inc(irq_call_count);
	generic_smp_call_function_interrupt();
}

void arch_irq_work_raise(void)
{
	send_ipi(smp_processor_id(), IRQ_WORK_VECTOR);
}

DEFINE_IDTENTRY_SYSVEC(sysvec_irq_work)
{
	this_cpu_inc(apic_irq_work_irqs);
	irq_work_run();
}

DEFINE_IDTENTRY_SYSVEC(sysvec_reboot)
{
	for (;;)
		asm volatile("cli; hlt");
}

ABI_DEFS(clockevents)
{
	ABI_OFFSET(clock_event_device, next_event);
	ABI_SIZE(clock_event_device);
}
