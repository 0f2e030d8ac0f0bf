/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_PID_H
#define _LINUX_PID_H
#include <linux/types.h>
#include <linux/refcount.h>
#include <linux/sched.h>

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_MAX };
#define PID_MAX_DEFAULT		4194304
#define RESERVED_PIDS		300
struct pid_namespace;
extern struct pid_namespace init_pid_ns;

/* Found by number in the namespace's list; tasks[PIDTYPE_PID] heads task_struct.pid_node. */
struct pid {
	refcount_t count;
	int nr;
	struct hlist_node pid_chain;
	struct hlist_head tasks[PIDTYPE_MAX];
	struct callback_head rcu;
};
extern struct pid init_struct_pid;
void pid_idr_init(void);
struct pid *alloc_pid(struct pid_namespace *ns, pid_t *set_tid, size_t set_tid_size);
void free_pid(struct pid *pid);
void put_pid(struct pid *pid);
void attach_pid(struct task_struct *task, enum pid_type type);
void detach_pid(struct task_struct *task, enum pid_type type);
struct pid *find_pid_ns(int nr, struct pid_namespace *ns);
struct pid *find_vpid(int nr);
struct pid *find_get_pid(int nr);
struct pid *get_task_pid(struct task_struct *task, enum pid_type type);
struct task_struct *pid_task(struct pid *pid, enum pid_type type);
struct task_struct *get_pid_task(struct pid *pid, enum pid_type type);
struct task_struct *find_task_by_pid_ns(pid_t nr, struct pid_namespace *ns);
struct task_struct *find_get_task_by_vpid(pid_t nr);
void yield_pid(pid_t nr);
static inline struct pid *get_pid(struct pid *pid)
{
	if (pid)
		refcount_inc(&pid->count);
	return pid;
}
static inline pid_t pid_nr(struct pid *pid) { return pid ? pid->nr : 0; }
#define pid_vnr(pid)		pid_nr(pid)
#define pid_nr_ns(pid, ns)	pid_nr(pid)
#define task_pid(t)		find_vpid((t)->pid)
#define task_pid_vnr(t)		((t)->pid)
#define task_tgid_nr(t)		((t)->tgid)
#define task_tgid_vnr(t)	((t)->tgid)
#define is_global_init(t)	((t)->tgid == 1)
#endif
