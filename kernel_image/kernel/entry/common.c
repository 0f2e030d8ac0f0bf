// SPDX-License-Identifier: MIT
/* What happens between the assembly entries and the work: states, preemption, signals, the way back to user mode. */
#include <linux/sched.h>
#include <linux/entry-common.h>
#include <linux/hardirq.h>
#include <linux/irqflags.h>
#include <linux/interrupt.h>
#include <linux/rcupdate.h>
#include <linux/tick.h>
#include <asm/hypercall.h>
#include <asm/irq_vectors.h>
#include <asm/processor.h>
#include <trace/events/raw_syscalls.h>

/* Others' parts, until they are there. */
__weak notrace void arch_do_signal_or_restart(struct pt_regs *regs) { clear_tsk_thread_flag(current, TIF_SIGPENDING); }
__weak notrace void task_work_run(void) { }

#define EXIT_TO_USER_WORK	(1UL << TIF_SIGPENDING | 1UL << TIF_NEED_RESCHED | 1UL << TIF_NOTIFY_RESUME | 1UL << TIF_USER_PARK)

static noinline long syscall_trace_enter(struct pt_regs *regs, long syscall)
{
	trace_sys_enter(regs, syscall);
	return syscall;
}

noinstr long syscall_enter_from_user_mode(struct pt_regs *regs, long syscall)
{
	current->user_regs = regs;
	trace_hardirqs_off_finish();
	local_irq_enable();
	if (unlikely(trace_sys_enter_enabled()))
		syscall = syscall_trace_enter(regs, syscall);
	return syscall;
}

/*
 * The CPU is wanted by others: this task sleeps in user mode until the host wakes it, unless the host has put a
 * system call into its registers already.
 */
static noinline void user_park(struct pt_regs *regs)
{
	if (regs->ip == (unsigned long)user_mode_end || signal_pending(current)) {
		clear_tsk_thread_flag(current, TIF_USER_PARK);
		return;
	}
	set_current_state(TASK_INTERRUPTIBLE);
	if (test_tsk_thread_flag(current, TIF_USER_PARK)) {
		clear_tsk_thread_flag(current, TIF_USER_PARK);
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

static noinline unsigned long exit_to_user_mode_loop(struct pt_regs *regs, unsigned long ti_work)
{
	while (ti_work & EXIT_TO_USER_WORK || need_resched()) {
		local_irq_enable();
		if (ti_work & 1UL << TIF_NEED_RESCHED || need_resched())
			schedule();
		if (ti_work & 1UL << TIF_SIGPENDING)
			arch_do_signal_or_restart(regs);
		if (ti_work & 1UL << TIF_NOTIFY_RESUME) {
			clear_tsk_thread_flag(current, TIF_NOTIFY_RESUME);
			barrier();
			if (current->task_works)
				task_work_run();
		}
		if (ti_work & 1UL << TIF_USER_PARK)
			user_park(regs);
		local_irq_disable();
		ti_work = READ_ONCE(current->thread_flags);
	}
	return ti_work;
}

/* Interrupts are off. */
static noinline void exit_to_user_mode_prepare(struct pt_regs *regs)
{
	unsigned long ti_work = READ_ONCE(current->thread_flags);

	if (unlikely(ti_work & EXIT_TO_USER_WORK || need_resched()))
		exit_to_user_mode_loop(regs, ti_work);
}

static noinline void syscall_exit_to_user_mode_prepare(struct pt_regs *regs)
{
	trace_sys_exit(regs, regs->ax);
}

/*
 * In user mode a task has nothing to do until the host starts a system call.  If others wait for the CPU it
 * still goes there, to hand over its result, but an interrupt already waits for it and parks it.
 */
static noinstr void user_mode_yield(struct pt_regs *regs)
{
	if (sched_others_waiting() && regs->ip != (unsigned long)user_mode_end) {
		set_tsk_thread_flag(current, TIF_USER_PARK);
		outl((u32)smp_processor_id() << 8 | RESCHEDULE_VECTOR, IPI_PORT);
	}
}

noinstr void syscall_exit_to_user_mode(struct pt_regs *regs)
{
	syscall_exit_to_user_mode_prepare(regs);
	local_irq_disable();
	/* A wish from before this call; parked here, the task would keep its result to itself. */
	clear_tsk_thread_flag(current, TIF_USER_PARK);
	exit_to_user_mode_prepare(regs);
	user_mode_yield(regs);
	trace_hardirqs_on_prepare();
}

noinstr void irqentry_enter_from_user_mode(struct pt_regs *regs)
{
	this_hot->in_user = 0;
	trace_hardirqs_off_finish();
}

/* An interrupt that came before the host started a system call: the task asks for one again. */
noinstr void irqentry_exit_to_user_mode(struct pt_regs *regs)
{
	exit_to_user_mode_prepare(regs);
	user_mode_yield(regs);
	if (regs->ip != (unsigned long)user_mode_end)
		regs->ip = (unsigned long)user_mode_begin;
	trace_hardirqs_on_prepare();
}

noinstr irqentry_state_t irqentry_enter(struct pt_regs *regs)
{
	irqentry_state_t ret = { .exit_rcu = false };

	if (user_mode(regs)) {
		irqentry_enter_from_user_mode(regs);
		return ret;
	}
	if (current->flags & PF_IDLE) {
		ct_irq_enter();
		ret.exit_rcu = true;
	}
	trace_hardirqs_off_finish();
	return ret;
}

void irqentry_exit_cond_resched(void)
{
	if (!preempt_count() && preempt_dynamic_full && need_resched())
		preempt_schedule_irq();
}

noinstr void irqentry_exit(struct pt_regs *regs, irqentry_state_t state)
{
	if (user_mode(regs)) {
		irqentry_exit_to_user_mode(regs);
	} else if (regs->flags & X86_EFLAGS_IF) {
		if (state.exit_rcu) {
			trace_hardirqs_on_prepare();
			ct_irq_exit();
			return;
		}
		if (preempt_dynamic_full)
			irqentry_exit_cond_resched();
		trace_hardirqs_on_prepare();
	} else if (state.exit_rcu) {
		ct_irq_exit();
	}
}

noinstr irqentry_state_t irqentry_nmi_enter(struct pt_regs *regs)
{
	irqentry_state_t ret = { .exit_rcu = false };

	__nmi_enter();
	trace_hardirqs_off_finish();
	return ret;
}

noinstr void irqentry_nmi_exit(struct pt_regs *regs, irqentry_state_t state)
{
	if (regs->flags & X86_EFLAGS_IF)
		trace_hardirqs_on_prepare();
	__nmi_exit();
}
