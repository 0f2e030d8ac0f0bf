// SPDX-License-Identifier: MIT
/* Waking tasks up. */
#include "sched.h"
#include <trace/events/sched.h>

static __always_inline bool is_cpu_allowed(struct task_struct *p, int cpu)
{
	return p->cpus_mask >> cpu & 1 && cpu_online(cpu);
}

/* Any CPU the task may use; affinity always leaves one of those that are there. */
static noinline int select_fallback_rq(int cpu, struct task_struct *p)
{
	int dest;

	for_each_online_cpu(dest)
		if (is_cpu_allowed(p, dest))
			return dest;
	p->cpus_mask = cpu_online_mask->bits[0];
	return cpu;
}

static __always_inline int select_task_rq(struct task_struct *p, int cpu, int wake_flags)
{
	if (p->nr_cpus_allowed > 1 && !this_hot->migrate_disable)
		cpu = p->sched_class->select_task_rq(p, cpu, wake_flags);
	else if (!is_cpu_allowed(p, cpu))
		cpu = __ffs(p->cpus_mask);
	if (unlikely(!is_cpu_allowed(p, cpu)))
		cpu = select_fallback_rq(task_cpu(p), p);
	return cpu;
}

static noinline void ttwu_do_wakeup(struct rq *rq, struct task_struct *p, int wake_flags)
{
	check_preempt_curr(rq, p, wake_flags);
	WRITE_ONCE(p->__state, TASK_RUNNING);
	trace_sched_wakeup(p);
	if (p->sched_class->task_woken)
		p->sched_class->task_woken(rq, p);
}

static noinline void ttwu_do_activate(struct rq *rq, struct task_struct *p, int wake_flags)
{
	int en_flags = ENQUEUE_WAKEUP | ENQUEUE_NOCLOCK;

	if (p->sched_contributes_to_load) {
		rq->nr_uninterruptible--;
		p->sched_contributes_to_load = false;
	}
	if (wake_flags & WF_MIGRATED)
		en_flags |= ENQUEUE_MIGRATED;
	activate_task(rq, p, en_flags);
	ttwu_do_wakeup(rq, p, wake_flags);
}

/* Still queued (about to sleep, or preempted): it only has to go on. */
static noinline int ttwu_runnable(struct task_struct *p, int wake_flags)
{
	struct rq *rq = __task_rq_lock(p);
	int ret = 0;

	if (p->on_rq == TASK_ON_RQ_QUEUED) {
		if (!p->on_cpu)
			update_rq_clock(rq);
		ttwu_do_wakeup(rq, p, wake_flags);
		ret = 1;
	}
	raw_spin_rq_unlock(rq);
	return ret;
}

/* On its own CPU, by interrupt: enqueue what others woke for it. */
void sched_ttwu_pending(void *arg)
{
	struct llist_node *llist = arg;
	struct rq *rq = this_rq();
	struct task_struct *p, *t;

	if (!llist)
		return;
	raw_spin_rq_lock(rq);
	update_rq_clock(rq);
	llist_for_each_entry_safe(p, t, llist, wake_entry) {
		unsigned int spins = 0;

		while (READ_ONCE(p->on_cpu) && p != current)
			cpu_spin_wait(&spins);
		if (task_cpu(p) != cpu_of(rq))
			set_task_cpu(p, cpu_of(rq));
		ttwu_do_activate(rq, p, p->sched_remote_wakeup ? WF_MIGRATED : 0);
	}
	raw_spin_rq_unlock(rq);
}

/* An idle CPU looks at need_resched before it halts, so a queue there needs no other signal. */
void send_call_function_single_ipi(int cpu)
{
	arch_send_call_function_single_ipi(cpu);
}

static noinline void __ttwu_queue_wakelist(struct task_struct *p, int cpu, int wake_flags)
{
	p->sched_remote_wakeup = !!(wake_flags & WF_MIGRATED);
	p->wake_entry_flags = CSD_TYPE_TTWU;
	__smp_call_single_queue(cpu, &p->wake_entry);
}

static noinline bool ttwu_queue_wakelist(struct task_struct *p, int cpu, int wake_flags)
{
	if (cpu == smp_processor_id() || (!p->on_cpu && !idle_cpu(cpu)))
		return false;
	__ttwu_queue_wakelist(p, cpu, wake_flags);
	return true;
}

static noinline void ttwu_queue(struct task_struct *p, int cpu, int wake_flags)
{
	struct rq *rq = cpu_rq(cpu);

	if (ttwu_queue_wakelist(p, cpu, wake_flags))
		return;
	raw_spin_rq_lock(rq);
	update_rq_clock(rq);
	ttwu_do_activate(rq, p, wake_flags);
	raw_spin_rq_unlock(rq);
}

/* 1 when p was in one of the states and is awake now. */
int try_to_wake_up(struct task_struct *p, unsigned int state, int wake_flags)
{
	unsigned int spins = 0;
	unsigned long flags;
	int cpu, success = 0;

	preempt_disable();
	if (p == current) {
		/* Between setting its state and schedule(), by itself: nothing is to be done but the state. */
		if (p->__state & state) {
			success = 1;
			trace_sched_waking(p);
			WRITE_ONCE(p->__state, TASK_RUNNING);
			trace_sched_wakeup(p);
		}
		goto out;
	}
	raw_spin_lock_irqsave(&p->pi_lock, flags);
	if (!(READ_ONCE(p->__state) & state))
		goto unlock;
	trace_sched_waking(p);
	success = 1;
	if (READ_ONCE(p->on_rq) && ttwu_runnable(p, wake_flags))
		goto unlock;
	WRITE_ONCE(p->__state, TASK_WAKING);
	/* It has left its queue but not its CPU yet: that CPU can enqueue it again. */
	if (READ_ONCE(p->on_cpu) && ttwu_queue_wakelist(p, task_cpu(p), wake_flags))
		goto unlock;
	while (READ_ONCE(p->on_cpu))
		cpu_spin_wait(&spins);
	cpu = select_task_rq(p, p->wake_cpu, wake_flags | WF_TTWU);
	if (task_cpu(p) != cpu) {
		wake_flags |= WF_MIGRATED;
		set_task_cpu(p, cpu);
	}
	ttwu_queue(p, cpu, wake_flags);
unlock:
	raw_spin_unlock_irqrestore(&p->pi_lock, flags);
out:
	preempt_enable();
	return success;
}
EXPORT_SYMBOL(try_to_wake_up);

int wake_up_process(struct task_struct *p)
{
	return try_to_wake_up(p, TASK_NORMAL, 0);
}
EXPORT_SYMBOL(wake_up_process);

int wake_up_state(struct task_struct *p, unsigned int state)
{
	return try_to_wake_up(p, state, 0);
}

/* ---- new tasks */

static void __sched_fork(unsigned long clone_flags, struct task_struct *p)
{
	p->on_rq = 0;
	p->on_cpu = 0;
	p->se = (struct sched_entity){ .load = p->se.load, .vruntime = p->se.vruntime };
	p->nr_migrations = 0;
	p->nvcsw = p->nivcsw = 0;
	INIT_LIST_HEAD(&p->rt.run_list);
	p->rt.time_slice = RR_TIMESLICE;
	p->sched_contributes_to_load = p->sched_remote_wakeup = false;
	p->rcu_read_lock_nesting = 0;
	p->rcu_blocked = p->rcu_need_qs = false;
	INIT_LIST_HEAD(&p->rcu_node_entry);
	raw_spin_lock_init(&p->pi_lock);
}

int sched_fork(unsigned long clone_flags, struct task_struct *p)
{
	__sched_fork(clone_flags, p);
	p->__state = TASK_NEW;
	clear_tsk_thread_flag(p, TIF_NEED_RESCHED);
	clear_tsk_thread_flag(p, TIF_USER_PARK);
	if (p->flags & PF_IDLE || p->sched_class == &idle_sched_class || p->sched_class == &stop_sched_class) {
		p->flags &= ~PF_IDLE;
		p->policy = SCHED_NORMAL;
		p->static_prio = DEFAULT_PRIO;
		p->rt_priority = 0;
		p->cpus_mask = ~0UL;
	}
	if (p->sched_reset_on_fork) {
		p->policy = SCHED_NORMAL;
		p->static_prio = DEFAULT_PRIO;
		p->rt_priority = 0;
		p->sched_reset_on_fork = false;
	}
	p->prio = p->normal_prio = p->policy == SCHED_FIFO || p->policy == SCHED_RR ?
		(int)(MAX_RT_PRIO - 1 - p->rt_priority) : p->static_prio;
	p->sched_class = p->prio < MAX_RT_PRIO ? &rt_sched_class : &fair_sched_class;
	p->nr_cpus_allowed = hweight_long(p->cpus_mask & ((1UL << nr_cpu_ids) - 1));
	set_load_weight(p);
	p->cpu = p->wake_cpu = smp_processor_id();
	return 0;
}

void sched_cgroup_fork(struct task_struct *p, struct kernel_clone_args *kargs)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&p->pi_lock, flags);
	p->cpu = smp_processor_id();
	if (p->sched_class->task_fork)
		p->sched_class->task_fork(p);
	raw_spin_unlock_irqrestore(&p->pi_lock, flags);
}

void sched_post_fork(struct task_struct *p) { }
void sched_dead(struct task_struct *p) { }

void wake_up_new_task(struct task_struct *p)
{
	unsigned long flags;
	struct rq *rq;

	raw_spin_lock_irqsave(&p->pi_lock, flags);
	WRITE_ONCE(p->__state, TASK_RUNNING);
	p->recent_used_cpu = task_cpu(p);
	p->cpu = p->wake_cpu = select_task_rq(p, task_cpu(p), WF_FORK);
	rq = __task_rq_lock(p);
	update_rq_clock(rq);
	activate_task(rq, p, ENQUEUE_NOCLOCK | ENQUEUE_INITIAL);
	trace_sched_wakeup_new(p);
	check_preempt_curr(rq, p, WF_FORK);
	task_rq_unlock(rq, p, &flags);
}

/* exec is the moment when a task has least to lose by moving. */
void sched_exec(void)
{
	struct task_struct *p = current;
	unsigned long flags;
	int dest;

	raw_spin_lock_irqsave(&p->pi_lock, flags);
	dest = p->sched_class->select_task_rq(p, task_cpu(p), 0x02);
	raw_spin_unlock_irqrestore(&p->pi_lock, flags);
	if (dest != smp_processor_id() && p->cpus_mask >> dest & 1)
		set_cpus_allowed_ptr(p, p->cpus_mask);
}
