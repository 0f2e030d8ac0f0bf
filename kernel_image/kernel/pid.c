/* SPDX-License-Identifier: MIT */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

/*
 * The pids in use, the newest first.  Not a tree of numbers: its shape, and with it the time that a look-up takes,
 * would depend on the pids that client processes happen to have outside, and a machine with a seed runs alike
 * whatever they are.
 */
struct pid_namespace {
	struct hlist_head pids;		/* pidmap_lock to change, RCU to look up */
	struct kmem_cache *pid_cachep;
	unsigned int pid_allocated;
	pid_t last_pid;
	pid_t pid_max;
};
struct pid_namespace init_pid_ns = { .pid_max = PID_MAX_DEFAULT };
static DEFINE_SPINLOCK(pidmap_lock);

struct pid init_struct_pid = { .count = REFCOUNT_INIT(1), .nr = 0 };

void put_pid(struct pid *pid)
{
	if (pid && refcount_dec_and_test(&pid->count))
		kmem_cache_free(init_pid_ns.pid_cachep, pid);
}
EXPORT_SYMBOL(put_pid);

static void delayed_put_pid(struct callback_head *rhp)
{
	put_pid(container_of(rhp, struct pid, rcu));
}

void free_pid(struct pid *pid)
{
	unsigned long flags;

	spin_lock_irqsave(&pidmap_lock, flags);
	init_pid_ns.pid_allocated--;
	hlist_del_rcu(&pid->pid_chain);
	spin_unlock_irqrestore(&pidmap_lock, flags);
	call_rcu(&pid->rcu, delayed_put_pid);
}

static __always_inline struct pid *pid_of_number(int nr, struct pid_namespace *ns)
{
	struct pid *pid;

	hlist_for_each_entry_rcu(pid, &ns->pids, pid_chain)
		if (pid->nr == nr)
			return pid;
	return NULL;
}

noinline_for_trace struct pid *find_pid_ns(int nr, struct pid_namespace *ns)
{
	return pid_of_number(nr, ns);
}

/* The next free number; below RESERVED_PIDS only while the system boots. */
static int next_pid(struct pid_namespace *ns)
{
	int pid_min = ns->last_pid >= RESERVED_PIDS ? RESERVED_PIDS : 1, nr = ns->last_pid;

	do {
		nr = nr + 1 < ns->pid_max ? nr + 1 : pid_min;
	} while (pid_of_number(nr, ns));
	ns->last_pid = nr;
	return nr;
}

/* set_tid: exactly that number, or -EEXIST. */
noinline_for_trace struct pid *alloc_pid(struct pid_namespace *ns, pid_t *set_tid, size_t set_tid_size)
{
	struct pid *pid = kmem_cache_alloc(ns->pid_cachep, GFP_KERNEL);
	int err = 0;

	if (!pid)
		return ERR_PTR(-ENOMEM);
	refcount_set(&pid->count, 1);
	for (int type = 0; type < PIDTYPE_MAX; type++)
		INIT_HLIST_HEAD(&pid->tasks[type]);
	spin_lock_irq(&pidmap_lock);
	if (!set_tid_size)
		pid->nr = next_pid(ns);
	else if (*set_tid < 1 || *set_tid >= ns->pid_max)
		err = -EINVAL;
	else if (pid_of_number(*set_tid, ns))
		err = -EEXIST;
	else
		pid->nr = *set_tid;
	if (!err) {
		hlist_add_head_rcu(&pid->pid_chain, &ns->pids);
		ns->pid_allocated++;
	}
	spin_unlock_irq(&pidmap_lock);
	if (err) {
		kmem_cache_free(ns->pid_cachep, pid);
		return ERR_PTR(err);
	}
	return pid;
}

struct pid *find_vpid(int nr)
{
	return find_pid_ns(nr, &init_pid_ns);
}
EXPORT_SYMBOL(find_vpid);

/* Under tasklist_lock, held for writing. */
void attach_pid(struct task_struct *task, enum pid_type type)
{
	struct pid *pid = find_vpid(task->pid);

	hlist_add_head_rcu(&task->pid_node, &pid->tasks[type]);
}

void detach_pid(struct task_struct *task, enum pid_type type)
{
	struct pid *pid = find_vpid(task->pid);

	hlist_del_rcu(&task->pid_node);
	free_pid(pid);
}

struct task_struct *pid_task(struct pid *pid, enum pid_type type)
{
	struct hlist_node *first = pid ? READ_ONCE(pid->tasks[PIDTYPE_PID].first) : NULL;
	struct task_struct *p = first ? hlist_entry(first, struct task_struct, pid_node) : NULL;

	return p && type != PIDTYPE_PID && p->tgid != p->pid ? NULL : p;
}
EXPORT_SYMBOL(pid_task);

struct task_struct *find_task_by_pid_ns(pid_t nr, struct pid_namespace *ns)
{
	return pid_task(find_pid_ns(nr, ns), PIDTYPE_PID);
}

/* Under rcu_read_lock. */
struct task_struct *find_task_by_vpid(pid_t nr)
{
	return find_task_by_pid_ns(nr, &init_pid_ns);
}

struct task_struct *find_get_task_by_vpid(pid_t nr)
{
	struct task_struct *task;

	rcu_read_lock();
	task = find_task_by_vpid(nr);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	return task;
}

struct pid *get_task_pid(struct task_struct *task, enum pid_type type)
{
	struct pid *pid;

	rcu_read_lock();
	pid = get_pid(find_vpid(type == PIDTYPE_PID ? task->pid : task->tgid));
	rcu_read_unlock();
	return pid;
}
EXPORT_SYMBOL(get_task_pid);

struct task_struct *get_pid_task(struct pid *pid, enum pid_type type)
{
	struct task_struct *result;

	rcu_read_lock();
	result = pid_task(pid, type);
	if (result)
		get_task_struct(result);
	rcu_read_unlock();
	return result;
}
EXPORT_SYMBOL(get_pid_task);

struct pid *find_get_pid(int nr)
{
	struct pid *pid;

	rcu_read_lock();
	pid = get_pid(find_vpid(nr));
	rcu_read_unlock();
	return pid;
}
EXPORT_SYMBOL(find_get_pid);

/*
 * Client tasks bear the pids that their processes have outside, which know nothing of this kernel's own
 * threads: one that is in the way takes another number.
 */
void yield_pid(pid_t nr)
{
	struct task_struct *p = find_get_task_by_vpid(nr);
	struct pid *pid;

	if (!p)
		return;
	if (p->flags & PF_KTHREAD && !p->exit_state) {
		pid = alloc_pid(&init_pid_ns, NULL, 0);
		if (!IS_ERR(pid)) {
			write_lock_irq(&tasklist_lock);
			detach_pid(p, PIDTYPE_PID);
			p->pid = p->tgid = pid->nr;
			attach_pid(p, PIDTYPE_PID);
			write_unlock_irq(&tasklist_lock);
		}
	}
	put_task_struct(p);
}

__init void pid_idr_init(void)
{
	init_pid_ns.pid_cachep = kmem_cache_create("pid", sizeof(struct pid), 64, SLAB_PANIC | SLAB_ACCOUNT, NULL);
	for (int type = 0; type < PIDTYPE_MAX; type++)
		INIT_HLIST_HEAD(&init_struct_pid.tasks[type]);
}
