// SPDX-License-Identifier: MIT
/*
 * The tick and its absence.  The tick is an hrtimer of each CPU; an idle CPU moves it to its next timer, and
 * jiffies are then caught up with when it wakes.
 */
#include <linux/tick.h>
#include <linux/sched.h>
#include <linux/interrupt.h>
#include <linux/rcupdate.h>
#include <linux/irq_work.h>
#include <linux/init.h>
#include <linux/math64.h>
#include <linux/timer.h>
#include <asm/irq_regs.h>

struct tick_sched {
	struct hrtimer sched_timer;
	bool inidle, tick_stopped, idle_active, got_idle_tick;
	unsigned long last_jiffies, idle_jiffies, idle_calls, idle_sleeps;
	ktime_t last_tick, next_tick, idle_entrytime, idle_sleeptime, idle_expires;
};
static DEFINE_PER_CPU(struct tick_sched, tick_cpu_sched);
int tick_do_timer_cpu;
static ktime_t last_jiffies_update;		/* jiffies_lock */
extern raw_spinlock_t jiffies_lock;

void do_timer(unsigned long ticks)
{
	jiffies_64 += ticks;
	calc_global_load();
}

/* Any CPU that is about brings jiffies up to now. */
static noinline void tick_do_update_jiffies64(ktime_t now)
{
	u64 ticks;
	ktime_t delta;

	if (now < last_jiffies_update + TICK_NSEC)
		return;
	raw_spin_lock(&jiffies_lock);
	delta = now - last_jiffies_update;
	if (delta < TICK_NSEC) {
		raw_spin_unlock(&jiffies_lock);
		return;
	}
	ticks = div_u64(delta, TICK_NSEC);
	last_jiffies_update += ticks * TICK_NSEC;
	do_timer(ticks);
	raw_spin_unlock(&jiffies_lock);
	update_wall_time();
}

static noinline void tick_sched_do_timer(struct tick_sched *ts, ktime_t now)
{
	tick_do_update_jiffies64(now);
	if (ts->inidle)
		ts->got_idle_tick = true;
}

static noinline void tick_sched_handle(struct tick_sched *ts, struct pt_regs *regs)
{
	if (ts->tick_stopped && current->flags & PF_IDLE)
		ts->idle_jiffies++;
	update_process_times(regs && user_mode(regs));
}

static enum hrtimer_restart tick_sched_timer(struct hrtimer *timer)
{
	struct tick_sched *ts = container_of(timer, struct tick_sched, sched_timer);
	ktime_t now = ktime_get();

	tick_sched_do_timer(ts, now);
	tick_sched_handle(ts, get_irq_regs());
	if (unlikely(ts->tick_stopped))
		return HRTIMER_NORESTART;
	hrtimer_forward(timer, now, TICK_NSEC);
	return HRTIMER_RESTART;
}

int clockevents_program_event(struct clock_event_device *dev, ktime_t expires, bool force)
{
	dev->next_event = expires;
	return 0;
}

int tick_program_event(ktime_t expires, int force)
{
	return clockevents_program_event(this_cpu_ptr(lapic_events), expires, force);
}

void tick_setup_sched_timer(void)
{
	struct tick_sched *ts = this_cpu_ptr(tick_cpu_sched);
	ktime_t now = ktime_get();

	hrtimer_init(&ts->sched_timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	ts->sched_timer.function = tick_sched_timer;
	hrtimer_set_expires(&ts->sched_timer, now);
	hrtimer_forward(&ts->sched_timer, now, TICK_NSEC);
	hrtimer_start_expires(&ts->sched_timer, HRTIMER_MODE_ABS_PINNED_HARD);
}

void tick_setup_device_cpu(void)
{
	struct clock_event_device *dev = this_cpu_ptr(lapic_events);

	dev->name = "lapic";
	dev->cpu = smp_processor_id();
	dev->event_handler = hrtimer_interrupt;
	tick_setup_sched_timer();
}

void __init tick_init(void)
{
	last_jiffies_update = 0;
}

/* ---- idle without ticks */

static noinline void tick_nohz_update_jiffies(ktime_t now)
{
	unsigned long flags;

	local_irq_save(flags);
	tick_do_update_jiffies64(now);
	local_irq_restore(flags);
}

static noinline void tick_nohz_stop_idle(struct tick_sched *ts, ktime_t now)
{
	ts->idle_sleeptime += now - ts->idle_entrytime;
	ts->idle_entrytime = now;
	ts->idle_active = false;
}

static noinline void tick_nohz_start_idle(struct tick_sched *ts)
{
	ts->idle_entrytime = ktime_get();
	ts->idle_active = true;
}

static noinline ktime_t tick_nohz_next_event(struct tick_sched *ts, int cpu)
{
	unsigned long basejiff;
	u64 basemono, next_tmr, next_rcu;
	ktime_t expires;

	basejiff = jiffies;
	basemono = last_jiffies_update;
	ts->last_jiffies = basejiff;
	if (rcu_needs_cpu() || irq_work_needs_cpu()) {
		next_rcu = basemono + TICK_NSEC;
		expires = next_rcu;
	} else {
		next_tmr = get_next_timer_interrupt(basejiff, basemono);
		expires = next_tmr;
	}
	ts->idle_expires = expires;
	return expires;
}

static noinline void tick_nohz_stop_tick(struct tick_sched *ts, int cpu)
{
	ktime_t tick = tick_nohz_next_event(ts, cpu);

	if (!ts->tick_stopped) {
		ts->last_tick = hrtimer_get_expires(&ts->sched_timer);
		ts->tick_stopped = true;
	}
	ts->next_tick = tick;
	if (tick == KTIME_MAX) {
		hrtimer_cancel(&ts->sched_timer);
		return;
	}
	hrtimer_start(&ts->sched_timer, tick, HRTIMER_MODE_ABS_PINNED_HARD);
}

static noinline void tick_nohz_restart(struct tick_sched *ts, ktime_t now)
{
	hrtimer_cancel(&ts->sched_timer);
	hrtimer_set_expires(&ts->sched_timer, ts->last_tick);
	hrtimer_forward(&ts->sched_timer, now, TICK_NSEC);
	hrtimer_start_expires(&ts->sched_timer, HRTIMER_MODE_ABS_PINNED_HARD);
	ts->next_tick = 0;
}

static noinline void tick_nohz_restart_sched_tick(struct tick_sched *ts, ktime_t now)
{
	tick_do_update_jiffies64(now);
	timer_clear_idle();
	ts->tick_stopped = false;
	tick_nohz_restart(ts, now);
}

void tick_nohz_idle_enter(void)
{
	struct tick_sched *ts;

	local_irq_disable();
	ts = this_cpu_ptr(tick_cpu_sched);
	ts->inidle = true;
	tick_nohz_start_idle(ts);
	local_irq_enable();
}

/* Interrupts are off; called each time the idle loop is about to halt. */
void tick_nohz_idle_stop_tick(void)
{
	struct tick_sched *ts = this_cpu_ptr(tick_cpu_sched);

	ts->idle_calls++;
	if (!need_resched() && !local_softirq_pending()) {
		ts->idle_sleeps++;
		tick_nohz_stop_tick(ts, smp_processor_id());
	}
}

void tick_nohz_idle_retain_tick(void) { timer_clear_idle(); }
bool tick_nohz_idle_got_tick(void)
{
	struct tick_sched *ts = this_cpu_ptr(tick_cpu_sched);
	bool got = ts->got_idle_tick;

	ts->got_idle_tick = false;
	return got;
}

int tick_nohz_tick_stopped(void) { return this_cpu_ptr(tick_cpu_sched)->tick_stopped; }

void tick_nohz_idle_exit(void)
{
	struct tick_sched *ts = this_cpu_ptr(tick_cpu_sched);
	ktime_t now = 0;

	local_irq_disable();
	ts->inidle = false;
	if (ts->idle_active || ts->tick_stopped)
		now = ktime_get();
	if (ts->idle_active)
		tick_nohz_stop_idle(ts, now);
	if (ts->tick_stopped)
		tick_nohz_restart_sched_tick(ts, now);
	local_irq_enable();
}

/* An interrupt came to an idle CPU: its handler must see the time. */
void tick_irq_enter(void)
{
	struct tick_sched *ts = this_cpu_ptr(tick_cpu_sched);
	ktime_t now;

	if (!ts->idle_active && !ts->tick_stopped)
		return;
	now = ktime_get();
	if (ts->idle_active)
		tick_nohz_stop_idle(ts, now);
	if (ts->tick_stopped)
		tick_nohz_update_jiffies(now);
}

/* And went: the idle loop goes on, unless there is work. */
void tick_nohz_irq_exit(void)
{
	struct tick_sched *ts = this_cpu_ptr(tick_cpu_sched);

	if (ts->inidle)
		tick_nohz_start_idle(ts);
}

u64 get_cpu_idle_time_us(int cpu, u64 *last_update_time)
{
	return div_u64(per_cpu(tick_cpu_sched, cpu).idle_sleeptime, NSEC_PER_USEC);
}
