/* SPDX-License-Identifier: MIT */
#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/resource.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#define PRIO_PROCESS	0

static noinline_for_trace int set_one_prio(struct task_struct *p, int niceval, int error)
{
	if (niceval < task_nice(p) && !capable(CAP_SYS_NICE))
		return -EACCES;
	set_user_nice(p, niceval);
	return error == -ESRCH ? 0 : error;
}

SYSCALL_DEFINE3(setpriority, int, which, int, who, int, niceval)
{
	struct task_struct *p;
	int error = -ESRCH;

	if (which > 2 || which < 0)
		return -EINVAL;
	niceval = clamp(niceval, MIN_NICE, MAX_NICE);
	rcu_read_lock();
	p = which == PRIO_PROCESS && who ? find_task_by_vpid(who) : current;
	if (p)
		error = set_one_prio(p, niceval, error);
	rcu_read_unlock();
	return error;
}

SYSCALL_DEFINE2(getpriority, int, which, int, who)
{
	struct task_struct *p;
	long retval = -ESRCH;

	if (which > 2 || which < 0)
		return -EINVAL;
	rcu_read_lock();
	p = which == PRIO_PROCESS && who ? find_task_by_vpid(who) : current;
	if (p)
		retval = 20 - task_nice(p);
	rcu_read_unlock();
	return retval;
}

static struct timeval_ ns_to_tv(u64 ns)
{
	return (struct timeval_){ .tv_sec = ns / NSEC_PER_SEC, .tv_usec = (u32)(ns % NSEC_PER_SEC) / 1000 };
}

void getrusage(struct task_struct *p, int who, struct rusage *r)
{
	struct signal_struct *sig = p->signal;

	memset(r, 0, sizeof(*r));
	if (who == RUSAGE_CHILDREN) {
		r->ru_utime = ns_to_tv(sig->cutime);
		r->ru_stime = ns_to_tv(sig->cstime);
		r->ru_nvcsw = sig->cnvcsw;
		r->ru_nivcsw = sig->cnivcsw;
		return;
	}
	r->ru_utime = ns_to_tv(sig->utime + p->utime);
	r->ru_stime = ns_to_tv(sig->stime + p->stime);
	r->ru_nvcsw = sig->nvcsw + p->nvcsw;
	r->ru_nivcsw = sig->nivcsw + p->nivcsw;
	r->ru_minflt = sig->min_flt;
	if (p->mm)
		r->ru_maxrss = p->mm->hiwater_vm * (PAGE_SIZE / 1024);
}

SYSCALL_DEFINE2(getrusage, int, who, struct rusage __user *, ru)
{
	struct rusage r;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != 1)
		return -EINVAL;
	getrusage(current, who, &r);
	return copy_to_user(ru, &r, sizeof(r)) ? -EFAULT : 0;
}

SYSCALL_DEFINE1(times, long __user *, tbuf)
{
	struct signal_struct *sig = current->signal;
	long t[4] = { div_u64(current->utime + sig->utime, NSEC_PER_SEC / 100), div_u64(current->stime + sig->stime, NSEC_PER_SEC / 100),
		      div_u64(sig->cutime, NSEC_PER_SEC / 100), div_u64(sig->cstime, NSEC_PER_SEC / 100) };

	if (tbuf && copy_to_user(tbuf, t, sizeof(t)))
		return -EFAULT;
	return div_u64(ktime_get_ns(), NSEC_PER_SEC / 100);
}

static noinline_for_trace int do_prlimit(struct task_struct *tsk, unsigned int resource, struct rlimit *new_rlim, struct rlimit *old_rlim)
{
	struct rlimit *rlim;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	if (new_rlim && new_rlim->rlim_cur > new_rlim->rlim_max)
		return -EINVAL;
	rlim = tsk->signal->rlim + resource;
	if (new_rlim && new_rlim->rlim_max > rlim->rlim_max && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	if (old_rlim)
		*old_rlim = *rlim;
	if (new_rlim)
		*rlim = *new_rlim;
	return 0;
}

SYSCALL_DEFINE2(getrlimit, unsigned int, resource, struct rlimit __user *, rlim)
{
	struct rlimit value;
	int ret = do_prlimit(current, resource, NULL, &value);

	return ret ? ret : copy_to_user(rlim, &value, sizeof(value)) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(setrlimit, unsigned int, resource, struct rlimit __user *, rlim)
{
	struct rlimit value;

	if (copy_from_user(&value, rlim, sizeof(value)))
		return -EFAULT;
	return do_prlimit(current, resource, &value, NULL);
}

SYSCALL_DEFINE4(prlimit64, pid_t, pid, unsigned int, resource, const u64 __user *, new_rlim, u64 __user *, old_rlim)
{
	struct task_struct *tsk = pid ? find_get_task_by_vpid(pid) : get_task_struct(current);
	struct rlimit new, old;
	u64 wide[2];
	int ret;

	if (!tsk)
		return -ESRCH;
	ret = new_rlim && copy_from_user(wide, new_rlim, sizeof(wide)) ? -EFAULT : 0;
	if (!ret && new_rlim)
		new = (struct rlimit){ min_t(u64, wide[0], RLIM_INFINITY), min_t(u64, wide[1], RLIM_INFINITY) };
	if (!ret)
		ret = do_prlimit(tsk, resource, new_rlim ? &new : NULL, &old);
	if (!ret && old_rlim) {
		wide[0] = old.rlim_cur == RLIM_INFINITY ? ~0ull : old.rlim_cur;
		wide[1] = old.rlim_max == RLIM_INFINITY ? ~0ull : old.rlim_max;
		if (copy_to_user(old_rlim, wide, sizeof(wide)))
			ret = -EFAULT;
	}
	put_task_struct(tsk);
	return ret;
}
