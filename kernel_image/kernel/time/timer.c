// SPDX-License-Identifier: MIT
/*
 * The timer wheel: nine levels of 64 buckets, each level eight times coarser than the one below.  A timer is put
 * into the bucket at or after its time and never moved down: the farther away, the less exact.
 */
#include <linux/timer.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/interrupt.h>
#include <linux/bitmap.h>
#include <linux/init.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/delay.h>
#include <linux/rcupdate.h>
#include <linux/irq_work.h>
#include <linux/bug.h>
#include <linux/tick.h>
#include <trace/events/timer.h>

#define LVL_CLK_SHIFT	3
#define LVL_BITS	6
#define LVL_SIZE	(1UL << LVL_BITS)
#define LVL_MASK	(LVL_SIZE - 1)
#define LVL_DEPTH	9
#define LVL_SHIFT(n)	((n) * LVL_CLK_SHIFT)
#define LVL_GRAN(n)	(1UL << LVL_SHIFT(n))
#define LVL_START(n)	((LVL_SIZE - 1) << (((n) - 1) * LVL_CLK_SHIFT))
#define LVL_OFFS(n)	((n) * LVL_SIZE)
#define WHEEL_SIZE	(LVL_SIZE * LVL_DEPTH)
#define WHEEL_CUTOFF	LVL_START(LVL_DEPTH)
#define NEXT_TIMER_MAX_DELTA	((1UL << 30) - 1)

struct timer_base {
	raw_spinlock_t lock;
	struct timer_list *running_timer;
	unsigned long clk;			/* buckets before it are done */
	unsigned long next_expiry;
	bool next_expiry_recalc, is_idle, timers_pending;
	DECLARE_BITMAP(pending_map, WHEEL_SIZE);
	struct hlist_head vectors[WHEEL_SIZE];
};
static DEFINE_PER_CPU(struct timer_base, timer_bases);
/* For the host: in which jiffy each CPU next has something to do. */
DEFINE_PER_CPU(unsigned long, next_timer_expiry);

static int calc_index(unsigned long expires, unsigned int lvl, unsigned long *bucket_expiry)
{
	expires = (expires >> LVL_SHIFT(lvl)) + 1;
	*bucket_expiry = expires << LVL_SHIFT(lvl);
	return LVL_OFFS(lvl) + (expires & LVL_MASK);
}

static noinline int calc_wheel_index(unsigned long expires, unsigned long clk, unsigned long *bucket_expiry)
{
	unsigned long delta = expires - clk;
	unsigned int lvl;

	if ((long)delta < 0) {
		*bucket_expiry = clk;
		return clk & LVL_MASK;
	}
	for (lvl = 0; lvl < LVL_DEPTH - 1; lvl++)
		if (delta < LVL_START(lvl + 1))
			return calc_index(expires, lvl, bucket_expiry);
	if (delta >= WHEEL_CUTOFF)
		expires = clk + WHEEL_CUTOFF - LVL_GRAN(LVL_DEPTH - 1);
	return calc_index(expires, LVL_DEPTH - 1, bucket_expiry);
}

static struct timer_base *get_timer_base(u32 tflags)
{
	return per_cpu_ptr(timer_bases, tflags & TIMER_CPUMASK);
}

static noinline struct timer_base *lock_timer_base(struct timer_list *timer, unsigned long *flags)
{
	for (;;) {
		u32 tf = READ_ONCE(timer->flags);

		if (!(tf & TIMER_MIGRATING)) {
			struct timer_base *base = get_timer_base(tf);

			raw_spin_lock_irqsave(&base->lock, *flags);
			if (timer->flags == tf)
				return base;
			raw_spin_unlock_irqrestore(&base->lock, *flags);
		}
		cpu_relax();
	}
}

static noinline void enqueue_timer(struct timer_base *base, struct timer_list *timer, unsigned int idx, unsigned long bucket_expiry)
{
	hlist_add_head(&timer->entry, base->vectors + idx);
	__set_bit(idx, base->pending_map);
	timer->flags = (timer->flags & ~(~0U << TIMER_ARRAYSHIFT)) | idx << TIMER_ARRAYSHIFT;
	trace_timer_start(timer, timer->expires, timer->flags);
	if (!base->timers_pending || time_before(bucket_expiry, base->next_expiry)) {
		base->next_expiry = bucket_expiry;
		base->timers_pending = true;
		base->next_expiry_recalc = false;
		next_timer_expiry[base - timer_bases] = bucket_expiry;
	}
}

static void internal_add_timer(struct timer_base *base, struct timer_list *timer)
{
	unsigned long bucket_expiry;
	unsigned int idx = calc_wheel_index(timer->expires, base->clk, &bucket_expiry);

	enqueue_timer(base, timer, idx, bucket_expiry);
}

static noinline void detach_timer(struct timer_list *timer, bool clear_pending)
{
	trace_timer_cancel(timer);
	__hlist_del(&timer->entry);
	if (clear_pending)
		timer->entry.pprev = NULL;
	timer->entry.next = LIST_POISON2;
}

static noinline int detach_if_pending(struct timer_list *timer, struct timer_base *base, bool clear_pending)
{
	unsigned int idx = timer->flags >> TIMER_ARRAYSHIFT;

	if (!timer_pending(timer))
		return 0;
	if (hlist_empty(base->vectors + idx) || (!timer->entry.next && timer->entry.pprev == &base->vectors[idx].first)) {
		__clear_bit(idx, base->pending_map);
		base->next_expiry_recalc = true;
	}
	detach_timer(timer, clear_pending);
	return 1;
}

/* A base that was idle has slept through ticks: nothing was due in them. */
static noinline void forward_timer_base(struct timer_base *base)
{
	unsigned long now = READ_ONCE(jiffies);

	if ((long)(now - base->clk) < 1)
		return;
	if (!base->timers_pending || time_after(base->next_expiry, now))
		base->clk = now;
	else if (time_after(base->next_expiry, base->clk))
		base->clk = base->next_expiry;
}

#define MOD_TIMER_PENDING_ONLY	1
#define MOD_TIMER_REDUCE	2
static __always_inline int __mod_timer(struct timer_list *timer, unsigned long expires, unsigned int options)
{
	struct timer_base *base, *new_base;
	unsigned long flags;
	int ret;

	if (timer_pending(timer) && (timer->expires == expires ||
	    ((options & MOD_TIMER_REDUCE) && time_before_eq(timer->expires, expires))))
		return 1;
	base = lock_timer_base(timer, &flags);
	forward_timer_base(base);
	ret = detach_if_pending(timer, base, false);
	if (!ret && (options & MOD_TIMER_PENDING_ONLY))
		goto out;
	new_base = timer->flags & TIMER_PINNED ? base : this_cpu_ptr(timer_bases);
	if (base != new_base && base->running_timer != timer) {
		timer->flags |= TIMER_MIGRATING;
		raw_spin_unlock(&base->lock);
		base = new_base;
		raw_spin_lock(&base->lock);
		WRITE_ONCE(timer->flags, (timer->flags & ~(TIMER_MIGRATING | TIMER_CPUMASK)) | smp_processor_id());
		forward_timer_base(base);
	}
	timer->expires = expires;
	internal_add_timer(base, timer);
out:
	raw_spin_unlock_irqrestore(&base->lock, flags);
	return ret;
}

int mod_timer(struct timer_list *timer, unsigned long expires) { return __mod_timer(timer, expires, 0); }
EXPORT_SYMBOL(mod_timer);
int mod_timer_pending(struct timer_list *timer, unsigned long expires) { return __mod_timer(timer, expires, MOD_TIMER_PENDING_ONLY); }
int timer_reduce(struct timer_list *timer, unsigned long expires) { return __mod_timer(timer, expires, MOD_TIMER_REDUCE); }

void add_timer(struct timer_list *timer)
{
	mod_timer(timer, timer->expires);
}
EXPORT_SYMBOL(add_timer);

void add_timer_on(struct timer_list *timer, int cpu)
{
	struct timer_base *base = per_cpu_ptr(timer_bases, cpu);
	unsigned long flags;

	raw_spin_lock_irqsave(&base->lock, flags);
	timer->flags = (timer->flags & ~TIMER_CPUMASK) | cpu;
	forward_timer_base(base);
	internal_add_timer(base, timer);
	raw_spin_unlock_irqrestore(&base->lock, flags);
}

void init_timer_key(struct timer_list *timer, void (*func)(struct timer_list *), unsigned int flags, const char *name, void *key)
{
	timer->entry.pprev = NULL;
	timer->function = func;
	timer->flags = flags | raw_smp_processor_id();
	trace_timer_init(timer);
}
EXPORT_SYMBOL(init_timer_key);

int del_timer(struct timer_list *timer)
{
	struct timer_base *base;
	unsigned long flags;
	int ret = 0;

	if (timer_pending(timer)) {
		base = lock_timer_base(timer, &flags);
		ret = detach_if_pending(timer, base, true);
		raw_spin_unlock_irqrestore(&base->lock, flags);
	}
	return ret;
}
EXPORT_SYMBOL(del_timer);

/* -1 while its function runs. */
int try_to_del_timer_sync(struct timer_list *timer)
{
	struct timer_base *base;
	unsigned long flags;
	int ret = -1;

	base = lock_timer_base(timer, &flags);
	if (base->running_timer != timer)
		ret = detach_if_pending(timer, base, true);
	raw_spin_unlock_irqrestore(&base->lock, flags);
	return ret;
}

int del_timer_sync(struct timer_list *timer)
{
	unsigned int spins = 0;
	int ret;

	while ((ret = try_to_del_timer_sync(timer)) < 0)
		cpu_spin_wait(&spins);
	return ret;
}
EXPORT_SYMBOL(del_timer_sync);
int timer_delete(struct timer_list *timer) { return del_timer(timer); }
int timer_delete_sync(struct timer_list *timer) { return del_timer_sync(timer); }

static noinline void call_timer_fn(struct timer_list *timer, void (*fn)(struct timer_list *), unsigned long baseclk)
{
	int count = preempt_count();

	trace_timer_expire_entry(timer, baseclk);
	fn(timer);
	trace_timer_expire_exit(timer);
	if (count != preempt_count())
		WARN_ONCE(1, "timer: %ps preempt leak: %08x -> %08x\n", fn, count, preempt_count());
}

static noinline void expire_timers(struct timer_base *base, struct hlist_head *head)
{
	while (!hlist_empty(head)) {
		struct timer_list *timer = hlist_entry(head->first, struct timer_list, entry);
		void (*fn)(struct timer_list *) = timer->function;

		base->running_timer = timer;
		detach_timer(timer, true);
		if (timer->flags & TIMER_IRQSAFE) {
			raw_spin_unlock(&base->lock);
			call_timer_fn(timer, fn, base->clk);
			raw_spin_lock(&base->lock);
			base->running_timer = NULL;
		} else {
			raw_spin_unlock_irq(&base->lock);
			call_timer_fn(timer, fn, base->clk);
			raw_spin_lock_irq(&base->lock);
			base->running_timer = NULL;
		}
	}
}

/* Lists of all levels that are due at base->next_expiry. */
static noinline int collect_expired_timers(struct timer_base *base, struct hlist_head *heads)
{
	unsigned long clk = base->clk = base->next_expiry;
	int i, levels = 0;

	for (i = 0; i < LVL_DEPTH; i++) {
		unsigned int idx = (clk & LVL_MASK) + i * LVL_SIZE;

		if (__test_and_clear_bit(idx, base->pending_map)) {
			heads[levels].first = base->vectors[idx].first;
			if (heads[levels].first)
				heads[levels].first->pprev = &heads[levels].first;
			base->vectors[idx].first = NULL;
			levels++;
		}
		if (clk & 7)
			break;
		clk >>= LVL_CLK_SHIFT;
	}
	return levels;
}

static int next_pending_bucket(struct timer_base *base, unsigned int offset, unsigned int clk)
{
	unsigned int pos, start = offset + clk, end = offset + LVL_SIZE;

	pos = find_next_bit(base->pending_map, end, start);
	if (pos < end)
		return pos - start;
	pos = find_next_bit(base->pending_map, start, offset);
	return pos < start ? (int)(pos + LVL_SIZE - start) : -1;
}

static noinline unsigned long __next_timer_interrupt(struct timer_base *base)
{
	unsigned long clk = base->clk, next = base->clk + NEXT_TIMER_MAX_DELTA, adj;
	unsigned int lvl, offset = 0;

	base->timers_pending = false;
	for (lvl = 0; lvl < LVL_DEPTH; lvl++, offset += LVL_SIZE) {
		int pos = next_pending_bucket(base, offset, clk & LVL_MASK);

		if (pos >= 0) {
			unsigned long tmp = (clk + pos) << LVL_SHIFT(lvl);

			base->timers_pending = true;
			if (time_before(tmp, next))
				next = tmp;
		}
		/* The level above is looked at from where this one's carry would put it. */
		adj = clk & 7 ? 1 : 0;
		clk = (clk >> LVL_CLK_SHIFT) + adj;
	}
	base->next_expiry = next;
	base->next_expiry_recalc = false;
	next_timer_expiry[base - timer_bases] = next;
	return next;
}

static noinline void __run_timers(struct timer_base *base)
{
	struct hlist_head heads[LVL_DEPTH];
	int levels;

	if (time_before(jiffies, base->next_expiry))
		return;
	raw_spin_lock_irq(&base->lock);
	while (time_after_eq(jiffies, base->clk) && time_after_eq(jiffies, base->next_expiry)) {
		levels = collect_expired_timers(base, heads);
		base->clk++;
		__next_timer_interrupt(base);
		while (levels--)
			expire_timers(base, heads + levels);
	}
	raw_spin_unlock_irq(&base->lock);
}

static void run_timer_softirq(struct softirq_action *h)
{
	__run_timers(this_cpu_ptr(timer_bases));
}

void run_local_timers(void)
{
	struct timer_base *base = this_cpu_ptr(timer_bases);

	hrtimer_run_queues();
	if (time_before(jiffies, base->next_expiry))
		return;
	raise_softirq(TIMER_SOFTIRQ);
}

/* One tick of one CPU. */
void update_process_times(int user)
{
	struct task_struct *p = current;

	account_process_tick(p, user);
	run_local_timers();
	rcu_sched_clock_irq(user);
	if (in_hardirq())
		irq_work_tick();
	scheduler_tick();
}

/* When this CPU's next timer is due, in ns; it may sleep until then. */
u64 get_next_timer_interrupt(unsigned long basej, u64 basem)
{
	struct timer_base *base = this_cpu_ptr(timer_bases);
	unsigned long nextevt;
	u64 expires = KTIME_MAX;

	raw_spin_lock(&base->lock);
	if (base->next_expiry_recalc)
		__next_timer_interrupt(base);
	nextevt = base->next_expiry;
	forward_timer_base(base);
	if (base->timers_pending) {
		if (time_before_eq(nextevt, basej)) {
			expires = basem;
			base->is_idle = false;
		} else {
			expires = basem + (u64)(nextevt - basej) * TICK_NSEC;
			base->is_idle = true;
		}
	}
	raw_spin_unlock(&base->lock);
	return expires;
}

void timer_clear_idle(void)
{
	this_cpu_ptr(timer_bases)->is_idle = false;
}

/* ---- sleeping */

struct process_timer { struct timer_list timer; struct task_struct *task; };

static void process_timeout(struct timer_list *t)
{
	struct process_timer *timeout = from_timer(timeout, t, timer);

	wake_up_process(timeout->task);
}

long __sched schedule_timeout(long timeout)
{
	struct process_timer timer;
	unsigned long expire;

	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		schedule();
		return timeout;
	}
	if (timeout < 0) {
		__set_current_state(TASK_RUNNING);
		return 0;
	}
	expire = timeout + jiffies;
	timer.task = current;
	timer_setup_on_stack(&timer.timer, process_timeout, 0);
	__mod_timer(&timer.timer, expire, 0);
	schedule();
	del_timer_sync(&timer.timer);
	timeout = expire - jiffies;
	return timeout < 0 ? 0 : timeout;
}
EXPORT_SYMBOL(schedule_timeout);

long __sched schedule_timeout_interruptible(long timeout)
{
	__set_current_state(TASK_INTERRUPTIBLE);
	return schedule_timeout(timeout);
}
EXPORT_SYMBOL(schedule_timeout_interruptible);

long __sched schedule_timeout_uninterruptible(long timeout)
{
	__set_current_state(TASK_UNINTERRUPTIBLE);
	return schedule_timeout(timeout);
}
EXPORT_SYMBOL(schedule_timeout_uninterruptible);

long __sched schedule_timeout_idle(long timeout)
{
	__set_current_state(TASK_IDLE);
	return schedule_timeout(timeout);
}

long __sched schedule_timeout_killable(long timeout)
{
	__set_current_state(TASK_KILLABLE);
	return schedule_timeout(timeout);
}

void msleep(unsigned int msecs)
{
	unsigned long timeout = msecs_to_jiffies(msecs) + 1;

	while (timeout)
		timeout = schedule_timeout_uninterruptible(timeout);
}
EXPORT_SYMBOL(msleep);

unsigned long msleep_interruptible(unsigned int msecs)
{
	unsigned long timeout = msecs_to_jiffies(msecs) + 1;

	while (timeout && !signal_pending(current))
		timeout = schedule_timeout_interruptible(timeout);
	return jiffies_to_msecs(timeout);
}
EXPORT_SYMBOL(msleep_interruptible);

void __sched usleep_range_state(unsigned long min, unsigned long max, unsigned int state)
{
	ktime_t exp = ktime_add_us(ktime_get(), min);
	u64 delta = (u64)(max - min) * NSEC_PER_USEC;

	do
		__set_current_state(state);
	while (schedule_hrtimeout_range(&exp, delta, HRTIMER_MODE_ABS));
}
EXPORT_SYMBOL(usleep_range_state);

void __udelay(unsigned long usecs)
{
	u64 end = sched_clock() + (u64)usecs * NSEC_PER_USEC;

	while ((s64)(sched_clock() - end) < 0)
		cpu_relax();
}
EXPORT_SYMBOL(__udelay);

unsigned long round_jiffies_relative(unsigned long j) { return (j + jiffies + HZ - 1) / HZ * HZ - jiffies; }
unsigned long round_jiffies_up(unsigned long j) { return (j + HZ - 1) / HZ * HZ; }

void __init init_timers(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct timer_base *base = per_cpu_ptr(timer_bases, cpu);

		base->clk = jiffies;
		base->next_expiry = next_timer_expiry[cpu] = base->clk + NEXT_TIMER_MAX_DELTA;
	}
	open_softirq(TIMER_SOFTIRQ, run_timer_softirq);
}
