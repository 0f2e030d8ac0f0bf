// SPDX-License-Identifier: MIT
/* Exceptions that are nobody's page.  Each oopses unless its instruction has a fixup. */
#include <linux/sched.h>
#include <linux/kdebug.h>
#include <linux/irqflags.h>
#include <linux/entry-common.h>
#include <asm/traps.h>
#include <asm/extable.h>
#include <asm/setup.h>

/* Who patches text with breakpoints or puts probes there says whether this one is its own. */
__weak notrace int ftrace_int3_handler(struct pt_regs *regs) { return 0; }
__weak notrace int kprobe_int3_handler(struct pt_regs *regs) { return 0; }
__weak notrace int kprobe_debug_handler(struct pt_regs *regs) { return 0; }

static noinline void do_error_trap(struct pt_regs *regs, long error_code, const char *str, unsigned long trapnr)
{
	if (fixup_exception(regs, trapnr, error_code, 0))
		return;
	die(str, regs, error_code);
}

#define DEFINE_EXC(name, nr, text) \
noinstr void exc_##name(struct pt_regs *regs, unsigned long error_code) \
{ \
	irqentry_state_t state = irqentry_enter(regs); \
	do_error_trap(regs, (long)error_code, text, nr); \
	irqentry_exit(regs, state); \
}
DEFINE_EXC(divide_error, 0, "divide error")
DEFINE_EXC(overflow, 4, "overflow")
DEFINE_EXC(bounds, 5, "bounds")
DEFINE_EXC(device_not_available, 7, "device not available")
DEFINE_EXC(double_fault, 8, "double fault")
DEFINE_EXC(invalid_tss, 10, "invalid TSS")
DEFINE_EXC(segment_not_present, 11, "segment not present")
DEFINE_EXC(stack_segment, 12, "stack segment")
DEFINE_EXC(general_protection, 13, "general protection fault")
DEFINE_EXC(alignment_check, 17, "alignment check")
DEFINE_EXC(spurious, 0x20, "spurious interrupt")

noinstr void exc_invalid_op(struct pt_regs *regs, unsigned long error_code)
{
	irqentry_state_t state = irqentry_enter(regs);

	do_error_trap(regs, 0, "invalid opcode", 6);
	irqentry_exit(regs, state);
}

/* The order is 6.1's: ftrace first, since its breakpoint may stand in a function that the others call. */
noinstr void exc_int3(struct pt_regs *regs, unsigned long error_code)
{
	irqentry_state_t state;

	if (ftrace_int3_handler(regs))
		return;
	state = irqentry_nmi_enter(regs);
	if (!kprobe_int3_handler(regs))
		die("int3", regs, 0);
	irqentry_nmi_exit(regs, state);
}

noinstr void exc_debug(struct pt_regs *regs, unsigned long error_code)
{
	irqentry_state_t state = irqentry_nmi_enter(regs);

	kprobe_debug_handler(regs);
	irqentry_nmi_exit(regs, state);
}

/* The gates stand since the first instructions of this CPU: an NMI may come at any time. */
void __init trap_init(void)
{
	load_current_idt();
}
