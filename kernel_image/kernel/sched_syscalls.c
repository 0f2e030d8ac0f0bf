/* SPDX-License-Identifier: MIT */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/pid.h>
#include <linux/sched/task.h>
#include <linux/sched.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>

SYSCALL_DEFINE0(sched_yield)
{
	yield();
	return 0;
}

SYSCALL_DEFINE3(sched_setaffinity, pid_t, pid, unsigned int, len, unsigned long __user *, user_mask_ptr)
{
	unsigned long mask = 0;

	if (copy_from_user(&mask, user_mask_ptr, min_t(size_t, len, sizeof(mask))))
		return -EFAULT;
	return sched_setaffinity(pid, mask);
}

SYSCALL_DEFINE3(sched_getaffinity, pid_t, pid, unsigned int, len, unsigned long __user *, user_mask_ptr)
{
	struct task_struct *p = pid ? find_get_task_by_vpid(pid) : get_task_struct(current);
	unsigned long mask;

	if (!p)
		return -ESRCH;
	mask = p->cpus_mask & cpumask_bits(cpu_online_mask)[0];
	put_task_struct(p);
	if (len < sizeof(mask))
		return -EINVAL;
	return copy_to_user(user_mask_ptr, &mask, sizeof(mask)) ? -EFAULT : (long)sizeof(mask);
}

static noinline_for_trace int do_sched_setscheduler(pid_t pid, int policy, int __user *param)
{
	struct task_struct *p;
	int prio, ret;

	if (get_user(prio, param))
		return -EFAULT;
	p = pid ? find_get_task_by_vpid(pid) : get_task_struct(current);
	if (!p)
		return -ESRCH;
	if (policy < 0)
		policy = p->policy;
	ret = policy > SCHED_RR || (policy == SCHED_NORMAL ? prio : prio < 1 || prio >= MAX_RT_PRIO) ? -EINVAL :
	      sched_setscheduler_nocheck(p, policy, prio);
	put_task_struct(p);
	return ret;
}

SYSCALL_DEFINE3(sched_setscheduler, pid_t, pid, int, policy, int __user *, param)
{
	return policy < 0 ? -EINVAL : do_sched_setscheduler(pid, policy, param);
}

SYSCALL_DEFINE2(sched_setparam, pid_t, pid, int __user *, param)
{
	return do_sched_setscheduler(pid, -1, param);
}

SYSCALL_DEFINE1(sched_getscheduler, pid_t, pid)
{
	struct task_struct *p;
	int ret = -ESRCH;

	rcu_read_lock();
	p = pid ? find_task_by_vpid(pid) : current;
	if (p)
		ret = p->policy;
	rcu_read_unlock();
	return ret;
}

SYSCALL_DEFINE2(sched_getparam, pid_t, pid, int __user *, param)
{
	struct task_struct *p;
	int prio = -1;

	rcu_read_lock();
	p = pid ? find_task_by_vpid(pid) : current;
	if (p)
		prio = p->rt_priority;
	rcu_read_unlock();
	return prio < 0 ? -ESRCH : put_user(prio, param);
}

SYSCALL_DEFINE1(sched_get_priority_max, int, policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR ? MAX_RT_PRIO - 1 : policy == SCHED_NORMAL ? 0 : -EINVAL;
}

SYSCALL_DEFINE1(sched_get_priority_min, int, policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR ? 1 : policy == SCHED_NORMAL ? 0 : -EINVAL;
}
