// SPDX-License-Identifier: MIT
/* Work that interrupts put off: softirqs, run at the end of an interrupt or by ksoftirqd, and tasklets. */
#include <linux/interrupt.h>
#include <linux/sched.h>
#include <linux/smpboot.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/init.h>
#include <linux/export.h>
#include <linux/tick.h>
#include <linux/rcupdate.h>
#include <linux/wait.h>
#include <linux/bug.h>
#include <trace/events/irq.h>

static struct softirq_action softirq_vec[NR_SOFTIRQS];
static struct task_struct *ksoftirqd[NR_CPUS];
const char *const softirq_to_name[NR_SOFTIRQS] = {
	"HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU",
};
unsigned int softirq_counts[NR_CPUS][NR_SOFTIRQS];

#define MAX_SOFTIRQ_TIME	(2 * HZ / 1000 + 1)
#define MAX_SOFTIRQ_RESTART	10


static noinline void wakeup_softirqd(void)
{
	struct task_struct *tsk = ksoftirqd[smp_processor_id()];

	if (tsk)
		wake_up_process(tsk);
}

static __always_inline void invoke_softirq(void)
{
	__do_softirq();
}

void __local_bh_enable_ip(unsigned long ip, unsigned int cnt)
{
	/* Keep preemption off until pending softirqs are done. */
	preempt_count_sub(cnt - 1);
	if (unlikely(!in_interrupt() && local_softirq_pending()))
		do_softirq();
	preempt_enable();
}
EXPORT_SYMBOL(__local_bh_enable_ip);

void do_softirq(void)
{
	unsigned long flags;

	if (in_interrupt())
		return;
	local_irq_save(flags);
	if (local_softirq_pending())
		__do_softirq();
	local_irq_restore(flags);
}

/* Interrupts are off at entry and at return. */
void __do_softirq(void)
{
	unsigned long end = jiffies + MAX_SOFTIRQ_TIME;
	int max_restart = MAX_SOFTIRQ_RESTART;
	unsigned int pending = local_softirq_pending();

	preempt_count_add(SOFTIRQ_OFFSET);
restart:
	set_softirq_pending(0);
	local_irq_enable();
	while (pending) {
		unsigned int nr = __builtin_ctz(pending);
		int prev_count = preempt_count();

		pending &= pending - 1;
		softirq_counts[smp_processor_id()][nr]++;
		trace_softirq_entry(nr);
		softirq_vec[nr].action(&softirq_vec[nr]);
		trace_softirq_exit(nr);
		if (unlikely(prev_count != preempt_count())) {
			pr_err("huh, entered softirq %u %s with preempt_count %08x, exited with %08x?\n", nr,
			       softirq_to_name[nr], prev_count, preempt_count());
			this_hot->preempt_count = prev_count;
		}
	}
	if (current == ksoftirqd[smp_processor_id()])
		rcu_softirq_qs();
	local_irq_disable();
	pending = local_softirq_pending();
	if (pending) {
		if (time_before(jiffies, end) && !need_resched() && --max_restart)
			goto restart;
		wakeup_softirqd();
	}
	preempt_count_sub(SOFTIRQ_OFFSET);
}

void irq_enter_rcu(void)
{
	__irq_enter_raw();
	if (current->flags & PF_IDLE && irq_count() == HARDIRQ_OFFSET)
		tick_irq_enter();
}

void irq_enter(void)
{
	ct_irq_enter();
	irq_enter_rcu();
}

static __always_inline void tick_irq_exit(void)
{
	if (idle_cpu(smp_processor_id()) && !need_resched() && !in_hardirq())
		tick_nohz_irq_exit();
}

/* Interrupts are off. */
void irq_exit_rcu(void)
{
	preempt_count_sub(HARDIRQ_OFFSET);
	if (!in_interrupt() && local_softirq_pending())
		invoke_softirq();
	tick_irq_exit();
}

void irq_exit(void)
{
	irq_exit_rcu();
	ct_irq_exit();
}

void __raise_softirq_irqoff(unsigned int nr)
{
	trace_softirq_raise(nr);
	or_softirq_pending(1U << nr);
}

void raise_softirq_irqoff(unsigned int nr)
{
	__raise_softirq_irqoff(nr);
	/* An interrupt's end would run it; otherwise somebody must. */
	if (!in_interrupt())
		wakeup_softirqd();
}

void raise_softirq(unsigned int nr)
{
	unsigned long flags;

	local_irq_save(flags);
	raise_softirq_irqoff(nr);
	local_irq_restore(flags);
}

void open_softirq(int nr, void (*action)(struct softirq_action *))
{
	softirq_vec[nr].action = action;
}

/* ---- tasklets */

struct tasklet_head { struct tasklet_struct *head, **tail; };
static DEFINE_PER_CPU(struct tasklet_head, tasklet_vec);
static DEFINE_PER_CPU(struct tasklet_head, tasklet_hi_vec);

static noinline void __tasklet_schedule_common(struct tasklet_struct *t, struct tasklet_head *heads, unsigned int nr)
{
	struct tasklet_head *head;
	unsigned long flags;

	local_irq_save(flags);
	head = &heads[smp_processor_id()];
	t->next = NULL;
	*head->tail = t;
	head->tail = &t->next;
	raise_softirq_irqoff(nr);
	local_irq_restore(flags);
}

void __tasklet_schedule(struct tasklet_struct *t) { __tasklet_schedule_common(t, tasklet_vec, TASKLET_SOFTIRQ); }
void __tasklet_hi_schedule(struct tasklet_struct *t) { __tasklet_schedule_common(t, tasklet_hi_vec, HI_SOFTIRQ); }
EXPORT_SYMBOL(__tasklet_schedule);

static noinline void tasklet_action_common(struct tasklet_head *head, unsigned int nr)
{
	struct tasklet_struct *list;

	local_irq_disable();
	list = head->head;
	head->head = NULL;
	head->tail = &head->head;
	local_irq_enable();
	while (list) {
		struct tasklet_struct *t = list;

		list = t->next;
		if (!test_and_set_bit(TASKLET_STATE_RUN, &t->state)) {
			if (!atomic_read(&t->count)) {
				clear_bit(TASKLET_STATE_SCHED, &t->state);
				if (t->use_callback)
					t->callback(t);
				else
					t->func(t->data);
				clear_bit(TASKLET_STATE_RUN, &t->state);
				continue;
			}
			clear_bit(TASKLET_STATE_RUN, &t->state);
		}
		local_irq_disable();
		t->next = NULL;
		*head->tail = t;
		head->tail = &t->next;
		__raise_softirq_irqoff(nr);
		local_irq_enable();
	}
}

static void tasklet_action(struct softirq_action *a) { tasklet_action_common(this_cpu_ptr(tasklet_vec), TASKLET_SOFTIRQ); }
static void tasklet_hi_action(struct softirq_action *a) { tasklet_action_common(this_cpu_ptr(tasklet_hi_vec), HI_SOFTIRQ); }

void tasklet_setup(struct tasklet_struct *t, void (*callback)(struct tasklet_struct *))
{
	*t = (struct tasklet_struct){ .use_callback = true, .callback = callback };
}
EXPORT_SYMBOL(tasklet_setup);

void tasklet_init(struct tasklet_struct *t, void (*func)(unsigned long), unsigned long data)
{
	*t = (struct tasklet_struct){ .func = func, .data = data };
}
EXPORT_SYMBOL(tasklet_init);

void tasklet_kill(struct tasklet_struct *t)
{
	while (test_and_set_bit(TASKLET_STATE_SCHED, &t->state) || test_bit(TASKLET_STATE_RUN, &t->state))
		schedule_timeout_uninterruptible(1);
	clear_bit(TASKLET_STATE_SCHED, &t->state);
}
EXPORT_SYMBOL(tasklet_kill);

void __init softirq_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		tasklet_vec[cpu].tail = &tasklet_vec[cpu].head;
		tasklet_hi_vec[cpu].tail = &tasklet_hi_vec[cpu].head;
	}
	open_softirq(TASKLET_SOFTIRQ, tasklet_action);
	open_softirq(HI_SOFTIRQ, tasklet_hi_action);
}

/* ---- ksoftirqd/N */

static int ksoftirqd_should_run(unsigned int cpu) { return local_softirq_pending() != 0; }

static void run_ksoftirqd(unsigned int cpu)
{
	local_irq_disable();
	if (local_softirq_pending()) {
		__do_softirq();
		local_irq_enable();
		cond_resched();
		return;
	}
	local_irq_enable();
}

static struct smp_hotplug_thread softirq_threads = {
	.store = ksoftirqd,
	.thread_should_run = ksoftirqd_should_run,
	.thread_fn = run_ksoftirqd,
	.thread_comm = "ksoftirqd/%u",
};

static int __init spawn_ksoftirqd(void)
{
	return smpboot_register_percpu_thread(&softirq_threads);
}
early_initcall(spawn_ksoftirqd);
