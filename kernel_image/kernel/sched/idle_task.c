// SPDX-License-Identifier: MIT
/* The class of the task that runs when there is nothing to run. */
#include "sched.h"

static void dequeue_task_idle(struct rq *rq, struct task_struct *p, int flags)
{
	raw_spin_rq_unlock(rq);
	panic("bad: scheduling from the idle thread!");
}

static void check_preempt_curr_idle(struct rq *rq, struct task_struct *p, int flags) { resched_curr(rq); }
static void put_prev_task_idle(struct rq *rq, struct task_struct *prev) { }
static void set_next_task_idle(struct rq *rq, struct task_struct *next, bool first) { }

static struct task_struct *pick_next_task_idle(struct rq *rq, struct task_struct *prev)
{
	set_next_task_idle(rq, rq->idle, true);
	return rq->idle;
}

static int select_task_rq_idle(struct task_struct *p, int cpu, int flags) { return task_cpu(p); }
static void task_tick_idle(struct rq *rq, struct task_struct *curr, int queued) { }
static void update_curr_idle(struct rq *rq) { }

const struct sched_class idle_sched_class = {
	.name = "idle",
	.rank = 0,
	.dequeue_task = dequeue_task_idle,
	.check_preempt_curr = check_preempt_curr_idle,
	.pick_next_task = pick_next_task_idle,
	.put_prev_task = put_prev_task_idle,
	.set_next_task = set_next_task_idle,
	.select_task_rq = select_task_rq_idle,
	.task_tick = task_tick_idle,
	.update_curr = update_curr_idle,
};
