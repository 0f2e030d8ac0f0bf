/* SPDX-License-Identifier: MIT */
#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>

static noinline_for_trace int check_kill_permission(int sig, struct kernel_siginfo *info, struct task_struct *t)
{
	const struct cred *cred = current_cred(), *tcred = __task_cred(t);

	if (!valid_signal(sig))
		return -EINVAL;
	if (is_si_special(info) && info == SEND_SIG_PRIV)
		return 0;
	if (!uid_eq(cred->euid, tcred->suid) && !uid_eq(cred->euid, tcred->uid) && !uid_eq(cred->uid, tcred->suid) &&
	    !uid_eq(cred->uid, tcred->uid) && !capable(CAP_KILL))
		return -EPERM;
	return security_task_kill(t, sig, NULL);
}

int group_send_sig_info(int sig, struct kernel_siginfo *info, struct task_struct *p, int type)
{
	int ret;

	rcu_read_lock();
	ret = check_kill_permission(sig, info, p);
	rcu_read_unlock();
	if (!ret && sig)
		ret = do_send_sig_info(sig, info, p, type);
	return ret;
}

int kill_pid_info(int sig, struct kernel_siginfo *info, struct pid *pid)
{
	struct task_struct *p;
	int error = -ESRCH;

	rcu_read_lock();
	p = pid_task(pid, PIDTYPE_PID);
	if (p)
		error = group_send_sig_info(sig, info, p, PIDTYPE_TGID);
	rcu_read_unlock();
	return error;
}

int kill_pid(struct pid *pid, int sig, int priv)
{
	return kill_pid_info(sig, priv ? SEND_SIG_PRIV : SEND_SIG_NOINFO, pid);
}

static noinline_for_trace int kill_something_info(int sig, struct kernel_siginfo *info, pid_t pid)
{
	int count = 0, retval = 0, err;
	struct task_struct *p;

	if (pid > 0) {
		rcu_read_lock();
		err = kill_pid_info(sig, info, find_vpid(pid));
		rcu_read_unlock();
		return err;
	}
	if (pid == INT_MIN)
		return -ESRCH;
	read_lock(&tasklist_lock);
	for_each_process(p) {
		if (pid == -1 ? p->pid <= 1 || p->tgid == current->tgid || p->flags & PF_KTHREAD :
		    p->signal->pgrp != (pid ? -pid : current->signal->pgrp))
			continue;
		err = group_send_sig_info(sig, info, p, PIDTYPE_PGID);
		count++;
		if (err != -EPERM)
			retval = err;
	}
	read_unlock(&tasklist_lock);
	return count ? retval : -ESRCH;
}

static void prepare_kill_siginfo(int sig, struct kernel_siginfo *info, int code)
{
	clear_siginfo(info);
	info->si_signo = sig;
	info->si_code = code;
	info->si_pid = task_tgid_vnr(current);
	info->si_uid = current_uid().val;
}

SYSCALL_DEFINE2(kill, pid_t, pid, int, sig)
{
	struct kernel_siginfo info;

	prepare_kill_siginfo(sig, &info, SI_USER);
	return kill_something_info(sig, &info, pid);
}

static noinline_for_trace int do_tkill(pid_t tgid, pid_t pid, int sig)
{
	struct kernel_siginfo info;
	struct task_struct *p;
	int error = -ESRCH;

	prepare_kill_siginfo(sig, &info, SI_TKILL);
	rcu_read_lock();
	p = find_task_by_vpid(pid);
	if (p && (tgid <= 0 || task_tgid_vnr(p) == tgid)) {
		error = check_kill_permission(sig, &info, p);
		if (!error && sig)
			error = do_send_sig_info(sig, &info, p, PIDTYPE_PID);
	}
	rcu_read_unlock();
	return error;
}

SYSCALL_DEFINE2(tkill, pid_t, pid, int, sig)
{
	return pid <= 0 ? -EINVAL : do_tkill(0, pid, sig);
}

SYSCALL_DEFINE3(tgkill, pid_t, tgid, pid_t, pid, int, sig)
{
	return pid <= 0 || tgid <= 0 ? -EINVAL : do_tkill(tgid, pid, sig);
}

static noinline_for_trace int do_sigaction(int sig, struct k_sigaction *act, struct k_sigaction *oact)
{
	struct k_sigaction *k;

	if (!valid_signal(sig) || sig < 1 || (act && sig_kernel_only(sig)))
		return -EINVAL;
	k = &current->sighand->action[sig - 1];
	spin_lock_irq(&current->sighand->siglock);
	if (oact)
		*oact = *k;
	if (act) {
		sigdelsetmask(&act->sa.sa_mask, sigmask(SIGKILL) | sigmask(SIGSTOP));
		*k = *act;
	}
	spin_unlock_irq(&current->sighand->siglock);
	return 0;
}

SYSCALL_DEFINE4(rt_sigaction, int, sig, const struct sigaction __user *, act, struct sigaction __user *, oact, size_t, sigsetsize)
{
	struct k_sigaction new_sa, old_sa;
	int ret;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (act && copy_from_user(&new_sa.sa, act, sizeof(new_sa.sa)))
		return -EFAULT;
	ret = do_sigaction(sig, act ? &new_sa : NULL, oact ? &old_sa : NULL);
	if (!ret && oact && copy_to_user(oact, &old_sa.sa, sizeof(old_sa.sa)))
		return -EFAULT;
	return ret;
}

SYSCALL_DEFINE4(rt_sigprocmask, int, how, sigset_t __user *, nset, sigset_t __user *, oset, size_t, sigsetsize)
{
	sigset_t old_set = current->blocked, new_set;
	int error;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (nset) {
		if (copy_from_user(&new_set, nset, sizeof(sigset_t)))
			return -EFAULT;
		sigdelsetmask(&new_set, sigmask(SIGKILL) | sigmask(SIGSTOP));
		error = sigprocmask(how, &new_set, NULL);
		if (error)
			return error;
	}
	return oset && copy_to_user(oset, &old_set, sizeof(sigset_t)) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(rt_sigpending, sigset_t __user *, uset, size_t, sigsetsize)
{
	sigset_t set = (current->pending.signal | current->signal->shared_pending.signal) & current->blocked;

	if (sigsetsize > sizeof(set))
		return -EINVAL;
	return copy_to_user(uset, &set, sigsetsize) ? -EFAULT : 0;
}

static noinline_for_trace int sigsuspend(sigset_t *set)
{
	sigset_t saved = current->blocked;

	set_current_blocked(set);
	while (!signal_pending(current)) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!signal_pending(current))
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	__set_current_blocked(&saved);
	return -ERESTARTNOHAND;
}

SYSCALL_DEFINE2(rt_sigsuspend, sigset_t __user *, unewset, size_t, sigsetsize)
{
	sigset_t newset;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (copy_from_user(&newset, unewset, sizeof(newset)))
		return -EFAULT;
	return sigsuspend(&newset);
}

SYSCALL_DEFINE0(pause)
{
	sigset_t set = current->blocked;

	return sigsuspend(&set);
}

SYSCALL_DEFINE0(rt_sigreturn)
{
	return 0;
}

SYSCALL_DEFINE2(sigaltstack, const void __user *, uss, void __user *, uoss)
{
	return 0;
}
