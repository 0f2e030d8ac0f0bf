// SPDX-License-Identifier: MIT
/* High-resolution timers: per CPU a tree ordered by time; the host's timer interrupt runs what is due. */
#include <linux/hrtimer.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/interrupt.h>
#include <linux/init.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/clockchips.h>
#include <linux/tick.h>
#include <linux/math64.h>
#include <trace/events/timer.h>

struct hrtimer_clock_base { struct hrtimer_cpu_base *cpu_base; clockid_t clockid; struct timerqueue_head active; struct hrtimer *running; ktime_t offset; };
enum { HRTIMER_BASE_MONOTONIC, HRTIMER_BASE_REALTIME, HRTIMER_MAX_CLOCK_BASES };
struct hrtimer_cpu_base {
	raw_spinlock_t lock;
	unsigned int cpu, clock_was_set_seq, nr_events;
	bool hres_active, in_hrtirq;
	ktime_t expires_next;
	struct hrtimer_clock_base clock_base[HRTIMER_MAX_CLOCK_BASES];
};
static DEFINE_PER_CPU(struct hrtimer_cpu_base, hrtimer_bases);

static struct hrtimer_clock_base *lock_hrtimer_base(const struct hrtimer *timer, unsigned long *flags)
{
	for (;;) {
		struct hrtimer_clock_base *base = READ_ONCE(timer->base);

		raw_spin_lock_irqsave(&base->cpu_base->lock, *flags);
		if (base == timer->base)
			return base;
		raw_spin_unlock_irqrestore(&base->cpu_base->lock, *flags);
	}
}

static noinline ktime_t __hrtimer_get_next_event(struct hrtimer_cpu_base *cpu_base, const struct hrtimer *exclude)
{
	ktime_t next = KTIME_MAX;
	int i;

	for (i = 0; i < HRTIMER_MAX_CLOCK_BASES; i++) {
		struct timerqueue_node *n = timerqueue_getnext(&cpu_base->clock_base[i].active);

		if (n && exclude && container_of(n, struct hrtimer, node) == exclude)
			n = timerqueue_iterate_next(n);
		if (n && n->expires - cpu_base->clock_base[i].offset < next)
			next = n->expires - cpu_base->clock_base[i].offset;
	}
	return next < 0 ? 0 : next;
}

static noinline void hrtimer_reprogram(struct hrtimer *timer, bool reprogram)
{
	struct hrtimer_cpu_base *cpu_base = timer->base->cpu_base;
	ktime_t expires = hrtimer_get_expires(timer) - timer->base->offset;

	if (cpu_base->in_hrtirq || expires >= cpu_base->expires_next)
		return;
	cpu_base->expires_next = expires;
	if (cpu_base == this_cpu_ptr(hrtimer_bases))
		tick_program_event(expires, 1);
	else
		per_cpu(lapic_events, cpu_base->cpu).next_event = expires;
}

static noinline int enqueue_hrtimer(struct hrtimer *timer, struct hrtimer_clock_base *base, enum hrtimer_mode mode, bool was_armed)
{
	trace_hrtimer_start(timer, mode, was_armed);
	WRITE_ONCE(timer->state, HRTIMER_STATE_ENQUEUED);
	return timerqueue_add(&base->active, &timer->node);
}

static noinline void __remove_hrtimer(struct hrtimer *timer, struct hrtimer_clock_base *base, u8 newstate, int reprogram)
{
	struct hrtimer_cpu_base *cpu_base = base->cpu_base;

	if (!(timer->state & HRTIMER_STATE_ENQUEUED))
		goto out;
	timerqueue_del(&base->active, &timer->node);
	if (reprogram && !cpu_base->in_hrtirq && hrtimer_get_expires(timer) - base->offset == cpu_base->expires_next) {
		cpu_base->expires_next = __hrtimer_get_next_event(cpu_base, NULL);
		if (cpu_base == this_cpu_ptr(hrtimer_bases))
			tick_program_event(cpu_base->expires_next, 1);
	}
out:
	WRITE_ONCE(timer->state, newstate);
}

void hrtimer_init(struct hrtimer *timer, clockid_t clock_id, enum hrtimer_mode mode)
{
	int i = clock_id == CLOCK_REALTIME && !(mode & HRTIMER_MODE_REL) ? HRTIMER_BASE_REALTIME : HRTIMER_BASE_MONOTONIC;

	*timer = (struct hrtimer){ .base = &this_cpu_ptr(hrtimer_bases)->clock_base[i] };
	RB_CLEAR_NODE(&timer->node.node);
	trace_hrtimer_init(timer, clock_id, mode);
}
EXPORT_SYMBOL(hrtimer_init);

void hrtimer_start_range_ns(struct hrtimer *timer, ktime_t tim, u64 delta_ns, const enum hrtimer_mode mode)
{
	struct hrtimer_clock_base *base, *new_base;
	unsigned long flags;
	bool was_armed;

	base = lock_hrtimer_base(timer, &flags);
	was_armed = timer->state & HRTIMER_STATE_ENQUEUED;
	__remove_hrtimer(timer, base, HRTIMER_STATE_INACTIVE, 1);
	if (mode & HRTIMER_MODE_REL)
		tim = ktime_add_safe(tim, ktime_get() + base->offset);
	hrtimer_set_expires_range_ns(timer, tim, delta_ns);
	new_base = &this_cpu_ptr(hrtimer_bases)->clock_base[base - base->cpu_base->clock_base];
	if (new_base != base && base->running != timer) {
		raw_spin_unlock(&base->cpu_base->lock);
		raw_spin_lock(&new_base->cpu_base->lock);
		base = new_base;
		WRITE_ONCE(timer->base, base);
	}
	if (enqueue_hrtimer(timer, base, mode, was_armed))
		hrtimer_reprogram(timer, true);
	raw_spin_unlock_irqrestore(&base->cpu_base->lock, flags);
}
EXPORT_SYMBOL(hrtimer_start_range_ns);

int hrtimer_try_to_cancel(struct hrtimer *timer)
{
	struct hrtimer_clock_base *base;
	unsigned long flags;
	int ret = -1;

	if (!hrtimer_active(timer))
		return 0;
	base = lock_hrtimer_base(timer, &flags);
	if (base->running != timer) {
		ret = timer->state & HRTIMER_STATE_ENQUEUED;
		if (ret)
			trace_hrtimer_cancel(timer);
		__remove_hrtimer(timer, base, HRTIMER_STATE_INACTIVE, 1);
	}
	raw_spin_unlock_irqrestore(&base->cpu_base->lock, flags);
	return ret;
}
EXPORT_SYMBOL(hrtimer_try_to_cancel);

int hrtimer_cancel(struct hrtimer *timer)
{
	unsigned int spins = 0;
	int ret;

	while ((ret = hrtimer_try_to_cancel(timer)) < 0)
		cpu_spin_wait(&spins);
	return ret;
}
EXPORT_SYMBOL(hrtimer_cancel);

bool hrtimer_active(const struct hrtimer *timer)
{
	return timer->state != HRTIMER_STATE_INACTIVE || timer->base->running == timer;
}
EXPORT_SYMBOL(hrtimer_active);

ktime_t __hrtimer_get_remaining(const struct hrtimer *timer, bool adjust)
{
	return hrtimer_get_expires(timer) - timer->base->offset - ktime_get();
}

u64 hrtimer_forward(struct hrtimer *timer, ktime_t now, ktime_t interval)
{
	ktime_t delta = now - hrtimer_get_expires(timer);
	u64 orun;

	if (delta < 0 || timer->state & HRTIMER_STATE_ENQUEUED || interval <= 0)
		return 0;
	orun = div64_u64(delta, interval) + 1;
	hrtimer_add_expires_ns(timer, orun * interval);
	return orun;
}
EXPORT_SYMBOL(hrtimer_forward);

u64 hrtimer_forward_now(struct hrtimer *timer, ktime_t interval)
{
	return hrtimer_forward(timer, ktime_get() + timer->base->offset, interval);
}

u64 hrtimer_get_next_event(void)
{
	return hrtimer_next_event_without(NULL);
}

u64 hrtimer_next_event_without(const struct hrtimer *exclude)
{
	struct hrtimer_cpu_base *cpu_base = this_cpu_ptr(hrtimer_bases);
	unsigned long flags;
	u64 expires;

	raw_spin_lock_irqsave(&cpu_base->lock, flags);
	expires = __hrtimer_get_next_event(cpu_base, exclude);
	raw_spin_unlock_irqrestore(&cpu_base->lock, flags);
	return expires;
}

static noinline void __run_hrtimer(struct hrtimer_cpu_base *cpu_base, struct hrtimer_clock_base *base, struct hrtimer *timer, ktime_t *now, unsigned long flags)
{
	enum hrtimer_restart (*fn)(struct hrtimer *) = timer->function;
	int restart;

	base->running = timer;
	__remove_hrtimer(timer, base, HRTIMER_STATE_INACTIVE, 0);
	raw_spin_unlock_irqrestore(&cpu_base->lock, flags);
	trace_hrtimer_expire_entry(timer, now);
	restart = fn(timer);
	trace_hrtimer_expire_exit(timer);
	raw_spin_lock_irq(&cpu_base->lock);
	if (restart != HRTIMER_NORESTART && !(timer->state & HRTIMER_STATE_ENQUEUED))
		enqueue_hrtimer(timer, base, HRTIMER_MODE_ABS, false);
	base->running = NULL;
}

static noinline void __hrtimer_run_queues(struct hrtimer_cpu_base *cpu_base, ktime_t now, unsigned long flags)
{
	int i;

	for (i = 0; i < HRTIMER_MAX_CLOCK_BASES; i++) {
		struct hrtimer_clock_base *base = &cpu_base->clock_base[i];
		struct timerqueue_node *n;

		while ((n = timerqueue_getnext(&base->active))) {
			struct hrtimer *timer = container_of(n, struct hrtimer, node);

			if (now + base->offset < hrtimer_get_softexpires(timer))
				break;
			__run_hrtimer(cpu_base, base, timer, &now, flags);
		}
	}
}

static noinline ktime_t hrtimer_update_base(struct hrtimer_cpu_base *base)
{
	ktime_t boot, tai;

	return ktime_get_update_offsets_now(&base->clock_was_set_seq, &base->clock_base[HRTIMER_BASE_REALTIME].offset, &boot, &tai);
}

/* The event handler of the timer interrupt: interrupts are off and stay off. */
void hrtimer_interrupt(struct clock_event_device *dev)
{
	struct hrtimer_cpu_base *cpu_base = this_cpu_ptr(hrtimer_bases);
	unsigned long flags;
	ktime_t now;

	cpu_base->nr_events++;
	raw_spin_lock_irqsave(&cpu_base->lock, flags);
	now = hrtimer_update_base(cpu_base);
	cpu_base->in_hrtirq = true;
	cpu_base->expires_next = KTIME_MAX;
	__hrtimer_run_queues(cpu_base, now, flags);
	cpu_base->expires_next = __hrtimer_get_next_event(cpu_base, NULL);
	cpu_base->in_hrtirq = false;
	raw_spin_unlock_irqrestore(&cpu_base->lock, flags);
	tick_program_event(cpu_base->expires_next, 0);
}

/* In the tick: nothing to do once timers have their own interrupt. */
void hrtimer_run_queues(void)
{
	if (this_cpu_ptr(hrtimer_bases)->hres_active)
		return;
}

/* ---- sleeping */

static enum hrtimer_restart hrtimer_wakeup(struct hrtimer *timer)
{
	struct hrtimer_sleeper *t = container_of(timer, struct hrtimer_sleeper, timer);
	struct task_struct *task = t->task;

	t->task = NULL;
	if (task)
		wake_up_process(task);
	return HRTIMER_NORESTART;
}

void hrtimer_init_sleeper(struct hrtimer_sleeper *sl, clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(&sl->timer, clock_id, mode);
	sl->timer.function = hrtimer_wakeup;
	sl->task = current;
}
EXPORT_SYMBOL(hrtimer_init_sleeper);

void hrtimer_sleeper_start_expires(struct hrtimer_sleeper *sl, enum hrtimer_mode mode)
{
	hrtimer_start_expires(&sl->timer, mode);
}

static noinline int __sched do_nanosleep(struct hrtimer_sleeper *t, enum hrtimer_mode mode)
{
	do {
		set_current_state(TASK_INTERRUPTIBLE);
		hrtimer_sleeper_start_expires(t, mode);
		if (likely(t->task))
			schedule();
		hrtimer_cancel(&t->timer);
		mode = HRTIMER_MODE_ABS;
	} while (t->task && !signal_pending(current));
	__set_current_state(TASK_RUNNING);
	return t->task ? -ERESTARTSYS : 0;
}

long hrtimer_nanosleep(ktime_t rqtp, const enum hrtimer_mode mode, const clockid_t clockid)
{
	struct hrtimer_sleeper t;

	hrtimer_init_sleeper(&t, clockid, mode);
	hrtimer_set_expires_range_ns(&t.timer, rqtp, rt_task(current) ? 0 : 50 * NSEC_PER_USEC);
	return do_nanosleep(&t, mode);
}

int __sched schedule_hrtimeout_range_clock(ktime_t *expires, u64 delta, const enum hrtimer_mode mode, clockid_t clock_id)
{
	struct hrtimer_sleeper t;

	if (expires && *expires == 0) {
		__set_current_state(TASK_RUNNING);
		return 0;
	}
	if (!expires) {
		schedule();
		return -EINTR;
	}
	hrtimer_init_sleeper(&t, clock_id, mode);
	hrtimer_set_expires_range_ns(&t.timer, *expires, delta);
	hrtimer_sleeper_start_expires(&t, mode);
	if (likely(t.task))
		schedule();
	hrtimer_cancel(&t.timer);
	__set_current_state(TASK_RUNNING);
	return !t.task ? 0 : -EINTR;
}
EXPORT_SYMBOL(schedule_hrtimeout_range_clock);

int __sched schedule_hrtimeout_range(ktime_t *expires, u64 delta, const enum hrtimer_mode mode)
{
	return schedule_hrtimeout_range_clock(expires, delta, mode, CLOCK_MONOTONIC);
}
EXPORT_SYMBOL(schedule_hrtimeout_range);

int __sched schedule_hrtimeout(ktime_t *expires, const enum hrtimer_mode mode)
{
	return schedule_hrtimeout_range(expires, 0, mode);
}

void __init hrtimers_init(void)
{
	int cpu, i;

	for_each_possible_cpu(cpu) {
		struct hrtimer_cpu_base *b = per_cpu_ptr(hrtimer_bases, cpu);

		b->cpu = cpu;
		b->hres_active = true;
		b->expires_next = KTIME_MAX;
		for (i = 0; i < HRTIMER_MAX_CLOCK_BASES; i++) {
			b->clock_base[i].cpu_base = b;
			timerqueue_init_head(&b->clock_base[i].active);
		}
	}
}
