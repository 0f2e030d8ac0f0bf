/* SPDX-License-Identifier: MIT */
#ifndef _KERNEL_SCHED_H
#define _KERNEL_SCHED_H
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/smp.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/bug.h>
#include <linux/init.h>
#include <linux/export.h>
#include <linux/stop_machine.h>
#include <linux/string.h>
#include <linux/jiffies.h>

#define TASK_WAKING		0x0200
#define TASK_ON_RQ_QUEUED	1
#define TASK_ON_RQ_MIGRATING	2
#define NICE_0_LOAD		1024
#define ENQUEUE_WAKEUP		0x01
#define ENQUEUE_INITIAL		0x80
#define ENQUEUE_MIGRATED	0x40
#define ENQUEUE_NOCLOCK		0x08
#define DEQUEUE_SLEEP		0x01
#define DEQUEUE_NOCLOCK		0x08
#define RR_TIMESLICE		25		/* ticks: 100 ms */
#define SM_NONE			0
#define SM_PREEMPT		1

struct cfs_rq {
	struct load_weight load;
	unsigned int nr_running, h_nr_running;
	u64 exec_clock, min_vruntime;
	struct rb_root_cached tasks_timeline;		/* by vruntime; curr is not in it */
	struct sched_entity *curr;
	u64 avg_load, avg_last;				/* decaying load and when it was last brought up to date */
};

struct rt_rq {
	unsigned long bitmap[(MAX_RT_PRIO + 1 + BITS_PER_LONG - 1) / BITS_PER_LONG];
	struct list_head queue[MAX_RT_PRIO];
	unsigned int rt_nr_running;
};

/* One per CPU; everything is under __lock, but for nr_running and curr, which others read. */
struct rq {
	raw_spinlock_t __lock;
	unsigned int nr_running;
	u64 nr_switches;
	struct cfs_rq cfs;
	struct rt_rq rt;
	struct task_struct *curr, *idle, *stop;
	u64 clock, clock_task;
	int cpu, online;
	unsigned long next_balance;
	unsigned long nr_uninterruptible, calc_load_active;
	unsigned int clock_skip_update;
	u64 idle_stamp, avg_idle;
	unsigned int ttwu_count, ttwu_local, sched_count;
	int push_cpu, active_balance;
	struct cpu_stop_work active_balance_work;
};
extern struct rq runqueues[NR_CPUS];
#define cpu_rq(cpu)		(&runqueues[cpu])
#define this_rq()		(&runqueues[smp_processor_id()])
#define task_rq(p)		cpu_rq(task_cpu(p))
#define cpu_curr(cpu)		(cpu_rq(cpu)->curr)
#define rq_clock(rq)		((rq)->clock)
#define rq_clock_task(rq)	((rq)->clock_task)
#define cpu_of(rq)		((rq)->cpu)
#define task_current(rq, p)	((rq)->curr == (p))
#define task_on_cpu(rq, p)	((p)->on_cpu)
#define is_idle_task_(p)	((p)->flags & PF_IDLE)

struct sched_class {
	const char *name;
	void (*enqueue_task)(struct rq *rq, struct task_struct *p, int flags);
	void (*dequeue_task)(struct rq *rq, struct task_struct *p, int flags);
	void (*yield_task)(struct rq *rq);
	void (*check_preempt_curr)(struct rq *rq, struct task_struct *p, int flags);
	struct task_struct *(*pick_next_task)(struct rq *rq, struct task_struct *prev);
	void (*put_prev_task)(struct rq *rq, struct task_struct *p);
	void (*set_next_task)(struct rq *rq, struct task_struct *p, bool first);
	int (*select_task_rq)(struct task_struct *p, int cpu, int flags);
	void (*task_tick)(struct rq *rq, struct task_struct *p, int queued);
	void (*task_fork)(struct task_struct *p);
	void (*task_dead)(struct task_struct *p);
	void (*task_woken)(struct rq *rq, struct task_struct *p);
	void (*migrate_task_rq)(struct task_struct *p, int new_cpu);
	void (*switched_to)(struct rq *rq, struct task_struct *p);
	void (*prio_changed)(struct rq *rq, struct task_struct *p, int oldprio);
	void (*update_curr)(struct rq *rq);
	int rank;					/* higher goes first */
};
extern const struct sched_class stop_sched_class, rt_sched_class, fair_sched_class, idle_sched_class;

/* core.c */
void raw_spin_rq_lock_nested(struct rq *rq, int subclass);
void raw_spin_rq_unlock(struct rq *rq);
#define raw_spin_rq_lock(rq)	raw_spin_rq_lock_nested(rq, 0)
static inline unsigned long rq_lock_irqsave(struct rq *rq)
{
	unsigned long flags;

	local_irq_save(flags);
	raw_spin_rq_lock(rq);
	return flags;
}
static inline void rq_unlock_irqrestore(struct rq *rq, unsigned long flags)
{
	raw_spin_rq_unlock(rq);
	local_irq_restore(flags);
}
struct rq *__task_rq_lock(struct task_struct *p);
struct rq *task_rq_lock(struct task_struct *p, unsigned long *flags);
void task_rq_unlock(struct rq *rq, struct task_struct *p, unsigned long *flags);
void update_rq_clock(struct rq *rq);
void activate_task(struct rq *rq, struct task_struct *p, int flags);
void deactivate_task(struct rq *rq, struct task_struct *p, int flags);
void check_preempt_curr(struct rq *rq, struct task_struct *p, int flags);
void set_task_cpu(struct task_struct *p, unsigned int new_cpu);
void enqueue_task(struct rq *rq, struct task_struct *p, int flags);
void dequeue_task(struct rq *rq, struct task_struct *p, int flags);
void resched_cpu(int cpu);
void double_rq_lock(struct rq *a, struct rq *b);
void double_rq_unlock(struct rq *a, struct rq *b);
static inline void add_nr_running(struct rq *rq, int n) { rq->nr_running += n; }
static inline void sub_nr_running(struct rq *rq, int n) { rq->nr_running -= n; }
static inline void put_prev_task(struct rq *rq, struct task_struct *p) { p->sched_class->put_prev_task(rq, p); }
static inline void set_next_task(struct rq *rq, struct task_struct *p) { p->sched_class->set_next_task(rq, p, false); }

/* fair.c */
void init_cfs_rq(struct cfs_rq *cfs_rq);
void reweight_task(struct task_struct *p, int prio);
void set_load_weight(struct task_struct *p);
int newidle_balance(struct rq *this_rq);
void nohz_balance_enter_idle(int cpu);
void init_sched_fair_class(void);

/* rt.c */
void init_rt_rq(struct rt_rq *rt_rq);

/* stop_task.c */
void sched_set_stop_task(int cpu, struct task_struct *stop);

#endif
