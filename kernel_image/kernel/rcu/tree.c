// SPDX-License-Identifier: MIT
/*
 * Read-copy update.  Readers count their nesting in the task; a grace period is over when every CPU has been
 * through a quiescent state (a switch, idle, user mode) after it began, and every task that was switched away
 * inside a reader has left it.  rcu_preempt runs the grace periods; callbacks run in RCU_SOFTIRQ.
 */
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/spinlock.h>
#include <linux/swait.h>
#include <linux/mutex.h>
#include <linux/completion.h>
#include <linux/slab.h>
#include <linux/mm.h>
#include <linux/init.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/smp.h>
#include <linux/jiffies.h>

/* Of one CPU.  Lists in the order of waiting: next (no grace period yet), wait (for gp_seq), done. */
struct rcu_segcblist { struct rcu_head *head, **tail; long len; };
struct rcu_data {
	raw_spinlock_t lock;
	struct rcu_segcblist next, wait, done;
	unsigned long wait_seq;			/* the grace period that `wait` waits for */
	unsigned long gp_seq;			/* last grace period that this CPU has seen begin */
	bool core_needs_qs;			/* and has not been quiescent in */
	struct list_head blkd_tasks;		/* tasks switched away inside a reader here */
};
static DEFINE_PER_CPU(struct rcu_data, rcu_data);

static struct {
	raw_spinlock_t lock;
	unsigned long gp_seq;			/* grace periods begun */
	unsigned long completed;		/* and ended */
	unsigned long needed;			/* wanted up to here */
	unsigned long qsmask;			/* CPUs that the current one waits for */
	struct task_struct *gp_kthread;
	struct swait_queue_head gp_wq;
	bool gp_flags;
} rcu_state = { .gp_wq = __SWAIT_QUEUE_HEAD_INITIALIZER(rcu_state.gp_wq) };
static bool rcu_scheduler_active;

static void rcu_segcblist_init(struct rcu_segcblist *l) { l->head = NULL; l->tail = &l->head; l->len = 0; }

static noinline void rcu_segcblist_enqueue(struct rcu_segcblist *l, struct rcu_head *head)
{
	head->next = NULL;
	*l->tail = head;
	l->tail = &head->next;
	l->len++;
}

static noinline bool rcu_segcblist_ready_cbs(struct rcu_data *rdp) { return rdp->done.head != NULL; }
static noinline bool rcu_segcblist_pend_cbs(struct rcu_data *rdp) { return rdp->next.head || rdp->wait.head; }

static void rcu_segcblist_splice(struct rcu_segcblist *to, struct rcu_segcblist *from)
{
	if (!from->head)
		return;
	*to->tail = from->head;
	to->tail = from->tail;
	to->len += from->len;
	rcu_segcblist_init(from);
}

/* ---- readers */

void __rcu_read_lock(void)
{
	current->rcu_read_lock_nesting++;
	barrier();
}
EXPORT_SYMBOL(__rcu_read_lock);

static noinline void rcu_preempt_deferred_qs_irqrestore(struct task_struct *t, unsigned long flags)
{
	if (t->rcu_blocked) {
		struct rcu_data *rdp = per_cpu_ptr(rcu_data, 0);

		raw_spin_lock(&rdp->lock);
		list_del_init(&t->rcu_node_entry);
		t->rcu_blocked = false;
		raw_spin_unlock(&rdp->lock);
	}
	t->rcu_need_qs = false;
	local_irq_restore(flags);
}

static noinline void rcu_read_unlock_special(struct task_struct *t)
{
	unsigned long flags;

	local_irq_save(flags);
	rcu_preempt_deferred_qs_irqrestore(t, flags);
}

void __rcu_read_unlock(void)
{
	struct task_struct *t = current;

	barrier();
	if (!--t->rcu_read_lock_nesting && unlikely(t->rcu_blocked))
		rcu_read_unlock_special(t);
}
EXPORT_SYMBOL(__rcu_read_unlock);

bool rcu_is_watching(void) { return true; }

/* ---- quiescent states */

static noinline void rcu_gp_kthread_wake(void)
{
	if (rcu_state.gp_kthread && current != rcu_state.gp_kthread)
		swake_up_one(&rcu_state.gp_wq);
}

static noinline void rcu_report_qs_rnp(unsigned long mask)
{
	unsigned long flags;
	bool last;

	raw_spin_lock_irqsave(&rcu_state.lock, flags);
	last = rcu_state.qsmask && !(rcu_state.qsmask &= ~mask);
	raw_spin_unlock_irqrestore(&rcu_state.lock, flags);
	if (last)
		rcu_gp_kthread_wake();
}

static noinline void rcu_report_qs_rdp(struct rcu_data *rdp)
{
	rdp->core_needs_qs = false;
	rcu_report_qs_rnp(1UL << smp_processor_id());
}

static noinline void rcu_qs(void)
{
	unsigned long bit = 1UL << smp_processor_id();

	this_cpu_ptr(rcu_data)->core_needs_qs = false;
	if (unlikely(READ_ONCE(rcu_state.qsmask) & bit) && !__sync_and_and_fetch(&rcu_state.qsmask, ~bit))
		rcu_gp_kthread_wake();
}

/* From __schedule(): interrupts are off.  A task that leaves inside a reader is remembered until it has left. */
void rcu_note_context_switch(bool preempt)
{
	struct task_struct *t = current;

	if (t->rcu_read_lock_nesting > 0 && !t->rcu_blocked) {
		struct rcu_data *rdp = per_cpu_ptr(rcu_data, 0);

		raw_spin_lock(&rdp->lock);
		t->rcu_blocked = true;
		list_add(&t->rcu_node_entry, &rdp->blkd_tasks);
		raw_spin_unlock(&rdp->lock);
	}
	rcu_qs();
}

void rcu_softirq_qs(void) { rcu_qs(); }
void rcu_idle_enter(void) { }
void rcu_idle_exit(void) { }

/* Idle CPUs are quiescent as long as they are; an interrupt there is not. */
notrace void ct_idle_enter(void) { }
notrace void ct_idle_exit(void) { }
notrace void ct_irq_enter(void) { }
notrace void ct_irq_exit(void) { }
void rcu_irq_enter_check_tick(void) { }
void rcu_cpu_starting(unsigned int cpu) { }
void rcu_report_dead(unsigned int cpu) { }

void exit_rcu(void)
{
	struct task_struct *t = current;

	if (!t->rcu_read_lock_nesting && !t->rcu_blocked)
		return;
	t->rcu_read_lock_nesting = 1;
	barrier();
	__rcu_read_unlock();
}

int rcu_needs_cpu(void)
{
	struct rcu_data *rdp = this_cpu_ptr(rcu_data);

	return rcu_segcblist_ready_cbs(rdp) || rcu_segcblist_pend_cbs(rdp);
}

/* ---- callbacks */

static noinline bool rcu_start_this_gp(unsigned long want)
{
	unsigned long flags;
	bool wake = false;

	raw_spin_lock_irqsave(&rcu_state.lock, flags);
	if ((long)(want - rcu_state.needed) > 0) {
		rcu_state.needed = want;
		rcu_state.gp_flags = wake = true;
	}
	raw_spin_unlock_irqrestore(&rcu_state.lock, flags);
	return wake;
}

/* Hand callbacks on: wait -> done when their grace period is over, next -> wait when one is needed. */
static noinline bool rcu_advance_cbs(struct rcu_data *rdp)
{
	if (rdp->wait.head && (long)(READ_ONCE(rcu_state.completed) - rdp->wait_seq) >= 0)
		rcu_segcblist_splice(&rdp->done, &rdp->wait);
	if (!rdp->wait.head && rdp->next.head) {
		/* One that begins after now: the next if none runs, else the one after it. */
		rdp->wait_seq = READ_ONCE(rcu_state.gp_seq) + 1;
		rcu_segcblist_splice(&rdp->wait, &rdp->next);
		return rcu_start_this_gp(rdp->wait_seq);
	}
	return false;
}

static noinline void note_gp_changes(struct rcu_data *rdp)
{
	unsigned long flags;
	bool wake;

	local_irq_save(flags);
	if (rdp->gp_seq != rcu_state.gp_seq) {
		rdp->gp_seq = rcu_state.gp_seq;
		rdp->core_needs_qs = rcu_state.qsmask >> smp_processor_id() & 1;
	}
	wake = rcu_advance_cbs(rdp);
	local_irq_restore(flags);
	if (wake)
		rcu_gp_kthread_wake();
}

static noinline void rcu_do_batch(struct rcu_data *rdp)
{
	struct rcu_segcblist list;
	unsigned long flags;

	local_irq_save(flags);
	rcu_segcblist_init(&list);
	rcu_segcblist_splice(&list, &rdp->done);
	local_irq_restore(flags);
	while (list.head) {
		struct rcu_head *head = list.head;
		rcu_callback_t func = head->func;

		list.head = head->next;
		if (__is_kvfree_rcu_offset((unsigned long)func))
			kvfree((char *)head - (unsigned long)func);
		else
			func(head);
	}
}

static noinline void rcu_core(void)
{
	struct rcu_data *rdp = this_cpu_ptr(rcu_data);

	note_gp_changes(rdp);
	if (rdp->core_needs_qs && !(rcu_state.qsmask >> smp_processor_id() & 1))
		rdp->core_needs_qs = false;
	if (rcu_segcblist_ready_cbs(rdp))
		rcu_do_batch(rdp);
}

static void rcu_core_si(struct softirq_action *h) { rcu_core(); }

static noinline void invoke_rcu_core(void) { raise_softirq(RCU_SOFTIRQ); }

static noinline int rcu_pending(int user)
{
	struct rcu_data *rdp = this_cpu_ptr(rcu_data);

	if (rcu_segcblist_ready_cbs(rdp))
		return 1;
	if (rcu_segcblist_pend_cbs(rdp) && (!rdp->wait.head || (long)(rcu_state.completed - rdp->wait_seq) >= 0))
		return 1;
	return rdp->gp_seq != rcu_state.gp_seq;
}

/* In the tick: a CPU that was in user mode or idle is quiescent now. */
void rcu_sched_clock_irq(int user)
{
	struct rcu_data *rdp = this_cpu_ptr(rcu_data);

	if (user || (current->flags & PF_IDLE && hardirq_count() <= HARDIRQ_OFFSET)) {
		if (rcu_state.qsmask >> smp_processor_id() & 1)
			rcu_report_qs_rdp(rdp);
	} else if (rcu_state.qsmask >> smp_processor_id() & 1 && !current->rcu_read_lock_nesting) {
		resched_cpu(smp_processor_id());
	}
	if (rcu_pending(user))
		invoke_rcu_core();
}

/* The next tick asks for a grace period, which is then one for all that has come until then. */
void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	unsigned long flags;

	head->func = func;
	local_irq_save(flags);
	rcu_segcblist_enqueue(&this_cpu_ptr(rcu_data)->next, head);
	local_irq_restore(flags);
}
EXPORT_SYMBOL(call_rcu);

void kvfree_call_rcu(struct rcu_head *head, rcu_callback_t func) { call_rcu(head, func); }
EXPORT_SYMBOL(kvfree_call_rcu);

/* ---- grace periods: the thread rcu_preempt */

static noinline bool rcu_gp_init(void)
{
	int cpu;

	raw_spin_lock_irq(&rcu_state.lock);
	rcu_state.gp_flags = false;
	if ((long)(rcu_state.needed - rcu_state.gp_seq) <= 0) {
		raw_spin_unlock_irq(&rcu_state.lock);
		return false;
	}
	rcu_state.gp_seq++;
	rcu_state.qsmask = cpu_online_mask->bits[0];
	/* Who is idle or in user mode now reads nothing; this CPU runs this thread. */
	for_each_online_cpu(cpu)
		if (idle_cpu(cpu) || pcpu_hot[cpu].in_user || cpu == smp_processor_id())
			rcu_state.qsmask &= ~(1UL << cpu);
	raw_spin_unlock_irq(&rcu_state.lock);
	return true;
}

/* Idle CPUs have no tick: look at them from here, and nudge the others if it takes long. */
static noinline void rcu_gp_fqs(bool first)
{
	int cpu;

	for_each_online_cpu(cpu) {
		if (!(rcu_state.qsmask >> cpu & 1))
			continue;
		if (idle_cpu(cpu) || pcpu_hot[cpu].in_user)
			rcu_report_qs_rnp(1UL << cpu);
		else if (!first)
			resched_cpu(cpu);
	}
}

static bool rcu_gp_blocked(void)
{
	return !list_empty(&per_cpu_ptr(rcu_data, 0)->blkd_tasks);
}

static noinline void rcu_gp_fqs_loop(void)
{
	bool first = true;

	for (;;) {
		if (!READ_ONCE(rcu_state.qsmask) && !rcu_gp_blocked())
			return;
		swait_event_idle_timeout_exclusive(rcu_state.gp_wq, !READ_ONCE(rcu_state.qsmask) && !rcu_gp_blocked(), 1);
		if (READ_ONCE(rcu_state.qsmask))
			rcu_gp_fqs(first);
		first = false;
		cond_resched();
	}
}

static void rcu_gp_ended(void *unused)
{
	__raise_softirq_irqoff(RCU_SOFTIRQ);
}

static noinline void rcu_gp_cleanup(void)
{
	int cpu;

	raw_spin_lock_irq(&rcu_state.lock);
	rcu_state.completed = rcu_state.gp_seq;
	raw_spin_unlock_irq(&rcu_state.lock);
	/* CPUs whose callbacks waited may have no tick. */
	for_each_online_cpu(cpu)
		if (per_cpu_ptr(rcu_data, cpu)->wait.head) {
			if (cpu == smp_processor_id())
				raise_softirq(RCU_SOFTIRQ);
			else
				smp_call_function_single(cpu, rcu_gp_ended, NULL, 0);
		}
}

static int rcu_gp_kthread(void *unused)
{
	for (;;) {
		swait_event_idle_exclusive(rcu_state.gp_wq, READ_ONCE(rcu_state.gp_flags) ||
					   (long)(rcu_state.needed - rcu_state.gp_seq) > 0);
		if (!rcu_gp_init())
			continue;
		rcu_gp_fqs_loop();
		rcu_gp_cleanup();
	}
	return 0;
}

/* ---- waiting */

struct rcu_synchronize { struct rcu_head head; struct completion completion; };

static void wakeme_after_rcu(struct rcu_head *head)
{
	complete(&container_of(head, struct rcu_synchronize, head)->completion);
}

static noinline void __wait_rcu_gp(void)
{
	struct rcu_synchronize rs;

	init_completion(&rs.completion);
	call_rcu(&rs.head, wakeme_after_rcu);
	invoke_rcu_core();				/* somebody waits: not only at the next tick */
	wait_for_completion(&rs.completion);
}

void synchronize_rcu(void)
{
	/* With one task and no scheduler there is no reader. */
	if (!rcu_scheduler_active)
		return;
	might_sleep();
	__wait_rcu_gp();
}
EXPORT_SYMBOL(synchronize_rcu);

void synchronize_rcu_expedited(void) { synchronize_rcu(); }
EXPORT_SYMBOL(synchronize_rcu_expedited);
void cond_synchronize_rcu(unsigned long oldstate) { if (!poll_state_synchronize_rcu(oldstate)) synchronize_rcu(); }
unsigned long get_state_synchronize_rcu(void) { return READ_ONCE(rcu_state.gp_seq) + 1; }
bool poll_state_synchronize_rcu(unsigned long oldstate) { return (long)(READ_ONCE(rcu_state.completed) - oldstate) >= 0; }

unsigned long start_poll_synchronize_rcu(void)
{
	unsigned long seq = get_state_synchronize_rcu();

	if (rcu_start_this_gp(seq))
		rcu_gp_kthread_wake();
	return seq;
}

static atomic_t barrier_count;
static struct completion barrier_completion;
static struct rcu_head barrier_head[NR_CPUS];
static DEFINE_MUTEX(barrier_mutex);

static void rcu_barrier_callback(struct rcu_head *head)
{
	if (atomic_dec_and_test(&barrier_count))
		complete(&barrier_completion);
}

static void rcu_barrier_func(void *unused)
{
	call_rcu(&barrier_head[smp_processor_id()], rcu_barrier_callback);
	invoke_rcu_core();
}

/* Until every callback that was queued is done: one behind the last on each CPU. */
void rcu_barrier(void)
{
	mutex_lock(&barrier_mutex);
	init_completion(&barrier_completion);
	atomic_set(&barrier_count, num_online_cpus());
	on_each_cpu(rcu_barrier_func, NULL, 1);
	wait_for_completion(&barrier_completion);
	mutex_unlock(&barrier_mutex);
}
EXPORT_SYMBOL(rcu_barrier);

void __init rcu_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct rcu_data *rdp = per_cpu_ptr(rcu_data, cpu);

		raw_spin_lock_init(&rdp->lock);
		rcu_segcblist_init(&rdp->next);
		rcu_segcblist_init(&rdp->wait);
		rcu_segcblist_init(&rdp->done);
		INIT_LIST_HEAD(&rdp->blkd_tasks);
	}
	open_softirq(RCU_SOFTIRQ, rcu_core_si);
}

void rcu_scheduler_starting(void) { }

static int __init rcu_spawn_gp_kthread(void)
{
	struct task_struct *t = kthread_create(rcu_gp_kthread, NULL, "rcu_preempt");

	if (IS_ERR(t))
		return PTR_ERR(t);
	rcu_state.gp_kthread = t;
	rcu_scheduler_active = true;
	wake_up_process(t);
	return 0;
}
early_initcall(rcu_spawn_gp_kthread);
