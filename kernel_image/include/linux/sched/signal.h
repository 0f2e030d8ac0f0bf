/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SCHED_SIGNAL_H
#define _LINUX_SCHED_SIGNAL_H
#include <linux/refcount.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/signal.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

struct sighand_struct {
	spinlock_t siglock;		/* action[], pending sets, group_exit */
	refcount_t count;
	wait_queue_head_t signalfd_wqh;
	struct k_sigaction action[_NSIG];
	struct callback_head rcu;
};

struct signal_struct {
	refcount_t sigcnt;
	atomic_t live;
	int nr_threads;
	struct list_head thread_head;
	wait_queue_head_t wait_chldexit;	/* for wait4() */
	struct task_struct *curr_target;
	struct sigpending shared_pending;
	int group_exit_code;
	unsigned int flags;			/* SIGNAL_* */
	pid_t pgrp, session;
	void *vfork_done;			/* struct completion of a vforking parent */
	u64 utime, stime, cutime, cstime;
	unsigned long nvcsw, nivcsw, cnvcsw, cnivcsw, min_flt, maj_flt, maxrss, cmaxrss;
	short oom_score_adj;
	struct rlimit rlim[RLIM_NLIMITS];	/* task_lock of the leader */
};
#define SIGNAL_STOP_STOPPED	0x00000001
#define SIGNAL_GROUP_EXIT	0x00000004
#define SIGNAL_UNKILLABLE	0x00000040	/* for init: ignores fatal signals */

extern struct signal_struct init_signals;
extern struct sighand_struct init_sighand;

int dequeue_signal(struct task_struct *tsk, sigset_t *mask, kernel_siginfo_t *info, int *type);
void flush_signals(struct task_struct *t);
void ignore_signals(struct task_struct *t);
void set_notify_signal(struct task_struct *t);
void flush_signal_handlers(struct task_struct *t, int force_default);
int send_sig(int sig, struct task_struct *p, int priv);
int send_sig_info(int sig, struct kernel_siginfo *info, struct task_struct *p);
int force_sig(int sig);
int kill_pid(struct pid *pid, int sig, int priv);
int kill_pid_info(int sig, struct kernel_siginfo *info, struct pid *pid);
bool do_notify_parent(struct task_struct *tsk, int sig);
void exit_signals(struct task_struct *tsk);
void recalc_sigpending(void);
void recalc_sigpending_and_wake(struct task_struct *t);
void calculate_sigpending(void);
void signal_wake_up_state(struct task_struct *t, unsigned int state);
void set_current_blocked(sigset_t *newset);
void __set_current_blocked(const sigset_t *newset);
int sigprocmask(int how, sigset_t *set, sigset_t *oldset);
void __cleanup_sighand(struct sighand_struct *sighand);
void __exit_signal(struct task_struct *tsk);
struct sighand_struct *__lock_task_sighand(struct task_struct *task, unsigned long *flags);
#define lock_task_sighand(t, flags)	__lock_task_sighand(t, flags)
#define unlock_task_sighand(t, flags)	spin_unlock_irqrestore(&(t)->sighand->siglock, *(flags))
static inline void signal_wake_up(struct task_struct *t, bool fatal)
{
	signal_wake_up_state(t, fatal ? 0x0100 /* TASK_WAKEKILL */ : 0);
}
static inline bool __fatal_signal_pending(struct task_struct *p) { return p->pending.signal & sigmask(SIGKILL); }
static inline bool fatal_signal_pending(struct task_struct *p) { return signal_pending(p) && __fatal_signal_pending(p); }
static inline int signal_pending_state(unsigned int state, struct task_struct *p)
{
	if (!(state & (TASK_INTERRUPTIBLE | 0x0100)) || !signal_pending(p))
		return 0;
	return (state & TASK_INTERRUPTIBLE) || __fatal_signal_pending(p);
}
#define rlimit(limit)		READ_ONCE(current->signal->rlim[limit].rlim_cur)
#define rlimit_max(limit)	READ_ONCE(current->signal->rlim[limit].rlim_max)
#define task_rlimit(t, limit)	READ_ONCE((t)->signal->rlim[limit].rlim_cur)
#define thread_group_leader(p)	((p)->exit_signal >= 0)
#define thread_group_empty(p)	list_empty(&(p)->thread_group)
#define next_task(p)		list_entry((p)->tasks.next, struct task_struct, tasks)
#define for_each_process(p)	for (p = &init_task; (p = next_task(p)) != &init_task;)
#define while_each_thread(g, t)	while ((t = list_entry((t)->thread_group.next, struct task_struct, thread_group)) != (g))
#define for_each_process_thread(p, t) for_each_process(p) for ((t) = (p); (t); (t) = NULL)
#define task_pgrp_nr(t)		((t)->signal->pgrp)
#define task_session_nr(t)	((t)->signal->session)
#endif
