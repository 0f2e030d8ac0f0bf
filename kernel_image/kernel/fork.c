/* SPDX-License-Identifier: MIT */
#include <linux/cred.h>
#include <linux/export.h>
#include <linux/fdtable.h>
#include <linux/fs_struct.h>
#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include "fork.h"
#include "tracehooks.h"
#include <trace/events/task.h>

rwlock_t tasklist_lock;
int nr_threads;				/* tasklist_lock */
unsigned long total_forks;
static int max_threads;

static struct kmem_cache *task_struct_cachep, *signal_cachep;
struct kmem_cache *sighand_cachep;

/* Stacks: two that the last tasks of this CPU left, else pages. */
#define NR_CACHED_STACKS	2
static void *cached_stacks[NR_CPUS][NR_CACHED_STACKS];

static noinline_for_trace int alloc_thread_stack_node(struct task_struct *tsk, int node)
{
	void *stack = NULL;

	preempt_disable();
	for (int i = 0; i < NR_CACHED_STACKS && !stack; i++)
		stack = xchg(&this_cpu_ptr(cached_stacks)[0][i], NULL);
	preempt_enable();
	if (!stack)
		stack = (void *)__get_free_pages(GFP_KERNEL, order_base_2(THREAD_SIZE / PAGE_SIZE));
	if (!stack)
		return -ENOMEM;
	memset(stack, 0, THREAD_SIZE);
	tsk->stack = stack;
	return 0;
}

static noinline_for_trace void free_thread_stack(struct task_struct *tsk)
{
	void *stack = tsk->stack;

	tsk->stack = NULL;
	preempt_disable();
	for (int i = 0; i < NR_CACHED_STACKS && stack; i++)
		if (!cmpxchg(&this_cpu_ptr(cached_stacks)[0][i], NULL, stack))
			stack = NULL;
	preempt_enable();
	if (stack)
		free_pages((unsigned long)stack, order_base_2(THREAD_SIZE / PAGE_SIZE));
}

void free_task(struct task_struct *tsk)
{
	if (tsk->flags & PF_KTHREAD)
		free_kthread_struct(tsk);
	ftrace_graph_exit_task(tsk);
	rethook_flush_task(tsk);
	kfree(tsk->user_buf);
	free_thread_stack(tsk);
	kmem_cache_free(task_struct_cachep, tsk);
}

static void free_signal_struct(struct signal_struct *sig)
{
	kmem_cache_free(signal_cachep, sig);
}

static void put_signal_struct(struct signal_struct *sig)
{
	if (refcount_dec_and_test(&sig->sigcnt))
		free_signal_struct(sig);
}

void __put_task_struct(struct task_struct *tsk)
{
	security_task_free(tsk);
	exit_creds(tsk);
	put_signal_struct(tsk->signal);
	free_task(tsk);
}

void put_task_struct(struct task_struct *t)
{
	if (atomic_dec_and_test(&t->usage))
		__put_task_struct(t);
}
EXPORT_SYMBOL(put_task_struct);

void get_task_struct_(struct task_struct *t)
{
	get_task_struct(t);
}

/*
 * Two users keep a task visible to RCU readers: the process tree until release_task, the CPU until it has
 * switched away for the last time.  Before the grace period the count lives where the rcu head will be.
 */
static refcount_t *rcu_users(struct task_struct *t)
{
	return (refcount_t *)&t->rcu;
}

static void delayed_put_task_struct(struct callback_head *rhp)
{
	put_task_struct(container_of(rhp, struct task_struct, rcu));
}

void put_task_struct_rcu_user(struct task_struct *task)
{
	if (refcount_dec_and_test(rcu_users(task)))
		call_rcu(&task->rcu, delayed_put_task_struct);
}

static noinline_for_trace struct task_struct *dup_task_struct(struct task_struct *orig, int node, bool user)
{
	struct task_struct *tsk = kmem_cache_alloc_node(task_struct_cachep, GFP_KERNEL, node);

	if (!tsk)
		return NULL;
	*tsk = *orig;
	if (alloc_thread_stack_node(tsk, node)) {
		kmem_cache_free(task_struct_cachep, tsk);
		return NULL;
	}
	tsk->user_buf = NULL;
	tsk->worker_private = NULL;
	tsk->kthread_flags = 0;
	if (user) {
		tsk->user_buf = kzalloc(USER_BUF_SIZE, GFP_KERNEL_ACCOUNT);
		if (!tsk->user_buf) {
			free_thread_stack(tsk);
			kmem_cache_free(task_struct_cachep, tsk);
			return NULL;
		}
	}
	tsk->thread_flags = 0;
	tsk->user_data = 0;
	tsk->task_works = NULL;
	tsk->journal_info = NULL;
	tsk->flags &= ~(PF_IDLE | PF_KTHREAD | PF_WQ_WORKER | PF_EXITING);
	atomic_set(&tsk->usage, 1);
	refcount_set(rcu_users(tsk), 2);
	return tsk;
}

static int copy_sighand(unsigned long clone_flags, struct task_struct *tsk)
{
	struct sighand_struct *sig;

	if (clone_flags & CLONE_SIGHAND) {
		refcount_inc(&current->sighand->count);
		return 0;
	}
	sig = kmem_cache_alloc(sighand_cachep, GFP_KERNEL);
	if (!sig)
		return -ENOMEM;
	refcount_set(&sig->count, 1);
	spin_lock_irq(&current->sighand->siglock);
	memcpy(sig->action, current->sighand->action, sizeof(sig->action));
	spin_unlock_irq(&current->sighand->siglock);
	tsk->sighand = sig;
	return 0;
}

void __cleanup_sighand(struct sighand_struct *sighand)
{
	if (refcount_dec_and_test(&sighand->count))
		kmem_cache_free(sighand_cachep, sighand);
}

static int copy_signal(unsigned long clone_flags, struct task_struct *tsk)
{
	struct signal_struct *sig;

	if (clone_flags & CLONE_THREAD)
		return 0;
	sig = kmem_cache_zalloc(signal_cachep, GFP_KERNEL);
	tsk->signal = sig;
	if (!sig)
		return -ENOMEM;
	sig->nr_threads = 1;
	atomic_set(&sig->live, 1);
	refcount_set(&sig->sigcnt, 1);
	INIT_LIST_HEAD(&sig->thread_head);
	init_waitqueue_head(&sig->wait_chldexit);
	init_sigpending(&sig->shared_pending);
	sig->curr_target = tsk;
	sig->pgrp = current->signal->pgrp;
	sig->session = current->signal->session;
	memcpy(sig->rlim, current->signal->rlim, sizeof(sig->rlim));
	sig->oom_score_adj = current->signal->oom_score_adj;
	return 0;
}

static void init_task_lists(struct task_struct *p)
{
	INIT_LIST_HEAD(&p->children);
	INIT_LIST_HEAD(&p->sibling);
	INIT_LIST_HEAD(&p->thread_group);
	INIT_LIST_HEAD(&p->tasks);
	INIT_LIST_HEAD(&p->rcu_node_entry);
	p->rcu_read_lock_nesting = 0;
	p->rcu_blocked = p->rcu_need_qs = false;
	p->pid_node.next = NULL;
	p->pid_node.pprev = NULL;
	init_sigpending(&p->pending);
	p->utime = p->stime = 0;
	p->nvcsw = p->nivcsw = 0;
	p->start_time = ktime_get_ns();
}

/*
 * A copy of current that does not run yet.  pid: the pid of an idle task (&init_struct_pid), or NULL for a
 * new one.
 */
noinline_for_trace struct task_struct *copy_process(struct pid *pid, int trace, int node, struct kernel_clone_args *args)
{
	const u64 clone_flags = args->flags;
	struct task_struct *p;
	int retval;

	if ((clone_flags & CLONE_THREAD && !(clone_flags & CLONE_SIGHAND)) ||
	    (clone_flags & CLONE_SIGHAND && !(clone_flags & CLONE_VM)))
		return ERR_PTR(-EINVAL);
	if (clone_flags & (CLONE_THREAD | CLONE_PARENT) && current->signal->flags & SIGNAL_UNKILLABLE)
		return ERR_PTR(-EINVAL);
	spin_lock_irq(&current->sighand->siglock);
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
	if (signal_pending(current) && !args->kthread)
		return ERR_PTR(-ERESTARTNOINTR);

	p = dup_task_struct(current, node, !args->kthread && !args->idle);
	if (!p)
		return ERR_PTR(-ENOMEM);
	if (args->kthread)
		p->flags |= PF_KTHREAD;
	ftrace_graph_init_task(p);
	p->rethooks = NULL;
	p->kprobe_running = false;
	retval = copy_creds(p, clone_flags);
	if (retval < 0)
		goto bad_fork_free;
	retval = -EAGAIN;
	if (nr_threads >= max_threads && !pid)
		goto bad_fork_cleanup_count;
	p->flags |= PF_FORKNOEXEC;
	init_task_lists(p);
	if (args->comm)
		strscpy_pad(p->comm, args->comm, sizeof(p->comm));
	retval = -ENOMEM;
	if (args->kthread && !set_kthread_struct(p))
		goto bad_fork_cleanup_count;

	retval = sched_fork(clone_flags, p);
	if (retval)
		goto bad_fork_cleanup_count;
	retval = security_task_alloc(p, clone_flags);
	if (retval)
		goto bad_fork_cleanup_count;
	retval = copy_files(clone_flags, p);
	if (retval)
		goto bad_fork_cleanup_security;
	retval = copy_fs(clone_flags, p);
	if (retval)
		goto bad_fork_cleanup_files;
	retval = copy_sighand(clone_flags, p);
	if (retval)
		goto bad_fork_cleanup_fs;
	retval = copy_signal(clone_flags, p);
	if (retval)
		goto bad_fork_cleanup_sighand;
	retval = copy_mm(clone_flags, p);
	if (retval)
		goto bad_fork_cleanup_signal;
	retval = copy_namespaces(clone_flags, p);
	if (retval)
		goto bad_fork_cleanup_mm;
	retval = copy_thread(p, args);
	if (retval)
		goto bad_fork_cleanup_mm;
	if (!pid) {
		pid = alloc_pid(&init_pid_ns, args->set_tid, args->set_tid_size);
		if (IS_ERR(pid)) {
			retval = PTR_ERR(pid);
			goto bad_fork_cleanup_thread;
		}
	}
	p->set_child_tid = clone_flags & CLONE_CHILD_SETTID ? args->child_tid : NULL;
	p->clear_child_tid = clone_flags & CLONE_CHILD_CLEARTID ? args->child_tid : NULL;
	p->pid = pid_nr(pid);
	if (clone_flags & CLONE_THREAD) {
		p->group_leader = current->group_leader;
		p->tgid = current->tgid;
		p->exit_signal = -1;
	} else {
		p->group_leader = p;
		p->tgid = p->pid;
		p->exit_signal = args->exit_signal;
	}
	p->exit_state = 0;
	p->exit_code = 0;
	sched_cgroup_fork(p, args);

	write_lock_irq(&tasklist_lock);
	if (clone_flags & (CLONE_PARENT | CLONE_THREAD))
		p->real_parent = current->real_parent;
	else
		p->real_parent = current;
	p->parent = p->real_parent;
	spin_lock(&current->sighand->siglock);
	if (fatal_signal_pending(current)) {
		retval = -EINTR;
		goto bad_fork_core_free;
	}
	/* Idle tasks share pid 0 and are on no list. */
	if (p->pid) {
		if (clone_flags & CLONE_THREAD) {
			current->signal->nr_threads++;
			atomic_inc(&current->signal->live);
			refcount_inc(&current->signal->sigcnt);
			list_add_tail(&p->thread_group, &p->group_leader->thread_group);
		} else {
			if (p->pid == 1)
				p->signal->flags |= SIGNAL_UNKILLABLE;
			list_add_tail(&p->sibling, &p->real_parent->children);
			list_add_tail(&p->tasks, &init_task.tasks);
		}
		attach_pid(p, PIDTYPE_PID);
		nr_threads++;
	}
	total_forks++;
	spin_unlock(&current->sighand->siglock);
	write_unlock_irq(&tasklist_lock);
	sched_post_fork(p);
	trace_task_newtask(p, clone_flags);
	return p;

bad_fork_core_free:
	spin_unlock(&current->sighand->siglock);
	write_unlock_irq(&tasklist_lock);
	if (pid != &init_struct_pid)
		free_pid(pid);
bad_fork_cleanup_thread:
	exit_thread(p);
bad_fork_cleanup_mm:
	if (p->mm)
		mmput(p->mm);
bad_fork_cleanup_signal:
	if (!(clone_flags & CLONE_THREAD))
		free_signal_struct(p->signal);
bad_fork_cleanup_sighand:
	__cleanup_sighand(p->sighand);
bad_fork_cleanup_fs:
	exit_fs(p);
bad_fork_cleanup_files:
	exit_files(p);
bad_fork_cleanup_security:
	security_task_free(p);
bad_fork_cleanup_count:
	exit_creds(p);
bad_fork_free:
	WRITE_ONCE(p->__state, TASK_DEAD);
	free_task(p);
	return ERR_PTR(retval);
}

static void sighand_ctor(void *data)
{
	struct sighand_struct *sighand = data;

	spin_lock_init(&sighand->siglock);
	init_waitqueue_head(&sighand->signalfd_wqh);
}

__init void fork_init(void)
{
	task_struct_cachep = kmem_cache_create("task_struct", sizeof(struct task_struct), 64, SLAB_PANIC | SLAB_ACCOUNT, NULL);
	max_threads = totalram_pages() / 10;	/* a task takes seven pages */
	for (int i = 0; i < RLIM_NLIMITS; i++)
		init_signals.rlim[i] = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	init_signals.rlim[RLIMIT_STACK].rlim_cur = 8ul << 20;
	init_signals.rlim[RLIMIT_CORE].rlim_cur = 0;
	init_signals.rlim[RLIMIT_NPROC] = (struct rlimit){ max_threads / 2, max_threads / 2 };
	init_signals.rlim[RLIMIT_NOFILE] = (struct rlimit){ 1024, 4096 };
}

__init void proc_caches_init(void)
{
	sighand_cachep = kmem_cache_create("sighand_cache", sizeof(struct sighand_struct), 64,
					   SLAB_PANIC | SLAB_TYPESAFE_BY_RCU | SLAB_ACCOUNT, sighand_ctor);
	signal_cachep = kmem_cache_create("signal_cache", sizeof(struct signal_struct), 64, SLAB_PANIC | SLAB_ACCOUNT, NULL);
}

ABI_DEFS(fork)
{
	ABI_CONST(USER_BUF_SIZE);
	ABI_OFFSET(signal_struct, flags);
	ABI_OFFSET(signal_struct, pgrp);
	ABI_OFFSET(signal_struct, session);
	ABI_OFFSET(cred, uid);
	ABI_OFFSET(cred, gid);
	ABI_OFFSET(cred, euid);
	ABI_OFFSET(cred, egid);
}
