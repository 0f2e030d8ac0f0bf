// SPDX-License-Identifier: MIT
/* Moving waiting tasks between run queues: when a CPU goes idle, and now and then from the tick. */
#include "sched.h"
#include <linux/interrupt.h>

static noinline int can_migrate_task(struct task_struct *p, struct rq *src, int dst_cpu)
{
	return p->cpus_mask >> dst_cpu & 1 && p != src->curr && !p->on_cpu && p->sched_class == &fair_sched_class;
}

static noinline void detach_task(struct task_struct *p, struct rq *src, int dst_cpu)
{
	deactivate_task(src, p, DEQUEUE_NOCLOCK);
	set_task_cpu(p, dst_cpu);
}

static noinline void attach_task(struct rq *rq, struct task_struct *p)
{
	activate_task(rq, p, ENQUEUE_NOCLOCK | ENQUEUE_MIGRATED);
	check_preempt_curr(rq, p, 0);
}

/* One waiting task from src to dst; both locks are held.  The last in line has the coldest cache. */
static noinline int pull_one(struct rq *dst, struct rq *src)
{
	struct rb_node *n;

	update_rq_clock(src);
	for (n = rb_last(&src->cfs.tasks_timeline.rb_root); n; n = rb_prev(n)) {
		struct task_struct *p = rb_entry(n, struct task_struct, se.run_node);

		if (!can_migrate_task(p, src, dst->cpu))
			continue;
		detach_task(p, src, dst->cpu);
		attach_task(dst, p);
		return 1;
	}
	return 0;
}

static noinline struct rq *find_busiest_queue(struct rq *this_rq)
{
	struct rq *busiest = NULL;
	unsigned int most = this_rq->nr_running + 1;
	int cpu;

	for_each_online_cpu(cpu)
		if (cpu != this_rq->cpu && cpu_rq(cpu)->cfs.h_nr_running > 1 && cpu_rq(cpu)->nr_running > most) {
			busiest = cpu_rq(cpu);
			most = busiest->nr_running;
		}
	return busiest;
}

/* Interrupts are off and no queue is locked. */
static noinline int load_balance(int this_cpu, struct rq *this_rq)
{
	struct rq *busiest = find_busiest_queue(this_rq);
	int moved = 0;

	if (!busiest)
		return 0;
	double_rq_lock(this_rq, busiest);
	update_rq_clock(this_rq);
	if (busiest->nr_running > this_rq->nr_running + 1 || !this_rq->nr_running)
		moved = pull_one(this_rq, busiest);
	double_rq_unlock(this_rq, busiest);
	return moved;
}

/* About to idle, its queue locked: > 0 when there is a fair task to run after all. */
int newidle_balance(struct rq *this_rq)
{
	int moved;

	this_rq->idle_stamp = rq_clock(this_rq);
	if (!cpu_online(this_rq->cpu) || !find_busiest_queue(this_rq))
		return 0;
	raw_spin_rq_unlock(this_rq);
	moved = load_balance(this_rq->cpu, this_rq);
	raw_spin_rq_lock(this_rq);
	return moved || this_rq->cfs.h_nr_running ? 1 : 0;
}

static noinline void rebalance_domains(struct rq *rq)
{
	unsigned long flags;

	local_irq_save(flags);
	load_balance(rq->cpu, rq);
	local_irq_restore(flags);
	rq->next_balance = jiffies + HZ / 25;
}

static noinline void update_blocked_averages(int cpu)
{
	struct rq *rq = cpu_rq(cpu);
	unsigned long flags = rq_lock_irqsave(rq);

	update_rq_clock(rq);
	rq_unlock_irqrestore(rq, flags);
}

static void run_rebalance_domains(struct softirq_action *h)
{
	struct rq *rq = this_rq();

	update_blocked_averages(rq->cpu);
	rebalance_domains(rq);
}

static noinline void nohz_balancer_kick(struct rq *rq) { }

void trigger_load_balance(struct rq *rq)
{
	if (time_after_eq(jiffies, rq->next_balance))
		raise_softirq(SCHED_SOFTIRQ);
	nohz_balancer_kick(rq);
}

void nohz_balance_enter_idle(int cpu) { }

void __init init_sched_fair_class(void)
{
	open_softirq(SCHED_SOFTIRQ, run_rebalance_domains);
}
