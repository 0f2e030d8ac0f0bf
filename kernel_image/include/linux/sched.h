/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SCHED_H
#define _LINUX_SCHED_H
#include <linux/types.h>
#include <linux/rbtree_types.h>
#include <linux/llist.h>
#include <linux/spinlock_types.h>
#include <linux/errno.h>
#include <linux/ftrace.h>
#include <asm/percpu.h>

#define TASK_RUNNING		0x00000000
#define TASK_INTERRUPTIBLE	0x00000001
#define TASK_UNINTERRUPTIBLE	0x00000002
#define __TASK_STOPPED		0x00000004
#define __TASK_TRACED		0x00000008
#define EXIT_DEAD		0x00000010
#define EXIT_ZOMBIE		0x00000020
#define TASK_PARKED		0x00000040
#define TASK_DEAD		0x00000080
#define TASK_NEW		0x0800
#define TASK_WAKEKILL		0x0100
#define TASK_NOLOAD		0x0400
#define TASK_IDLE		(TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_KILLABLE		(TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_NORMAL		(TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

/* What a task is said to be doing: one of these bits, or the one above them for idle kernel threads. */
#define TASK_REPORT		(TASK_RUNNING | TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE | __TASK_STOPPED | \
				 __TASK_TRACED | EXIT_DEAD | EXIT_ZOMBIE | TASK_PARKED)
#define TASK_REPORT_IDLE	(TASK_REPORT + 1)
#define TASK_REPORT_MAX		(TASK_REPORT_IDLE << 1)

#define TASK_COMM_LEN		16
#define THREAD_SIZE		16384UL

#define PF_IDLE			0x00000002
#define PF_EXITING		0x00000004
#define PF_WQ_WORKER		0x00000020
#define PF_FORKNOEXEC		0x00000040
#define PF_KTHREAD		0x00200000

#define TIF_NOTIFY_RESUME	1	/* task_work is to be run before user mode */
#define TIF_SIGPENDING		2
#define TIF_NEED_RESCHED	3
#define TIF_USER_PARK		16	/* the host: this task sleeps in user mode; take it off the CPU */

#define SCHED_NORMAL	0
#define SCHED_FIFO	1
#define SCHED_RR	2
#define SCHED_BATCH	3
#define SCHED_IDLE	5

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
	u64 nr_migrations;
	struct llist_node wake_entry;		/* in the wake list of the CPU that is to enqueue it */
	unsigned int wake_entry_flags;
	bool sched_remote_wakeup, sched_contributes_to_load, sched_reset_on_fork;
	raw_spinlock_t pi_lock;			/* __state against wake-ups, cpus_mask */

	/* RCU: own CPU's rcu_data.lock */
	int rcu_read_lock_nesting;
	bool rcu_blocked, rcu_need_qs;
	struct list_head rcu_node_entry;

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
	bool kprobe_running;			/* a probe's handler runs */
	struct rethook_node *rethooks;		/* calls whose returns probes have hooked, the last first */
#ifndef __x86_64__
	struct ftrace_ret_stack return_stack[FTRACE_RET_STACK_SIZE];	/* where there is no ret_stack */
#endif
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
void schedule_preempt_disabled(void);
long io_schedule_timeout(long timeout);
void io_schedule(void);
long schedule_timeout_idle(long timeout);
long schedule_timeout_killable(long timeout);
int wake_up_state(struct task_struct *p, unsigned int state);
void sched_set_fifo(struct task_struct *p);
void sched_set_normal(struct task_struct *p, int nice);
int sched_setscheduler_nocheck(struct task_struct *p, int policy, int rt_priority);
void sched_dead(struct task_struct *p);
void sched_ttwu_pending(void *arg);
int task_nice(const struct task_struct *p);
int task_prio(const struct task_struct *p);
int idle_cpu(int cpu);
int available_idle_cpu(int cpu);
void kick_process(struct task_struct *p);
unsigned long wait_task_inactive(struct task_struct *p, unsigned int match_state);
void account_process_tick(struct task_struct *p, int user);
void calc_global_load(void);
void sched_show_task(struct task_struct *p);
void do_task_dead(void) __noreturn;
void init_idle(struct task_struct *idle, int cpu);
void trigger_load_balance(struct rq *rq);
unsigned int nr_running(void);
unsigned long long nr_context_switches(void);
bool single_task_running(void);
bool sched_others_waiting(void);
u64 sched_clock(void);
u64 sched_clock_cpu(int cpu);
u64 local_clock(void);
u64 cpu_clock(int cpu);
#define MAX_RT_PRIO		100
#define MAX_PRIO		140
#define DEFAULT_PRIO		120
#define NICE_TO_PRIO(n)		((n) + DEFAULT_PRIO)
#define PRIO_TO_NICE(p)		((p) - DEFAULT_PRIO)
#define MAX_NICE		19
#define MIN_NICE		-20
#define rt_task(p)		((p)->prio < MAX_RT_PRIO)
#define MAX_SCHEDULE_TIMEOUT	((long)(~0UL >> 1))
#define WF_TTWU			0x08
#define WF_SYNC			0x10
#define WF_FORK			0x04
#define WF_MIGRATED		0x20
void yield(void);
int __cond_resched(void);
#define cond_resched()	__cond_resched()
void resched_curr(struct rq *rq);
void resched_cpu(int cpu);
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
#define task_is_running(p)	(READ_ONCE((p)->__state) == TASK_RUNNING)
#define task_thread_info(p)	(p)
#define need_resched()		(this_hot->need_resched)
#endif
