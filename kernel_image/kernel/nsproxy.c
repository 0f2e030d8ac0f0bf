/* SPDX-License-Identifier: MIT */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/sched/task.h>
#include <linux/utsname.h>

/* There is one of each namespace; every task holds a reference to this. */
struct nsproxy init_nsproxy = {
	.count = ATOMIC_INIT(1),
	.uts_ns = &init_uts_ns,
	.pid_ns_for_children = &init_pid_ns,
};

int copy_namespaces(unsigned long flags, struct task_struct *tsk)
{
	if (flags & CLONE_NEWNS)
		return -EPERM;
	atomic_inc(&init_nsproxy.count);
	return 0;
}

noinline_for_trace void free_nsproxy(struct nsproxy *ns)
{
	barrier();
}

void exit_task_namespaces(struct task_struct *tsk)
{
	if (atomic_dec_and_test(&init_nsproxy.count))
		free_nsproxy(&init_nsproxy);
}
