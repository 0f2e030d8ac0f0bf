/* SPDX-License-Identifier: MIT */
#include <linux/kernel.h>
#include <linux/pid.h>
#include <linux/resource.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <trace/events/sched.h>

#define WNOHANG		0x00000001
#define WUNTRACED	0x00000002
#define WEXITED		0x00000004
#define WNOWAIT		0x01000000
#define __WNOTHREAD	0x20000000
#define __WALL		0x40000000
#define __WCLONE	0x80000000u

struct wait_opts {
	int wo_flags;
	pid_t wo_pid;			/* > 0: this one; 0: our process group; -1: any; < -1: that group */
	int wo_stat;
	struct rusage *wo_rusage;
	int notask_error;
};

static bool eligible_pid(struct wait_opts *wo, struct task_struct *p)
{
	return wo->wo_pid > 0 ? p->pid == wo->wo_pid : wo->wo_pid == -1 ||
	       p->signal->pgrp == (wo->wo_pid ? -wo->wo_pid : current->signal->pgrp);
}

/* Returns the pid, with tasklist_lock released; the zombie is gone then. */
static noinline_for_trace int wait_task_zombie(struct wait_opts *wo, struct task_struct *p)
{
	pid_t pid = task_pid_vnr(p);
	struct signal_struct *sig = p->signal, *psig = current->signal;

	if (wo->wo_flags & WNOWAIT) {
		wo->wo_stat = p->exit_code;
		read_unlock(&tasklist_lock);
		return pid;
	}
	if (cmpxchg(&p->exit_state, EXIT_ZOMBIE, EXIT_DEAD) != EXIT_ZOMBIE)
		return 0;
	spin_lock_irq(&current->sighand->siglock);
	psig->cutime += p->utime + sig->utime + sig->cutime;
	psig->cstime += p->stime + sig->stime + sig->cstime;
	psig->cnvcsw += p->nvcsw + sig->nvcsw + sig->cnvcsw;
	psig->cnivcsw += p->nivcsw + sig->nivcsw + sig->cnivcsw;
	spin_unlock_irq(&current->sighand->siglock);
	if (wo->wo_rusage)
		getrusage(p, RUSAGE_SELF, wo->wo_rusage);
	wo->wo_stat = sig->flags & SIGNAL_GROUP_EXIT ? sig->group_exit_code : p->exit_code;
	read_unlock(&tasklist_lock);
	release_task(p);
	return pid;
}

/* Nonzero: done, and tasklist_lock is released. */
static noinline_for_trace int wait_consider_task(struct wait_opts *wo, struct task_struct *p)
{
	if (p->exit_state == EXIT_DEAD || !eligible_pid(wo, p))
		return 0;
	wo->notask_error = 0;
	if (p->exit_state == EXIT_ZOMBIE && thread_group_empty(p) && wo->wo_flags & WEXITED)
		return wait_task_zombie(wo, p);
	return 0;
}

static int do_wait_thread(struct wait_opts *wo, struct task_struct *tsk)
{
	struct task_struct *p;

	list_for_each_entry(p, &tsk->children, sibling) {
		int ret = wait_consider_task(wo, p);

		if (ret)
			return ret;
	}
	return 0;
}

static noinline_for_trace long do_wait(struct wait_opts *wo)
{
	DECLARE_WAITQUEUE(wait, current);
	long retval;

	if (trace_sched_process_wait_enabled())
		trace_sched_process_wait(wo->wo_pid > 0 ? find_vpid(wo->wo_pid) : NULL);
	add_wait_queue(&current->signal->wait_chldexit, &wait);
	for (;;) {
		wo->notask_error = -ECHILD;
		set_current_state(TASK_INTERRUPTIBLE);
		read_lock(&tasklist_lock);
		retval = do_wait_thread(wo, current->group_leader);
		if (retval)
			break;
		read_unlock(&tasklist_lock);
		retval = wo->notask_error;
		if (retval || wo->wo_flags & WNOHANG)
			break;
		retval = -ERESTARTSYS;
		if (signal_pending(current))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	remove_wait_queue(&current->signal->wait_chldexit, &wait);
	return retval;
}

long kernel_wait4(pid_t upid, int __user *stat_addr, int options, void *ru)
{
	struct wait_opts wo = { .wo_flags = options | WEXITED, .wo_pid = upid, .wo_rusage = ru };
	long ret;

	if (options & ~(WNOHANG | WUNTRACED | 8 | __WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	if (upid == INT_MIN)
		return -ESRCH;
	ret = do_wait(&wo);
	if (ret > 0 && stat_addr && put_user(wo.wo_stat, stat_addr))
		ret = -EFAULT;
	return ret;
}

SYSCALL_DEFINE4(wait4, pid_t, upid, int __user *, stat_addr, int, options, struct rusage __user *, ru)
{
	struct rusage r;
	long err = kernel_wait4(upid, stat_addr, options, ru ? &r : NULL);

	if (err > 0 && ru && copy_to_user(ru, &r, sizeof(r)))
		return -EFAULT;
	return err;
}

/* P_ALL 0, P_PID 1, P_PGID 2; the siginfo is signo, errno, code, pad, pid, uid, status. */
SYSCALL_DEFINE5(waitid, int, which, pid_t, upid, int __user *, infop, int, options, struct rusage __user *, ru)
{
	struct wait_opts wo = { .wo_flags = options, .wo_pid = which == 0 ? -1 : which == 1 ? upid : -upid };
	long ret;

	if (which > 2 || (which == 1 && upid <= 0) || !(options & (WEXITED | WUNTRACED | 8)))
		return -EINVAL;
	ret = do_wait(&wo);
	if (ret > 0) {
		int signo = SIGCHLD, killed = wo.wo_stat & 0x7f;
		int info[7] = { signo, 0, killed ? CLD_KILLED : CLD_EXITED, 0, ret, 0, killed ? killed : wo.wo_stat >> 8 };

		if (infop && copy_to_user(infop, info, sizeof(info)))
			return -EFAULT;
		ret = 0;
	}
	return ret;
}
