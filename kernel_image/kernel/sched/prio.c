// SPDX-License-Identifier: MIT
/* Changing what a task may have: nice, policy, affinity. */
#include "sched.h"
#include <linux/pid.h>

int task_prio(const struct task_struct *p) { return p->prio - MAX_RT_PRIO; }
int task_nice(const struct task_struct *p) { return PRIO_TO_NICE(p->static_prio); }

static const struct sched_class *class_of(int prio)
{
	return prio < MAX_RT_PRIO ? &rt_sched_class : &fair_sched_class;
}

/* Take it off its queue, change it, put it back: the queue is ordered by what changes. */
static noinline void __setscheduler(struct task_struct *p, int policy, int rt_priority, int static_prio)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);
	const struct sched_class *old_class = p->sched_class;
	bool queued = p->on_rq == TASK_ON_RQ_QUEUED, running = task_current(rq, p);
	int oldprio = p->prio;

	update_rq_clock(rq);
	if (queued)
		dequeue_task(rq, p, DEQUEUE_NOCLOCK);
	if (running)
		put_prev_task(rq, p);
	p->policy = policy;
	p->rt_priority = rt_priority;
	p->static_prio = static_prio;
	p->prio = p->normal_prio = policy == SCHED_FIFO || policy == SCHED_RR ? MAX_RT_PRIO - 1 - rt_priority : static_prio;
	p->sched_class = class_of(p->prio);
	set_load_weight(p);
	if (p->sched_class != old_class && p->sched_class == &fair_sched_class)
		p->se.vruntime = rq->cfs.min_vruntime;
	if (queued)
		enqueue_task(rq, p, ENQUEUE_NOCLOCK);
	if (running)
		set_next_task(rq, p);
	if (queued) {
		if (p->sched_class != old_class)
			p->sched_class->switched_to(rq, p);
		else if (oldprio != p->prio)
			p->sched_class->prio_changed(rq, p, oldprio);
	}
	task_rq_unlock(rq, p, &flags);
}

void set_user_nice(struct task_struct *p, long nice)
{
	if (task_nice(p) == nice || nice < MIN_NICE || nice > MAX_NICE)
		return;
	__setscheduler(p, p->policy, p->rt_priority, NICE_TO_PRIO(nice));
}
EXPORT_SYMBOL(set_user_nice);

int sched_setscheduler_nocheck(struct task_struct *p, int policy, int rt_priority)
{
	bool rt = policy == SCHED_FIFO || policy == SCHED_RR;

	if (rt ? rt_priority < 1 || rt_priority >= MAX_RT_PRIO : rt_priority)
		return -EINVAL;
	if (!rt && policy != SCHED_NORMAL && policy != SCHED_BATCH && policy != SCHED_IDLE)
		return -EINVAL;
	__setscheduler(p, policy, rt_priority, p->static_prio);
	return 0;
}
EXPORT_SYMBOL(sched_setscheduler_nocheck);

void sched_set_fifo(struct task_struct *p) { sched_setscheduler_nocheck(p, SCHED_FIFO, MAX_RT_PRIO / 2); }
void sched_set_normal(struct task_struct *p, int nice) { __setscheduler(p, SCHED_NORMAL, 0, NICE_TO_PRIO(nice)); }
EXPORT_SYMBOL(sched_set_fifo);

/* ---- affinity */

struct migration_arg { struct task_struct *task; int dest_cpu; };

/* Runs as migration/N on the CPU that the task must leave. */
static int migration_cpu_stop(void *data)
{
	struct migration_arg *arg = data;
	struct task_struct *p = arg->task;
	struct rq *rq = this_rq(), *dst;

	local_irq_disable();
	raw_spin_lock(&p->pi_lock);
	/* Balancing needs only the queues' locks: the task may have left while nobody held them. */
	dst = cpu_rq(arg->dest_cpu);
	double_rq_lock(rq, dst);
	if (task_rq(p) == rq && p->on_rq == TASK_ON_RQ_QUEUED && !(p->cpus_mask >> rq->cpu & 1)) {
		update_rq_clock(rq);
		deactivate_task(rq, p, DEQUEUE_NOCLOCK);
		set_task_cpu(p, arg->dest_cpu);
		update_rq_clock(dst);
		activate_task(dst, p, ENQUEUE_NOCLOCK | ENQUEUE_MIGRATED);
		check_preempt_curr(dst, p, 0);
	}
	double_rq_unlock(rq, dst);
	raw_spin_unlock(&p->pi_lock);
	local_irq_enable();
	return 0;
}

void set_cpus_allowed_common(struct task_struct *p, unsigned long mask)
{
	p->cpus_mask = mask;
	p->nr_cpus_allowed = hweight_long(mask & ((1UL << nr_cpu_ids) - 1));
}

void set_cpus_allowed_ptr(struct task_struct *p, unsigned long mask)
{
	unsigned long flags, valid = mask & cpu_online_mask->bits[0];
	struct migration_arg arg = { .task = p };
	struct rq *rq;
	bool move;

	if (!valid)
		valid = mask ? mask : 1;
	rq = task_rq_lock(p, &flags);
	set_cpus_allowed_common(p, mask);
	arg.dest_cpu = __ffs(valid);
	move = p->on_rq && !(mask >> task_cpu(p) & 1);
	if (!p->on_rq && !p->on_cpu && !(mask >> task_cpu(p) & 1)) {
		if (p->__state == TASK_NEW)
			p->cpu = arg.dest_cpu;
		p->wake_cpu = arg.dest_cpu;
	}
	task_rq_unlock(rq, p, &flags);
	if (move)
		stop_one_cpu(cpu_of(rq), migration_cpu_stop, &arg);
}
EXPORT_SYMBOL(set_cpus_allowed_ptr);

static noinline struct task_struct *find_process_by_pid(pid_t pid)
{
	return pid ? find_task_by_vpid(pid) : current;
}

int sched_setaffinity(pid_t pid, unsigned long mask)
{
	struct task_struct *p;

	rcu_read_lock();
	p = find_process_by_pid(pid);
	if (!p) {
		rcu_read_unlock();
		return -ESRCH;
	}
	get_task_struct(p);
	rcu_read_unlock();
	mask &= cpu_possible_mask->bits[0];
	if (mask)
		set_cpus_allowed_ptr(p, mask);
	put_task_struct(p);
	return mask ? 0 : -EINVAL;
}
