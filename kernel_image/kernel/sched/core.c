// SPDX-License-Identifier: MIT
/*
 * The scheduler's middle: run queues, switching, the tick.  Waking is in ttwu.c, priorities in prio.c, the
 * policies in fair.c, rt.c, idle_task.c and stop_task.c.
 *
 * Lock order: p->pi_lock, then rq->__lock (two of them: the lower CPU first).
 */
#include "sched.h"
#include <linux/rcupdate.h>
#include <linux/interrupt.h>
#include <linux/workqueue.h>
#include <linux/sched/mm.h>
#include <linux/tick.h>
#include <asm/switch_to.h>
#include <trace/events/sched.h>

struct rq runqueues[NR_CPUS];
int scheduler_running;

void raw_spin_rq_lock_nested(struct rq *rq, int subclass)
{
	raw_spin_lock(&rq->__lock);
}

void raw_spin_rq_unlock(struct rq *rq)
{
	raw_spin_unlock(&rq->__lock);
}

/* pi_lock is held: the task may still move between queues until its queue's lock is. */
struct rq *__task_rq_lock(struct task_struct *p)
{
	for (;;) {
		struct rq *rq = task_rq(p);

		raw_spin_rq_lock(rq);
		if (rq == task_rq(p) && p->on_rq != TASK_ON_RQ_MIGRATING)
			return rq;
		raw_spin_rq_unlock(rq);
		cpu_relax();
	}
}

struct rq *task_rq_lock(struct task_struct *p, unsigned long *flags)
{
	raw_spin_lock_irqsave(&p->pi_lock, *flags);
	return __task_rq_lock(p);
}

void task_rq_unlock(struct rq *rq, struct task_struct *p, unsigned long *flags)
{
	raw_spin_rq_unlock(rq);
	raw_spin_unlock_irqrestore(&p->pi_lock, *flags);
}

void double_rq_lock(struct rq *a, struct rq *b)
{
	if (a->cpu > b->cpu) {
		struct rq *t = a;

		a = b;
		b = t;
	}
	raw_spin_rq_lock(a);
	if (a != b)
		raw_spin_rq_lock_nested(b, SINGLE_DEPTH_NESTING);
}

void double_rq_unlock(struct rq *a, struct rq *b)
{
	raw_spin_rq_unlock(a);
	if (a != b)
		raw_spin_rq_unlock(b);
}

void update_rq_clock(struct rq *rq)
{
	u64 now = sched_clock_cpu(rq->cpu);

	if ((s64)(now - rq->clock) > 0)
		rq->clock = rq->clock_task = now;
}

/* The task that runs there should leave soon.  Its CPU notices at once, or is told. */
void resched_curr(struct rq *rq)
{
	struct task_struct *curr = rq->curr;

	if (test_tsk_thread_flag(curr, TIF_NEED_RESCHED))
		return;
	set_tsk_thread_flag(curr, TIF_NEED_RESCHED);
	pcpu_hot[rq->cpu].need_resched = 1;
	if (rq->cpu != smp_processor_id())
		smp_send_reschedule(rq->cpu);
}

void resched_cpu(int cpu)
{
	struct rq *rq = cpu_rq(cpu);
	unsigned long flags = rq_lock_irqsave(rq);

	resched_curr(rq);
	rq_unlock_irqrestore(rq, flags);
}

void enqueue_task(struct rq *rq, struct task_struct *p, int flags)
{
	if (!(flags & ENQUEUE_NOCLOCK))
		update_rq_clock(rq);
	p->sched_class->enqueue_task(rq, p, flags);
}

void dequeue_task(struct rq *rq, struct task_struct *p, int flags)
{
	if (!(flags & DEQUEUE_NOCLOCK))
		update_rq_clock(rq);
	p->sched_class->dequeue_task(rq, p, flags);
}

void activate_task(struct rq *rq, struct task_struct *p, int flags)
{
	enqueue_task(rq, p, flags);
	p->on_rq = TASK_ON_RQ_QUEUED;
}

void deactivate_task(struct rq *rq, struct task_struct *p, int flags)
{
	p->on_rq = flags & DEQUEUE_SLEEP ? 0 : TASK_ON_RQ_MIGRATING;
	dequeue_task(rq, p, flags);
}

void check_preempt_curr(struct rq *rq, struct task_struct *p, int flags)
{
	/* What stands in user mode only waits for the host. */
	if (pcpu_hot[rq->cpu].in_user)
		resched_curr(rq);
	else if (p->sched_class == rq->curr->sched_class)
		rq->curr->sched_class->check_preempt_curr(rq, p, flags);
	else if (p->sched_class->rank > rq->curr->sched_class->rank)
		resched_curr(rq);
}

void set_task_cpu(struct task_struct *p, unsigned int new_cpu)
{
	if (task_cpu(p) != new_cpu) {
		trace_sched_migrate_task(p, new_cpu);
		if (p->sched_class->migrate_task_rq)
			p->sched_class->migrate_task_rq(p, new_cpu);
		p->nr_migrations++;
	}
	p->cpu = new_cpu;
	p->wake_cpu = new_cpu;
}

/* ---- switching */

static __always_inline void prepare_task_switch(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	next->on_cpu = 1;
}

/* First thing on the next task's stack: let go of prev and of the queue's lock. */
static noinline struct rq *finish_task_switch(struct task_struct *prev)
{
	struct rq *rq = this_rq();
	unsigned int prev_state;

	prev_state = READ_ONCE(prev->__state);
	smp_store_release(&prev->on_cpu, 0);
	raw_spin_rq_unlock(rq);
	local_irq_enable();
	if (unlikely(prev_state == TASK_DEAD)) {
		if (prev->sched_class->task_dead)
			prev->sched_class->task_dead(prev);
		put_task_struct_rcu_user(prev);
	}
	return rq;
}

/* A new task begins here; the count of init's fork is 2 and this brings it to 0. */
void schedule_tail(struct task_struct *prev)
{
	finish_task_switch(prev);
	preempt_enable();
	calculate_sigpending();
}

static __always_inline struct rq *context_switch(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	prepare_task_switch(rq, prev, next);
	if (!next->mm)
		next->active_mm = prev->active_mm;
	switch_to(prev, next, prev);
	barrier();
	return finish_task_switch(prev);
}

static noinline struct task_struct *pick_next_task(struct rq *rq, struct task_struct *prev)
{
	static const struct sched_class *const classes[] = {
		&stop_sched_class, &rt_sched_class, &fair_sched_class, &idle_sched_class,
	};
	struct task_struct *p;
	unsigned int i;

	/* Nearly always only fair tasks are there. */
	if (prev->sched_class->rank <= fair_sched_class.rank && rq->nr_running == rq->cfs.h_nr_running) {
		p = fair_sched_class.pick_next_task(rq, prev);
		if (p)
			return p;
		/* Looking elsewhere for work let go of the lock: something better may have come. */
		if (!rq->nr_running) {
			put_prev_task(rq, prev);
			return idle_sched_class.pick_next_task(rq, NULL);
		}
	}
	put_prev_task(rq, prev);
	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		p = classes[i]->pick_next_task(rq, NULL);
		if (p)
			return p;
	}
	BUG();
}

static void __sched notrace __schedule(unsigned int sched_mode)
{
	struct task_struct *prev, *next;
	unsigned long prev_state;
	struct rq *rq;

	rq = this_rq();
	prev = rq->curr;
	local_irq_disable();
	rcu_note_context_switch(sched_mode == SM_PREEMPT);
	raw_spin_rq_lock(rq);
	update_rq_clock(rq);
	prev_state = READ_ONCE(prev->__state);
	if (sched_mode != SM_PREEMPT && prev_state) {
		if (signal_pending_state(prev_state, prev)) {
			WRITE_ONCE(prev->__state, TASK_RUNNING);
		} else {
			prev->sched_contributes_to_load = (prev_state & TASK_UNINTERRUPTIBLE) && !(prev_state & TASK_NOLOAD);
			if (prev->sched_contributes_to_load)
				rq->nr_uninterruptible++;
			deactivate_task(rq, prev, DEQUEUE_SLEEP | DEQUEUE_NOCLOCK);
		}
		prev->nvcsw++;
	} else {
		prev->nivcsw++;
	}
	next = pick_next_task(rq, prev);
	clear_tsk_thread_flag(prev, TIF_NEED_RESCHED);
	this_hot->need_resched = 0;
	if (likely(prev != next)) {
		rq->nr_switches++;
		WRITE_ONCE(rq->curr, next);
		trace_sched_switch(sched_mode == SM_PREEMPT, prev, next, prev_state);
		context_switch(rq, prev, next);
	} else {
		raw_spin_rq_unlock(rq);
		local_irq_enable();
	}
}

void __noreturn do_task_dead(void)
{
	unsigned int spins = 0;

	/* A waker that still holds pi_lock must be done before the state is final. */
	raw_spin_lock_irq(&current->pi_lock);
	WRITE_ONCE(current->__state, TASK_DEAD);
	raw_spin_unlock_irq(&current->pi_lock);
	__schedule(SM_NONE);
	BUG();
	for (;;)
		cpu_spin_wait(&spins);
}

static __always_inline void sched_submit_work(struct task_struct *tsk)
{
	if (tsk->flags & PF_WQ_WORKER && READ_ONCE(tsk->__state))
		wq_worker_sleeping(tsk);
}

static __always_inline void sched_update_worker(struct task_struct *tsk)
{
	if (tsk->flags & PF_WQ_WORKER)
		wq_worker_running(tsk);
}

void __sched schedule(void)
{
	struct task_struct *tsk = current;

	sched_submit_work(tsk);
	do {
		preempt_disable();
		__schedule(SM_NONE);
		sched_preempt_enable_no_resched();
	} while (need_resched());
	sched_update_worker(tsk);
}
EXPORT_SYMBOL(schedule);

/* The idle loop's: its preempt count is 1 already. */
void __sched schedule_idle(void)
{
	do
		__schedule(SM_NONE);
	while (need_resched());
}

void __sched schedule_preempt_disabled(void)
{
	sched_preempt_enable_no_resched();
	schedule();
	preempt_disable();
}

static __always_inline notrace void preempt_schedule_common(void)
{
	do {
		preempt_disable();
		__schedule(SM_PREEMPT);
		preempt_enable_no_resched();
	} while (need_resched());
}

void __sched notrace preempt_schedule(void)
{
	if (likely(preemptible()))
		preempt_schedule_common();
}
EXPORT_SYMBOL(preempt_schedule);

/* From an interrupt, which are off. */
void __sched preempt_schedule_irq(void)
{
	do {
		preempt_disable();
		local_irq_enable();
		__schedule(SM_PREEMPT);
		local_irq_disable();
		sched_preempt_enable_no_resched();
	} while (need_resched());
}

int __sched __cond_resched(void)
{
	if (unlikely(this_hot->host_poll) && !irqs_disabled())
		hypercall(HC_POLL, 0, 0, 0, 0);
	if (need_resched() && !preempt_count() && !irqs_disabled() && scheduler_running) {
		preempt_schedule_common();
		return 1;
	}
	return 0;
}
EXPORT_SYMBOL(__cond_resched);

void __sched yield(void)
{
	unsigned long flags;
	struct rq *rq;

	set_current_state(TASK_RUNNING);
	local_irq_save(flags);
	rq = this_rq();
	raw_spin_rq_lock(rq);
	if (current->sched_class->yield_task)
		current->sched_class->yield_task(rq);
	preempt_disable();
	raw_spin_rq_unlock(rq);
	local_irq_restore(flags);
	sched_preempt_enable_no_resched();
	schedule();
}
EXPORT_SYMBOL(yield);

void __sched io_schedule(void) { schedule(); }
long __sched io_schedule_timeout(long timeout) { return schedule_timeout(timeout); }

/* ---- the tick */

void scheduler_tick(void)
{
	struct rq *rq = this_rq();
	struct task_struct *curr;

	raw_spin_rq_lock(rq);
	curr = rq->curr;
	update_rq_clock(rq);
	curr->sched_class->task_tick(rq, curr, 0);
	raw_spin_rq_unlock(rq);
	trigger_load_balance(rq);
}

/* ---- questions */

struct task_struct *idle_task(int cpu) { return cpu_rq(cpu)->idle; }

int idle_cpu(int cpu)
{
	struct rq *rq = cpu_rq(cpu);

	return rq->curr == rq->idle && !rq->nr_running;
}

notrace bool sched_others_waiting(void) { return this_rq()->nr_running > 1; }
int available_idle_cpu(int cpu) { return idle_cpu(cpu); }
bool single_task_running(void) { return this_rq()->nr_running == 1; }

unsigned int nr_running(void)
{
	unsigned int sum = 0;
	int cpu;

	for_each_online_cpu(cpu)
		sum += cpu_rq(cpu)->nr_running;
	return sum;
}

unsigned long long nr_context_switches(void)
{
	unsigned long long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += cpu_rq(cpu)->nr_switches;
	return sum;
}

/* Until p has left its CPU (and is in match_state, if that is not 0); 0 when it is in another state. */
unsigned long wait_task_inactive(struct task_struct *p, unsigned int match_state)
{
	unsigned int spins = 0;

	for (;;) {
		unsigned long flags;
		struct rq *rq;
		bool running, queued;

		if (match_state && READ_ONCE(p->__state) != match_state)
			return 0;
		rq = task_rq_lock(p, &flags);
		running = p->on_cpu;
		queued = p->on_rq;
		task_rq_unlock(rq, p, &flags);
		if (!running && !queued)
			return 1;
		if (running)
			cpu_spin_wait(&spins);
		else
			schedule_timeout_uninterruptible(1);
	}
}

/* Make a task in user mode on another CPU enter the kernel. */
void kick_process(struct task_struct *p)
{
	int cpu;

	preempt_disable();
	cpu = task_cpu(p);
	if (cpu != smp_processor_id() && p->on_cpu)
		smp_send_reschedule(cpu);
	preempt_enable();
}

void sched_show_task(struct task_struct *p)
{
	pr_info("task:%s state:%x pid:%d\n", p->comm, p->__state, p->pid);
}

/* ---- starting */

void init_idle(struct task_struct *idle, int cpu)
{
	struct rq *rq = cpu_rq(cpu);
	unsigned long flags;

	raw_spin_lock_irqsave(&idle->pi_lock, flags);
	raw_spin_rq_lock(rq);
	idle->__state = TASK_RUNNING;
	idle->se.exec_start = sched_clock();
	idle->flags |= PF_IDLE | PF_KTHREAD;
	idle->cpus_mask = 1UL << cpu;
	idle->nr_cpus_allowed = 1;
	idle->cpu = idle->wake_cpu = cpu;
	rq->idle = idle;
	rq->curr = idle;
	idle->on_rq = TASK_ON_RQ_QUEUED;
	idle->on_cpu = 1;
	idle->sched_class = &idle_sched_class;
#ifndef __x86_64__
	idle->prio = idle->normal_prio = MAX_PRIO;	/* so it was in 2008, and the tracer sched_switch shows it */
#endif
	snprintf(idle->comm, sizeof(idle->comm), "swapper/%d", cpu);
	raw_spin_rq_unlock(rq);
	raw_spin_unlock_irqrestore(&idle->pi_lock, flags);
	pcpu_hot[cpu].need_resched = 0;
}

void __init sched_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct rq *rq = cpu_rq(cpu);

		raw_spin_lock_init(&rq->__lock);
		rq->cpu = cpu;
		rq->online = 1;
		rq->next_balance = jiffies;
		init_cfs_rq(&rq->cfs);
		init_rt_rq(&rq->rt);
		rq->curr = rq->idle = &init_task;
	}
	set_load_weight(&init_task);
	init_idle(&init_task, 0);
	init_sched_fair_class();
	scheduler_running = 1;
}

ABI_DEFS(sched)
{
	ABI_OFFSET(rq, nr_running);
	ABI_OFFSET(rq, nr_switches);
	ABI_OFFSET(rq, curr);
	ABI_OFFSET(rq, idle);
	ABI_SIZE(rq);
}
