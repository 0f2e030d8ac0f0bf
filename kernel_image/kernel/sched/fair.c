// SPDX-License-Identifier: MIT
/*
 * The completely fair scheduler: each task has run `vruntime` nanoseconds, weighted by its nice level, and the
 * one that has run least is next.  Balancing between CPUs is in balance.c.
 */
#include "sched.h"
#include <linux/math64.h>
#include <linux/interrupt.h>
#include <trace/events/sched.h>

unsigned int sysctl_sched_latency = 6000000, sysctl_sched_min_granularity = 750000;
unsigned int sysctl_sched_wakeup_granularity = 1000000;

const int sched_prio_to_weight[40] = {
	88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
	9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277,
	1024, 820, 655, 526, 423, 335, 272, 215, 172, 137,
	110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
};

#define task_of(e)	container_of(e, struct task_struct, se)
#define rq_of(c)	container_of(c, struct rq, cfs)
#define cfs_rq_of(se)	(&task_rq(task_of(se))->cfs)

void init_cfs_rq(struct cfs_rq *cfs_rq)
{
	cfs_rq->tasks_timeline = RB_ROOT_CACHED;
	cfs_rq->min_vruntime = (u64)-(1LL << 20);
}

void set_load_weight(struct task_struct *p)
{
	int prio = p->static_prio - MAX_RT_PRIO;

	p->se.load.weight = p->policy == SCHED_IDLE ? 3 : sched_prio_to_weight[prio < 0 ? 0 : prio > 39 ? 39 : prio];
}

static u64 calc_delta_fair(u64 delta, struct sched_entity *se)
{
	if (likely(se->load.weight == NICE_0_LOAD))
		return delta;
	return div_u64(delta * NICE_0_LOAD, (u32)se->load.weight);
}

static noinline void update_min_vruntime(struct cfs_rq *cfs_rq)
{
	struct sched_entity *curr = cfs_rq->curr;
	struct rb_node *left = cfs_rq->tasks_timeline.rb_leftmost;
	u64 v = cfs_rq->min_vruntime;

	if (curr && curr->on_rq)
		v = curr->vruntime;
	else
		curr = NULL;
	if (left) {
		u64 l = rb_entry(left, struct sched_entity, run_node)->vruntime;

		if (!curr || (s64)(l - v) < 0)
			v = l;
	}
	if ((s64)(v - cfs_rq->min_vruntime) > 0)
		cfs_rq->min_vruntime = v;
}

/* A load that halves every 32 ms, as PELT's does; what select_task_rq compares. */
static noinline void __update_load_avg_cfs_rq(u64 now, struct cfs_rq *cfs_rq)
{
	u64 ms = (now - cfs_rq->avg_last) >> 20;

	if (!ms)
		return;
	cfs_rq->avg_last = now;
	if (ms > 320)
		cfs_rq->avg_load = 0;
	else
		cfs_rq->avg_load -= cfs_rq->avg_load * (ms > 32 ? 32 : ms) >> 6;
	cfs_rq->avg_load += (u64)cfs_rq->h_nr_running * (ms > 32 ? 32 : ms) * 16;
}

static noinline void update_load_avg(struct cfs_rq *cfs_rq, struct sched_entity *se, int flags)
{
	__update_load_avg_cfs_rq(rq_clock_task(rq_of(cfs_rq)), cfs_rq);
}

static noinline void update_curr(struct cfs_rq *cfs_rq)
{
	struct sched_entity *curr = cfs_rq->curr;
	u64 now = rq_clock_task(rq_of(cfs_rq)), delta;

	if (unlikely(!curr))
		return;
	delta = now - curr->exec_start;
	if (unlikely((s64)delta <= 0))
		return;
	curr->exec_start = now;
	curr->sum_exec_runtime += delta;
	cfs_rq->exec_clock += delta;
	curr->vruntime += calc_delta_fair(delta, curr);
	update_min_vruntime(cfs_rq);
	trace_sched_stat_runtime(task_of(curr), delta, curr->vruntime);
}

static void update_curr_fair(struct rq *rq)
{
	update_curr(&rq->cfs);
}

static bool entity_before(struct rb_node *a, const struct rb_node *b)
{
	return (s64)(rb_entry(a, struct sched_entity, run_node)->vruntime -
		     rb_entry(b, struct sched_entity, run_node)->vruntime) < 0;
}

static noinline void __enqueue_entity(struct cfs_rq *cfs_rq, struct sched_entity *se)
{
	rb_add_cached(&se->run_node, &cfs_rq->tasks_timeline, entity_before);
}

static void __dequeue_entity(struct cfs_rq *cfs_rq, struct sched_entity *se)
{
	rb_erase_cached(&se->run_node, &cfs_rq->tasks_timeline);
}

/* A sleeper comes back a little ahead of the others, never further than it was; a new task behind them. */
static noinline void place_entity(struct cfs_rq *cfs_rq, struct sched_entity *se, int initial)
{
	u64 vruntime = cfs_rq->min_vruntime;

	if (initial) {
		vruntime += calc_delta_fair(sysctl_sched_latency / (cfs_rq->nr_running + 1), se);
		se->vruntime = vruntime;
		return;
	}
	vruntime -= sysctl_sched_latency / 2;
	if ((s64)(vruntime - se->vruntime) > 0)
		se->vruntime = vruntime;
}

static noinline void enqueue_entity(struct cfs_rq *cfs_rq, struct sched_entity *se, int flags)
{
	bool curr = cfs_rq->curr == se;

	/* While off a queue, vruntime is relative to the queue it left (see migrate_task_rq_fair). */
	update_curr(cfs_rq);
	if (flags & (ENQUEUE_MIGRATED | ENQUEUE_INITIAL))
		se->vruntime += cfs_rq->min_vruntime;
	update_load_avg(cfs_rq, se, 0);
	cfs_rq->load.weight += se->load.weight;
	cfs_rq->nr_running++;
	if (flags & ENQUEUE_WAKEUP)
		place_entity(cfs_rq, se, 0);
	if (!curr)
		__enqueue_entity(cfs_rq, se);
	se->on_rq = 1;
}

static noinline void dequeue_entity(struct cfs_rq *cfs_rq, struct sched_entity *se, int flags)
{
	update_curr(cfs_rq);
	update_load_avg(cfs_rq, se, 0);
	if (se != cfs_rq->curr)
		__dequeue_entity(cfs_rq, se);
	se->on_rq = 0;
	cfs_rq->load.weight -= se->load.weight;
	cfs_rq->nr_running--;
	update_min_vruntime(cfs_rq);
}

static noinline void enqueue_task_fair(struct rq *rq, struct task_struct *p, int flags)
{
	enqueue_entity(&rq->cfs, &p->se, flags);
	rq->cfs.h_nr_running++;
	add_nr_running(rq, 1);
}

static noinline void dequeue_task_fair(struct rq *rq, struct task_struct *p, int flags)
{
	dequeue_entity(&rq->cfs, &p->se, flags);
	rq->cfs.h_nr_running--;
	sub_nr_running(rq, 1);
}

static noinline void yield_task_fair(struct rq *rq)
{
	struct cfs_rq *cfs_rq = &rq->cfs;
	struct rb_node *last;

	if (rq->nr_running == 1)
		return;
	update_rq_clock(rq);
	update_curr(cfs_rq);
	/* Behind everybody. */
	last = rb_last(&cfs_rq->tasks_timeline.rb_root);
	if (last && (s64)(rb_entry(last, struct sched_entity, run_node)->vruntime - rq->curr->se.vruntime) >= 0)
		rq->curr->se.vruntime = rb_entry(last, struct sched_entity, run_node)->vruntime + 1;
}

static noinline void set_next_entity(struct cfs_rq *cfs_rq, struct sched_entity *se)
{
	if (se->on_rq) {
		__dequeue_entity(cfs_rq, se);
		update_load_avg(cfs_rq, se, 0);
	}
	se->exec_start = rq_clock_task(rq_of(cfs_rq));
	cfs_rq->curr = se;
	se->prev_sum_exec_runtime = se->sum_exec_runtime;
}

static noinline struct sched_entity *pick_next_entity(struct cfs_rq *cfs_rq, struct sched_entity *curr)
{
	struct rb_node *left = cfs_rq->tasks_timeline.rb_leftmost;
	struct sched_entity *se = left ? rb_entry(left, struct sched_entity, run_node) : NULL;

	if (!se || (curr && (s64)(curr->vruntime - se->vruntime) < 0))
		se = curr;
	return se;
}

static noinline void put_prev_entity(struct cfs_rq *cfs_rq, struct sched_entity *prev)
{
	if (prev->on_rq) {
		update_curr(cfs_rq);
		__enqueue_entity(cfs_rq, prev);
		update_load_avg(cfs_rq, prev, 0);
	}
	cfs_rq->curr = NULL;
}

static void put_prev_task_fair(struct rq *rq, struct task_struct *prev)
{
	put_prev_entity(&rq->cfs, &prev->se);
}

static void set_next_task_fair(struct rq *rq, struct task_struct *p, bool first)
{
	set_next_entity(&rq->cfs, &p->se);
}

/* With prev it may also keep it, and puts it back itself; without, the caller has. */
static noinline struct task_struct *pick_next_task_fair(struct rq *rq, struct task_struct *prev)
{
	struct cfs_rq *cfs_rq = &rq->cfs;
	struct sched_entity *se;

again:
	if (!cfs_rq->nr_running)
		goto idle;
	if (!prev || prev->sched_class != &fair_sched_class) {
		if (prev)
			put_prev_task(rq, prev);
		se = pick_next_entity(cfs_rq, NULL);
		set_next_entity(cfs_rq, se);
		return task_of(se);
	}
	if (cfs_rq->curr) {
		if (cfs_rq->curr->on_rq)
			update_curr(cfs_rq);
	}
	se = pick_next_entity(cfs_rq, cfs_rq->curr && cfs_rq->curr->on_rq ? cfs_rq->curr : NULL);
	if (&prev->se != se) {
		put_prev_entity(cfs_rq, &prev->se);
		set_next_entity(cfs_rq, se);
	}
	return task_of(se);
idle:
	if (prev && newidle_balance(rq) > 0)
		goto again;
	return NULL;
}

static u64 sched_slice(struct cfs_rq *cfs_rq, struct sched_entity *se)
{
	u64 slice = sysctl_sched_latency;

	if (cfs_rq->nr_running > 8)
		slice = (u64)cfs_rq->nr_running * sysctl_sched_min_granularity;
	if (cfs_rq->load.weight)
		slice = div_u64(slice * se->load.weight, (u32)cfs_rq->load.weight);
	return slice < sysctl_sched_min_granularity ? sysctl_sched_min_granularity : slice;
}

static noinline void check_preempt_tick(struct cfs_rq *cfs_rq, struct sched_entity *curr)
{
	u64 ran = curr->sum_exec_runtime - curr->prev_sum_exec_runtime;

	if (ran > sched_slice(cfs_rq, curr))
		resched_curr(rq_of(cfs_rq));
}

static noinline void entity_tick(struct cfs_rq *cfs_rq, struct sched_entity *curr, int queued)
{
	update_curr(cfs_rq);
	update_load_avg(cfs_rq, curr, 0);
	if (cfs_rq->nr_running > 1)
		check_preempt_tick(cfs_rq, curr);
}

static noinline void task_tick_fair(struct rq *rq, struct task_struct *curr, int queued)
{
	entity_tick(&rq->cfs, &curr->se, queued);
}

static void task_fork_fair(struct task_struct *p)
{
	struct rq *rq = this_rq();

	raw_spin_rq_lock(rq);
	update_rq_clock(rq);
	if (rq->cfs.curr) {
		update_curr(&rq->cfs);
		p->se.vruntime = rq->cfs.curr->vruntime;
	}
	place_entity(&rq->cfs, &p->se, 1);
	/* It starts on a queue that is not chosen yet. */
	p->se.vruntime -= rq->cfs.min_vruntime;
	p->se.prev_sum_exec_runtime = 0;
	raw_spin_rq_unlock(rq);
}

/* Leaves for another queue: its vruntime goes along as a distance. */
static void migrate_task_rq_fair(struct task_struct *p, int new_cpu)
{
	if (p->__state == TASK_WAKING || p->on_rq == TASK_ON_RQ_MIGRATING)
		p->se.vruntime -= task_rq(p)->cfs.min_vruntime;
}

static noinline void check_preempt_wakeup(struct rq *rq, struct task_struct *p, int wake_flags)
{
	struct sched_entity *se = &rq->curr->se, *pse = &p->se;

	if (se == pse || test_tsk_thread_flag(rq->curr, TIF_NEED_RESCHED))
		return;
	if (rq->curr->policy == SCHED_IDLE && p->policy != SCHED_IDLE) {
		resched_curr(rq);
		return;
	}
	if (p->policy == SCHED_BATCH || p->policy == SCHED_IDLE)
		return;
	update_curr(&rq->cfs);
	if ((s64)(se->vruntime - pse->vruntime) > (s64)calc_delta_fair(sysctl_sched_wakeup_granularity, pse))
		resched_curr(rq);
}

static noinline int select_idle_sibling(struct task_struct *p, int prev, int target)
{
	int cpu;

	if (p->cpus_mask >> target & 1 && available_idle_cpu(target))
		return target;
	if (p->cpus_mask >> prev & 1 && available_idle_cpu(prev))
		return prev;
	for_each_online_cpu(cpu)
		if (p->cpus_mask >> cpu & 1 && available_idle_cpu(cpu))
			return cpu;
	return target;
}

/* Waking: near the waker or where it ran, where it is idle.  New or executing: where least runs. */
static noinline int select_task_rq_fair(struct task_struct *p, int prev_cpu, int wake_flags)
{
	int cpu = smp_processor_id(), best = prev_cpu, other;

	if (wake_flags & WF_TTWU)
		return select_idle_sibling(p, prev_cpu, p->cpus_mask >> prev_cpu & 1 ? prev_cpu : cpu);
	for_each_online_cpu(other)
		if (p->cpus_mask >> other & 1 && cpu_rq(other)->nr_running < cpu_rq(best)->nr_running)
			best = other;
	return best;
}

static void switched_to_fair(struct rq *rq, struct task_struct *p)
{
	if (p->on_rq && rq->curr == p)
		resched_curr(rq);
	else if (p->on_rq)
		check_preempt_curr(rq, p, 0);
}

static void prio_changed_fair(struct rq *rq, struct task_struct *p, int oldprio)
{
	if (rq->curr == p) {
		if (p->prio > oldprio)
			resched_curr(rq);
	} else {
		check_preempt_curr(rq, p, 0);
	}
}

void reweight_task(struct task_struct *p, int prio)
{
	struct cfs_rq *cfs_rq = &task_rq(p)->cfs;
	unsigned long old = p->se.load.weight;

	set_load_weight(p);
	if (p->se.on_rq)
		cfs_rq->load.weight += p->se.load.weight - old;
}

const struct sched_class fair_sched_class = {
	.name = "fair",
	.rank = 1,
	.enqueue_task = enqueue_task_fair,
	.dequeue_task = dequeue_task_fair,
	.yield_task = yield_task_fair,
	.check_preempt_curr = check_preempt_wakeup,
	.pick_next_task = pick_next_task_fair,
	.put_prev_task = put_prev_task_fair,
	.set_next_task = set_next_task_fair,
	.select_task_rq = select_task_rq_fair,
	.task_tick = task_tick_fair,
	.task_fork = task_fork_fair,
	.migrate_task_rq = migrate_task_rq_fair,
	.switched_to = switched_to_fair,
	.prio_changed = prio_changed_fair,
	.update_curr = update_curr_fair,
};
