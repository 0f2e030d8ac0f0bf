/* SPDX-License-Identifier: MIT */
#include <linux/bitops.h>
#include <linux/entry-common.h>
#include <linux/kernel.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/task_work.h>
#include <trace/events/signal.h>

struct sigqueue *sigqueue_collect(struct sigpending *list, int sig, kernel_siginfo_t *info);

#define TASK_STOPPED_	0x0104		/* __TASK_STOPPED | TASK_WAKEKILL */
#define SYNCHRONOUS_MASK (sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGILL) | sigmask(SIGTRAP) | sigmask(SIGFPE) | sigmask(SIGSYS))

int next_signal(struct sigpending *pending, sigset_t *mask)
{
	u64 x = pending->signal & ~*mask;

	if (!x)
		return 0;
	if (x & SYNCHRONOUS_MASK)
		x &= SYNCHRONOUS_MASK;
	return fls64(x & -x);
}

static void collect_signal(int sig, struct sigpending *list, kernel_siginfo_t *info)
{
	if (!sigqueue_collect(list, sig, info)) {
		/* Sent without a record: SIGKILL, or no memory. */
		clear_siginfo(info);
		info->si_signo = sig;
		info->si_code = SI_USER;
	}
}

static noinline_for_trace int __dequeue_signal(struct sigpending *pending, sigset_t *mask, kernel_siginfo_t *info)
{
	int sig = next_signal(pending, mask);

	if (sig)
		collect_signal(sig, pending, info);
	return sig;
}

int dequeue_signal(struct task_struct *tsk, sigset_t *mask, kernel_siginfo_t *info, int *type)
{
	int signr = __dequeue_signal(&tsk->pending, mask, info);

	*type = 0;
	if (!signr) {
		*type = 1;
		signr = __dequeue_signal(&tsk->signal->shared_pending, mask, info);
	}
	recalc_sigpending();
	return signr;
}

/* Sleeps until SIGCONT or SIGKILL.  siglock is held, and released. */
static noinline_for_trace void do_signal_stop(int signr)
{
	current->signal->flags |= SIGNAL_STOP_STOPPED;
	current->exit_code = signr << 8 | 0x7f;
	set_current_state(TASK_STOPPED_);
	spin_unlock_irq(&current->sighand->siglock);
	schedule();
	current->exit_code = 0;
}

/*
 * The next signal that has a handler, or false.  What kills does not come back, what stops comes back when
 * continued.
 */
bool get_signal(struct ksignal *ksig)
{
	struct sighand_struct *sighand = current->sighand;
	int type;

	if (current->task_works)
		task_work_run();
	for (;;) {
		struct k_sigaction *ka;
		int signr;

		spin_lock_irq(&sighand->siglock);
		if (current->signal->flags & SIGNAL_GROUP_EXIT) {
			ksig->info.si_signo = signr = SIGKILL;
			sigdelset(&current->pending.signal, SIGKILL);
			trace_signal_deliver(SIGKILL, SEND_SIG_NOINFO, &sighand->action[SIGKILL - 1]);
			recalc_sigpending();
			spin_unlock_irq(&sighand->siglock);
			do_group_exit(signr);
		}
		signr = dequeue_signal(current, &current->blocked, &ksig->info, &type);
		if (!signr) {
			spin_unlock_irq(&sighand->siglock);
			return false;
		}
		ka = &sighand->action[signr - 1];
		trace_signal_deliver(signr, &ksig->info, ka);
		if (ka->sa.sa_handler == SIG_IGN) {
			spin_unlock_irq(&sighand->siglock);
			continue;
		}
		if (ka->sa.sa_handler != SIG_DFL) {
			ksig->ka = *ka;
			ksig->sig = signr;
			spin_unlock_irq(&sighand->siglock);
			return true;
		}
		if (sig_kernel_ignore(signr) ||
		    (current->signal->flags & SIGNAL_UNKILLABLE && !sig_kernel_only(signr))) {
			spin_unlock_irq(&sighand->siglock);
			continue;
		}
		if (sig_kernel_stop(signr)) {
			do_signal_stop(signr);
			continue;
		}
		spin_unlock_irq(&sighand->siglock);
		do_group_exit(signr);
	}
}

/*
 * The way back to user mode with a signal pending.  There is no user code to run a handler and no system call
 * is restarted by the kernel: whoever made it sees -EINTR, as after a handler without SA_RESTART.
 */
void arch_do_signal_or_restart(struct pt_regs *regs)
{
	struct ksignal ksig;

	while (get_signal(&ksig))
		;
	switch ((long)regs->ax) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		if ((long)regs->orig_ax >= 0)
			regs->ax = -EINTR;
	}
	spin_lock_irq(&current->sighand->siglock);
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
}

void __set_current_blocked(const sigset_t *newset)
{
	spin_lock_irq(&current->sighand->siglock);
	current->blocked = *newset;
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
}

void set_current_blocked(sigset_t *newset)
{
	sigdelsetmask(newset, sigmask(SIGKILL) | sigmask(SIGSTOP));
	__set_current_blocked(newset);
}

int sigprocmask(int how, sigset_t *set, sigset_t *oldset)
{
	sigset_t newset;

	if (oldset)
		*oldset = current->blocked;
	switch (how) {
	case SIG_BLOCK:
		newset = current->blocked | *set;
		break;
	case SIG_UNBLOCK:
		newset = current->blocked & ~*set;
		break;
	case SIG_SETMASK:
		newset = *set;
		break;
	default:
		return -EINVAL;
	}
	__set_current_blocked(&newset);
	return 0;
}
