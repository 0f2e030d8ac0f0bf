// SPDX-License-Identifier: MIT
/* The class above all: one task a CPU, which runs the work of stop_machine. */
#include "sched.h"

static void enqueue_task_stop(struct rq *rq, struct task_struct *p, int flags) { add_nr_running(rq, 1); }
static void dequeue_task_stop(struct rq *rq, struct task_struct *p, int flags) { sub_nr_running(rq, 1); }
static void yield_task_stop(struct rq *rq) { BUG(); }
static void check_preempt_curr_stop(struct rq *rq, struct task_struct *p, int flags) { }
static int select_task_rq_stop(struct task_struct *p, int cpu, int flags) { return task_cpu(p); }
static void task_tick_stop(struct rq *rq, struct task_struct *curr, int queued) { }
static void update_curr_stop(struct rq *rq) { }

static void set_next_task_stop(struct rq *rq, struct task_struct *stop, bool first)
{
	stop->se.exec_start = rq_clock_task(rq);
}

static void put_prev_task_stop(struct rq *rq, struct task_struct *prev)
{
	u64 delta = rq_clock_task(rq) - prev->se.exec_start;

	prev->se.sum_exec_runtime += delta;
	prev->se.exec_start = rq_clock_task(rq);
}

static struct task_struct *pick_next_task_stop(struct rq *rq, struct task_struct *prev)
{
	if (!rq->stop || rq->stop->on_rq != TASK_ON_RQ_QUEUED)
		return NULL;
	set_next_task_stop(rq, rq->stop, true);
	return rq->stop;
}

const struct sched_class stop_sched_class = {
	.name = "stop",
	.rank = 3,
	.enqueue_task = enqueue_task_stop,
	.dequeue_task = dequeue_task_stop,
	.yield_task = yield_task_stop,
	.check_preempt_curr = check_preempt_curr_stop,
	.pick_next_task = pick_next_task_stop,
	.put_prev_task = put_prev_task_stop,
	.set_next_task = set_next_task_stop,
	.select_task_rq = select_task_rq_stop,
	.task_tick = task_tick_stop,
	.update_curr = update_curr_stop,
};

/* To the outside it looks like FIFO 99. */
void sched_set_stop_task(int cpu, struct task_struct *stop)
{
	stop->policy = SCHED_FIFO;
	stop->rt_priority = MAX_RT_PRIO - 1;
	stop->prio = stop->normal_prio = 0;
	stop->sched_class = &stop_sched_class;
	cpu_rq(cpu)->stop = stop;
}
