/* SPDX-License-Identifier: MIT */
#include <linux/fdtable.h>
#include <linux/fs_struct.h>
#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/rculist.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/syscalls.h>
#include <linux/task_work.h>
#include <linux/cred.h>
#include "exit.h"

/* Everything that others found the task by, under tasklist_lock. */
static noinline_for_trace void __unhash_process(struct task_struct *p, bool group_dead)
{
	nr_threads--;
	detach_pid(p, PIDTYPE_PID);
	if (group_dead) {
		list_del_rcu(&p->tasks);
		list_del_init(&p->sibling);
	}
	list_del_rcu(&p->thread_group);
}

noinline_for_trace void __exit_signal(struct task_struct *tsk)
{
	struct signal_struct *sig = tsk->signal;
	bool group_dead = thread_group_leader(tsk);

	spin_lock(&tsk->sighand->siglock);
	sig->utime += tsk->utime;
	sig->stime += tsk->stime;
	sig->nvcsw += tsk->nvcsw;
	sig->nivcsw += tsk->nivcsw;
	sig->nr_threads--;
	__unhash_process(tsk, group_dead);
	flush_sigqueue(&tsk->pending);
	spin_unlock(&tsk->sighand->siglock);
	__cleanup_sighand(tsk->sighand);
	tsk->sighand = NULL;
	clear_tsk_thread_flag(tsk, TIF_SIGPENDING);
	if (group_dead)
		flush_sigqueue(&sig->shared_pending);
}

/* The task is a zombie that nobody waits for any more. */
void release_task(struct task_struct *p)
{
	trace_sched_process_free(p);
	write_lock_irq(&tasklist_lock);
	__exit_signal(p);
	write_unlock_irq(&tasklist_lock);
	release_thread(p);
	put_task_struct_rcu_user(p);
}

static noinline_for_trace void exit_mm(void)
{
	struct mm_struct *mm = current->mm;

	exit_mm_release(current, mm);
	if (!mm)
		return;
	mmap_read_lock(mm);
	mmgrab(mm);
	current->mm = NULL;
	mmap_read_unlock(mm);
	mmput(mm);
	current->active_mm = &init_mm;
	mmdrop(mm);
}

/* pid 1, unless that is what dies. */
static struct task_struct *find_new_reaper(struct task_struct *father)
{
	struct task_struct *reaper = find_task_by_vpid(1);

	return reaper && reaper != father ? reaper : &init_task;
}

static noinline_for_trace void forget_original_parent(struct task_struct *father, struct list_head *dead)
{
	struct task_struct *p, *n, *reaper;

	if (list_empty(&father->children))
		return;
	reaper = find_new_reaper(father);
	list_for_each_entry_safe(p, n, &father->children, sibling) {
		p->real_parent = p->parent = reaper;
		list_move_tail(&p->sibling, &reaper->children);
		p->exit_signal = SIGCHLD;
		if (p->exit_state == EXIT_ZOMBIE && do_notify_parent(p, p->exit_signal)) {
			p->exit_state = EXIT_DEAD;
			list_add(&p->rcu_node_entry, dead);
		}
	}
}

static noinline_for_trace void exit_notify(struct task_struct *tsk, int group_dead)
{
	struct task_struct *p, *n;
	bool autoreap;
	LIST_HEAD(dead);

	write_lock_irq(&tasklist_lock);
	forget_original_parent(tsk, &dead);
	tsk->exit_state = EXIT_ZOMBIE;
	if (thread_group_leader(tsk))
		autoreap = thread_group_empty(tsk) && do_notify_parent(tsk, tsk->exit_signal);
	else
		autoreap = true;
	if (autoreap) {
		tsk->exit_state = EXIT_DEAD;
		list_add(&tsk->rcu_node_entry, &dead);
	}
	write_unlock_irq(&tasklist_lock);
	/* The list's links belong to RCU readers that block, which a dead task is not. */
	list_for_each_entry_safe(p, n, &dead, rcu_node_entry) {
		list_del_init(&p->rcu_node_entry);
		release_task(p);
	}
}

void do_exit(long code)
{
	struct task_struct *tsk = current;
	int group_dead;

	if (unlikely(in_interrupt()))
		panic("Aiee, killing interrupt handler!");
	if (unlikely(!tsk->pid))
		panic("Attempted to kill the idle task!");
	exit_signals(tsk);		/* sets PF_EXITING */
	group_dead = atomic_dec_and_test(&tsk->signal->live);
	if (group_dead && unlikely(is_global_init(tsk)))
		panic("Attempted to kill init! exitcode=0x%08x\n", tsk->signal->group_exit_code ?: (int)code);
	tsk->exit_code = code;
	exit_mm();
	trace_sched_process_exit(tsk);
	exit_files(tsk);
	exit_fs(tsk);
	exit_task_namespaces(tsk);
	exit_task_work(tsk);
	exit_thread(tsk);
	exit_notify(tsk, group_dead);
	preempt_disable();
	exit_rcu();
	do_task_dead();
}

void make_task_dead(int signr)
{
	do_exit(signr);
}

/* Takes down every thread in the group. */
void do_group_exit(int exit_code)
{
	struct signal_struct *sig = current->signal;

	if (sig->flags & SIGNAL_GROUP_EXIT) {
		exit_code = sig->group_exit_code;
	} else {
		struct task_struct *t = current;

		spin_lock_irq(&current->sighand->siglock);
		if (sig->flags & SIGNAL_GROUP_EXIT) {
			exit_code = sig->group_exit_code;
		} else {
			sig->group_exit_code = exit_code;
			sig->flags = SIGNAL_GROUP_EXIT;
			while_each_thread(current, t) {
				if (!t->exit_state) {
					sigaddset(&t->pending.signal, SIGKILL);
					signal_wake_up(t, true);
				}
			}
		}
		spin_unlock_irq(&current->sighand->siglock);
	}
	do_exit(exit_code);
}

SYSCALL_DEFINE1(exit, int, error_code)
{
	do_exit((error_code & 0xff) << 8);
}

SYSCALL_DEFINE1(exit_group, int, error_code)
{
	do_group_exit((error_code & 0xff) << 8);
}
