/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SCHED_H
#define _LINUX_SCHED_H
#include <linux/types.h>
#include <linux/rbtree_types.h>
#include <asm/percpu.h>

#define TASK_RUNNING		0x0000
#define TASK_INTERRUPTIBLE	0x0001
#define TASK_UNINTERRUPTIBLE	0x0002
#define EXIT_DEAD		0x0010
#define EXIT_ZOMBIE		0x0020
#define TASK_PARKED		0x0040
#define TASK_DEAD		0x0080
#define TASK_NEW		0x0800
#define TASK_NORMAL		(TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

#define TASK_COMM_LEN		16
#define THREAD_SIZE		16384UL

#define PF_IDLE			0x00000002
#define PF_EXITING		0x00000004
#define PF_WQ_WORKER		0x00000020
#define PF_FORKNOEXEC		0x00000040
#define PF_KTHREAD		0x00200000

#define TIF_SIGPENDING		2
#define TIF_NEED_RESCHED	3
#define TIF_USER_PARK		16	/* the host: this task sleeps in user mode; take it off the CPU */

#define SCHED_NORMAL	0
#define SCHED_FIFO	1
#define SCHED_RR	2

struct mm_struct; struct fs_struct; struct files_struct; struct signal_struct; struct sighand_struct;
struct rq; struct pt_regs; struct sched_class; struct pid; struct nsproxy; struct cred;

struct load_weight { unsigned long weight; };
struct sched_entity {
	struct load_weight load;
	struct rb_node run_node;
	unsigned int on_rq;
	u64 exec_start, sum_exec_runtime, prev_sum_exec_runtime, vruntime;
};
struct sched_rt_entity { struct list_head run_list; unsigned int time_slice; };
struct sigset { u64 sig; };
struct sigpending { struct list_head list; u64 signal; };

/* Fields are grouped by owner; the scheduler's are under the runqueue lock of task_cpu(p). */
struct task_struct {
	unsigned long sp;			/* saved stack pointer while switched out (__switch_to_asm) */
	void *stack;				/* THREAD_SIZE bytes */
	unsigned int __state;
	unsigned long thread_flags;		/* TIF_* bits */
	unsigned int flags;			/* PF_* */
	pid_t pid, tgid;
	char comm[TASK_COMM_LEN];
	unsigned long long user_data;		/* the host's */

	/* scheduler */
	int on_cpu, on_rq, cpu, recent_used_cpu, wake_cpu;
	int prio, static_prio, normal_prio;
	unsigned int rt_priority, policy;
	const struct sched_class *sched_class;
	struct sched_entity se;
	struct sched_rt_entity rt;
	unsigned long cpus_mask;
	int nr_cpus_allowed;
	unsigned long nvcsw, nivcsw;
	u64 utime, stime, start_time;

	/* process tree: tasklist_lock */
	struct task_struct *real_parent, *parent, *group_leader;
	struct list_head children, sibling, tasks, thread_group;
	struct hlist_node pid_node;
	int exit_state, exit_code, exit_signal;
	struct callback_head rcu;
	atomic_t usage;
	int *set_child_tid, *clear_child_tid;

	/* what it works on */
	struct mm_struct *mm, *active_mm;
	struct fs_struct *fs;
	struct files_struct *files;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
	u64 blocked;
	struct sigpending pending;
	const struct cred *cred;
	void *journal_info;
	struct callback_head *task_works;

	/* kernel thread */
	int (*threadfn)(void *);
	void *thread_arg;
	void *worker_private;
	unsigned long kthread_flags;

	/* the call the host put into user mode's registers */
	struct pt_regs *user_regs;
	char *user_buf;				/* this task's window of "user" memory, USER_BUF_SIZE bytes */

	/* function_graph (kernel/trace) */
	int curr_ret_stack, curr_ret_depth;
	struct ftrace_ret_stack *ret_stack;
	u64 ftrace_timestamp;
	atomic_t trace_overrun, tracing_graph_pause;
	unsigned long trace, trace_recursion;
};

#define task_pid_nr(p)		((p)->pid)
#define task_cpu(p)		((p)->cpu)
#define set_current_state(s)	do { current->__state = (s); barrier(); } while (0)
#define __set_current_state(s)	(current->__state = (s))

extern struct task_struct init_task;
void schedule(void);
void schedule_idle(void);
long schedule_timeout(long timeout);
long schedule_timeout_interruptible(long timeout);
long schedule_timeout_uninterruptible(long timeout);
int wake_up_process(struct task_struct *p);
int try_to_wake_up(struct task_struct *p, unsigned int state, int wake_flags);
void wake_up_new_task(struct task_struct *p);
int sched_fork(unsigned long clone_flags, struct task_struct *p);
void set_user_nice(struct task_struct *p, long nice);
int sched_setaffinity(pid_t pid, unsigned long mask);
void set_cpus_allowed_ptr(struct task_struct *p, unsigned long mask);
void sched_exec(void);
void scheduler_tick(void);
void yield(void);
int __cond_resched(void);
#define cond_resched()	__cond_resched()
void resched_curr(struct rq *rq);
struct task_struct *idle_task(int cpu);
void set_task_comm(struct task_struct *p, const char *from);
void __set_task_comm(struct task_struct *p, const char *from, bool exec);
struct task_struct *find_task_by_vpid(pid_t nr);
void get_task_struct_(struct task_struct *p);
void put_task_struct(struct task_struct *p);
void __put_task_struct(struct task_struct *p);
void sched_init(void);
void do_exit(long code) __noreturn;

static __always_inline notrace void set_tsk_thread_flag(struct task_struct *p, int f) { p->thread_flags |= 1UL << f; }
static __always_inline notrace void clear_tsk_thread_flag(struct task_struct *p, int f) { p->thread_flags &= ~(1UL << f); }
static __always_inline notrace bool test_tsk_thread_flag(struct task_struct *p, int f) { return p->thread_flags >> f & 1; }
#define signal_pending(p)	test_tsk_thread_flag(p, TIF_SIGPENDING)
#define need_resched()		(this_hot->need_resched)
#endif
