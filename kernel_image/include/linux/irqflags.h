/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_IRQFLAGS_H
#define _LINUX_IRQFLAGS_H
#include <linux/types.h>
#include <asm/percpu.h>
#include <asm/hypercall.h>
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
#define local_irq_enable()		arch_local_irq_enable()
#define local_irq_disable()		arch_local_irq_disable()
#define local_irq_save(f)		do { (f) = arch_local_irq_save(); } while (0)
#define local_irq_restore(f)		do { if (!arch_irqs_disabled_flags(f)) arch_local_irq_enable(); } while (0)
#define local_save_flags(f)		do { (f) = arch_local_save_flags(); } while (0)
#define irqs_disabled()			arch_irqs_disabled()
#define irqs_disabled_flags(f)		arch_irqs_disabled_flags(f)
#define raw_local_irq_enable		arch_local_irq_enable
#define raw_local_irq_disable		arch_local_irq_disable
#define raw_local_irq_save(f)		local_irq_save(f)
#define raw_local_irq_restore(f)	local_irq_restore(f)
#define raw_local_save_flags(f)		local_save_flags(f)
#define raw_irqs_disabled_flags(f)	arch_irqs_disabled_flags(f)
#define raw_irqs_disabled()		arch_irqs_disabled()
#define lockdep_assert_irqs_disabled()	do { } while (0)
#define lockdep_assert_irqs_enabled()	do { } while (0)
#endif
