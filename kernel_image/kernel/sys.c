/* SPDX-License-Identifier: MIT */
#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/resource.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/sysinfo.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>
#include <linux/init.h>
#include <asm/setup.h>

struct uts_namespace init_uts_ns = {
	.name = {
		.sysname = "Linux", .nodename = "(none)", .release = "6.1.0", .version = "#1 SMP PREEMPT_DYNAMIC tracefs",
#ifdef __x86_64__
		.machine = "x86_64",
#else
		.machine = "i686",
#endif
		.domainname = "(none)",
	},
};

static __init int utsname_init(void)
{
	strscpy(init_uts_ns.name.release, boot_params.release, sizeof(boot_params.release));
	return 0;
}
early_initcall(utsname_init);

SYSCALL_DEFINE0(getpid)
{
	return task_tgid_vnr(current);
}

SYSCALL_DEFINE0(gettid)
{
	return task_pid_vnr(current);
}

SYSCALL_DEFINE0(getppid)
{
	pid_t pid;

	rcu_read_lock();
	pid = task_tgid_vnr(rcu_dereference(current->real_parent));
	rcu_read_unlock();
	return pid;
}

SYSCALL_DEFINE1(newuname, struct new_utsname __user *, name)
{
	return copy_to_user(name, utsname(), sizeof(*name)) ? -EFAULT : 0;
}

static long set_uts(char *field, const char __user *name, int len)
{
	char tmp[__NEW_UTS_LEN];

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > __NEW_UTS_LEN)
		return -EINVAL;
	if (copy_from_user(tmp, name, len))
		return -EFAULT;
	memcpy(field, tmp, len);
	memset(field + len, 0, __NEW_UTS_LEN + 1 - len);
	return 0;
}

SYSCALL_DEFINE2(sethostname, const char __user *, name, int, len)
{
	return set_uts(utsname()->nodename, name, len);
}

SYSCALL_DEFINE2(setdomainname, const char __user *, name, int, len)
{
	return set_uts(utsname()->domainname, name, len);
}

#define PR_SET_PDEATHSIG	1
#define PR_GET_DUMPABLE		3
#define PR_SET_NAME		15
#define PR_GET_NAME		16

SYSCALL_DEFINE5(prctl, int, option, unsigned long, arg2, unsigned long, arg3, unsigned long, arg4, unsigned long, arg5)
{
	char comm[TASK_COMM_LEN];

	switch (option) {
	case PR_SET_NAME:
		comm[sizeof(comm) - 1] = 0;
		if (strncpy_from_user(comm, (const char *)arg2, sizeof(comm) - 1) < 0)
			return -EFAULT;
		set_task_comm(current, comm);
		return 0;
	case PR_GET_NAME:
		return copy_to_user((void *)arg2, current->comm, sizeof(comm)) ? -EFAULT : 0;
	case PR_GET_DUMPABLE:
		return 1;
	case PR_SET_PDEATHSIG:
		return 0;
	}
	return -EINVAL;
}

/* This project's own: the name a task has outside. */
__SYSCALL_DEFINE(1, set_comm, const char __user *, name)
{
	char comm[TASK_COMM_LEN];

	comm[sizeof(comm) - 1] = 0;
	if (strncpy_from_user(comm, name, sizeof(comm) - 1) < 0)
		return -EFAULT;
	set_task_comm(current, comm);
	return 0;
}

SYSCALL_DEFINE2(arch_prctl, int, option, unsigned long, arg2)
{
	return 0;
}

SYSCALL_DEFINE1(set_tid_address, int __user *, tidptr)
{
	current->clear_child_tid = tidptr;
	return task_pid_vnr(current);
}

SYSCALL_DEFINE2(set_robust_list, void __user *, head, size_t, len)
{
	return 0;
}

SYSCALL_DEFINE4(rseq, void __user *, rseq, u32, rseq_len, int, flags, u32, sig)
{
	return 0;
}

SYSCALL_DEFINE3(getcpu, unsigned int __user *, cpup, unsigned int __user *, nodep, void __user *, unused)
{
	int err = 0;

	if (cpup)
		err |= put_user(raw_smp_processor_id(), cpup);
	if (nodep)
		err |= put_user(0, nodep);
	return err ? -EFAULT : 0;
}

static noinline_for_trace int do_sysinfo(struct sysinfo *info)
{
	memset(info, 0, sizeof(*info));
	info->uptime = ktime_get_boottime() / NSEC_PER_SEC;
	info->procs = nr_threads;
	si_meminfo(info);
	info->totalram <<= PAGE_SHIFT;
	info->freeram <<= PAGE_SHIFT;
	info->mem_unit = 1;
	return 0;
}

SYSCALL_DEFINE1(sysinfo, struct sysinfo __user *, info)
{
	struct sysinfo val;

	do_sysinfo(&val);
	return copy_to_user(info, &val, sizeof(val)) ? -EFAULT : 0;
}

/* Process groups and sessions are numbers in signal_struct. */
SYSCALL_DEFINE2(setpgid, pid_t, pid, pid_t, pgid)
{
	struct task_struct *p;
	int err = -ESRCH;

	if (!pid)
		pid = task_pid_vnr(current->group_leader);
	if (!pgid)
		pgid = pid;
	if (pgid < 0)
		return -EINVAL;
	rcu_read_lock();
	write_lock_irq(&tasklist_lock);
	p = find_task_by_vpid(pid);
	if (p) {
		err = p->signal->session == p->pid ? -EPERM : 0;
		if (!err)
			p->signal->pgrp = pgid;
	}
	write_unlock_irq(&tasklist_lock);
	rcu_read_unlock();
	return err;
}

static noinline_for_trace long do_getpgid(pid_t pid, bool session)
{
	struct task_struct *p;
	long ret = -ESRCH;

	rcu_read_lock();
	p = pid ? find_task_by_vpid(pid) : current;
	if (p)
		ret = session ? p->signal->session : p->signal->pgrp;
	rcu_read_unlock();
	return ret;
}

SYSCALL_DEFINE1(getpgid, pid_t, pid)
{
	return do_getpgid(pid, false);
}

SYSCALL_DEFINE0(getpgrp)
{
	return do_getpgid(0, false);
}

SYSCALL_DEFINE1(getsid, pid_t, pid)
{
	return do_getpgid(pid, true);
}

static noinline_for_trace int ksys_setsid(void)
{
	struct task_struct *leader = current->group_leader;
	int err = -EPERM;

	write_lock_irq(&tasklist_lock);
	if (leader->signal->session != leader->pid) {
		leader->signal->session = leader->signal->pgrp = leader->pid;
		err = leader->pid;
	}
	write_unlock_irq(&tasklist_lock);
	return err;
}

SYSCALL_DEFINE0(setsid)
{
	return ksys_setsid();
}
