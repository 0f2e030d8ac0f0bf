/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_IRQFLAGS_H
#define _LINUX_IRQFLAGS_H
#include <linux/types.h>
#include <asm/percpu.h>
#include <asm/hypercall.h>
#include <asm/hot_word.h>
#define X86_EFLAGS_IF	0x200UL

static __always_inline notrace unsigned long arch_local_save_flags(void)
{
	unsigned long flags;

	asm volatile("pushf; pop %0" : "=rm"(flags) :: "memory");
	return flags;
}
/* Interrupts come in where they are turned on, and live only there: the host asks for it by host_poll. */
static __always_inline notrace void arch_local_irq_enable(void)
{
	asm volatile("sti" ::: "memory");
	if (unlikely(this_hot->host_poll))
		hypercall(HC_POLL, 0, 0, 0, 0);
}
static __always_inline notrace void arch_local_irq_disable(void) { asm volatile("cli" ::: "memory"); }
static __always_inline notrace unsigned long arch_local_irq_save(void)
{
	unsigned long flags = arch_local_save_flags();

	arch_local_irq_disable();
	return flags;
}
#define arch_irqs_disabled_flags(f)	(!((f) & X86_EFLAGS_IF))
#define arch_irqs_disabled()		arch_irqs_disabled_flags(arch_local_save_flags())

/* As those, and the tracer is told. */
static __always_inline notrace void local_irq_enable(void)
{
	if (likely(!(hot_word() & (HOT_POLL | HOT_TRACE(TRACE_IRQFLAGS))))) {
		asm volatile("sti" ::: "memory");
		return;
	}
	if (this_hot->trace_preemptirq & TRACE_IRQFLAGS)
		trace_hardirqs_on();
	arch_local_irq_enable();
}
/*
 * Where 6.1's entry code tells of what the processor has done, or is about to do.  With the barrier it is no last
 * call: who did it is told by its return address.
 */
static __always_inline notrace void trace_hardirqs_off_finish(void)
{
	if (unlikely(this_hot->trace_preemptirq & TRACE_IRQFLAGS))
		trace_hardirqs_off();
	barrier();
}
static __always_inline notrace void trace_hardirqs_on_prepare(void)
{
	if (unlikely(this_hot->trace_preemptirq & TRACE_IRQFLAGS))
		trace_hardirqs_on();
	barrier();
}
static __always_inline notrace void local_irq_disable(void)
{
	arch_local_irq_disable();
	trace_hardirqs_off_finish();
}
#define local_irq_save(f)		do { (f) = arch_local_irq_save(); trace_hardirqs_off_finish(); } while (0)
#define local_irq_restore(f)		do { if (!arch_irqs_disabled_flags(f)) local_irq_enable(); } while (0)
#define local_save_flags(f)		do { (f) = arch_local_save_flags(); } while (0)
#define irqs_disabled()			arch_irqs_disabled()
#define irqs_disabled_flags(f)		arch_irqs_disabled_flags(f)
#define raw_local_irq_enable		arch_local_irq_enable
#define raw_local_irq_disable		arch_local_irq_disable
#define raw_local_irq_save(f)		do { (f) = arch_local_irq_save(); } while (0)
#define raw_local_irq_restore(f)	do { if (!arch_irqs_disabled_flags(f)) arch_local_irq_enable(); } while (0)
#define raw_local_save_flags(f)		local_save_flags(f)
#define raw_irqs_disabled_flags(f)	arch_irqs_disabled_flags(f)
#define raw_irqs_disabled()		arch_irqs_disabled()

/* kernel/trace/trace_irqsoff.c; an idle CPU waits for nothing */
void start_critical_timings(void);
void stop_critical_timings(void);
#define lockdep_assert_irqs_disabled()	do { } while (0)
#define lockdep_assert_irqs_enabled()	do { } while (0)
#endif
