// SPDX-License-Identifier: MIT
/* FIFO and round robin: a list for each priority and a bitmap of those that are not empty. */
#include "sched.h"
#include <linux/bitmap.h>

void init_rt_rq(struct rt_rq *rt_rq)
{
	int i;

	for (i = 0; i < MAX_RT_PRIO; i++)
		INIT_LIST_HEAD(&rt_rq->queue[i]);
	memset(rt_rq->bitmap, 0, sizeof(rt_rq->bitmap));
	set_bit(MAX_RT_PRIO, rt_rq->bitmap);
}

static noinline void update_curr_rt(struct rq *rq)
{
	struct task_struct *curr = rq->curr;
	u64 delta;

	if (curr->sched_class != &rt_sched_class)
		return;
	delta = rq_clock_task(rq) - curr->se.exec_start;
	if ((s64)delta <= 0)
		return;
	curr->se.sum_exec_runtime += delta;
	curr->se.exec_start = rq_clock_task(rq);
}

static noinline void enqueue_task_rt(struct rq *rq, struct task_struct *p, int flags)
{
	list_add_tail(&p->rt.run_list, &rq->rt.queue[p->prio]);
	__set_bit(p->prio, rq->rt.bitmap);
	rq->rt.rt_nr_running++;
	add_nr_running(rq, 1);
}

static noinline void dequeue_task_rt(struct rq *rq, struct task_struct *p, int flags)
{
	update_curr_rt(rq);
	list_del_init(&p->rt.run_list);
	if (list_empty(&rq->rt.queue[p->prio]))
		__clear_bit(p->prio, rq->rt.bitmap);
	rq->rt.rt_nr_running--;
	sub_nr_running(rq, 1);
}

static void requeue_task_rt(struct rq *rq, struct task_struct *p)
{
	list_move_tail(&p->rt.run_list, &rq->rt.queue[p->prio]);
}

static void yield_task_rt(struct rq *rq) { requeue_task_rt(rq, rq->curr); }

static void check_preempt_curr_rt(struct rq *rq, struct task_struct *p, int flags)
{
	if (p->prio < rq->curr->prio)
		resched_curr(rq);
}

static void set_next_task_rt(struct rq *rq, struct task_struct *p, bool first)
{
	p->se.exec_start = rq_clock_task(rq);
}

static struct task_struct *pick_next_task_rt(struct rq *rq, struct task_struct *prev)
{
	struct task_struct *p;
	unsigned long prio;

	if (!rq->rt.rt_nr_running)
		return NULL;
	prio = find_first_bit(rq->rt.bitmap, MAX_RT_PRIO);
	p = list_first_entry(&rq->rt.queue[prio], struct task_struct, rt.run_list);
	set_next_task_rt(rq, p, true);
	return p;
}

static void put_prev_task_rt(struct rq *rq, struct task_struct *p) { update_curr_rt(rq); }

/* The CPU it used, unless something as important runs there and another runs something less. */
static int select_task_rq_rt(struct task_struct *p, int cpu, int flags)
{
	int other;

	if (p->cpus_mask >> cpu & 1 && cpu_curr(cpu)->prio > p->prio)
		return cpu;
	for_each_online_cpu(other)
		if (p->cpus_mask >> other & 1 && cpu_curr(other)->prio > p->prio)
			return other;
	return cpu;
}

static void task_tick_rt(struct rq *rq, struct task_struct *p, int queued)
{
	update_curr_rt(rq);
	if (p->policy != SCHED_RR || --p->rt.time_slice)
		return;
	p->rt.time_slice = RR_TIMESLICE;
	if (p->rt.run_list.prev != p->rt.run_list.next) {
		requeue_task_rt(rq, p);
		resched_curr(rq);
	}
}

static void switched_to_rt(struct rq *rq, struct task_struct *p)
{
	if (p->on_rq && rq->curr != p && p->prio < rq->curr->prio)
		resched_curr(rq);
}

static void prio_changed_rt(struct rq *rq, struct task_struct *p, int oldprio)
{
	if (rq->curr == p ? oldprio < p->prio : p->prio < rq->curr->prio)
		resched_curr(rq);
}

const struct sched_class rt_sched_class = {
	.name = "rt",
	.rank = 2,
	.enqueue_task = enqueue_task_rt,
	.dequeue_task = dequeue_task_rt,
	.yield_task = yield_task_rt,
	.check_preempt_curr = check_preempt_curr_rt,
	.pick_next_task = pick_next_task_rt,
	.put_prev_task = put_prev_task_rt,
	.set_next_task = set_next_task_rt,
	.select_task_rq = select_task_rq_rt,
	.task_tick = task_tick_rt,
	.switched_to = switched_to_rt,
	.prio_changed = prio_changed_rt,
	.update_curr = update_curr_rt,
};
