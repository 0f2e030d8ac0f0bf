/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_NSPROXY_H
#define _LINUX_NSPROXY_H
#include <linux/atomic.h>
#include <linux/types.h>
struct task_struct; struct uts_namespace; struct pid_namespace;
struct nsproxy {
	atomic_t count;
	struct uts_namespace *uts_ns;
	struct pid_namespace *pid_ns_for_children;
};
extern struct nsproxy init_nsproxy;
int copy_namespaces(unsigned long flags, struct task_struct *tsk);
void exit_task_namespaces(struct task_struct *tsk);
void free_nsproxy(struct nsproxy *ns);
#endif
