// SPDX-License-Identifier: MIT
/*
 * Time of day.  The clock source is sched_clock(), nanoseconds since boot; at each tick the base moves up to it,
 * which is what the coarse clocks answer.
 */
#include <linux/timekeeping.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/seqlock.h>
#include <linux/init.h>
#include <linux/export.h>
#include <linux/math64.h>
#include <linux/syscalls.h>
#include <asm/setup.h>

/* tk_core.seq guards it; writers hold timekeeper_lock. */
struct timekeeper { u64 cycle_last; u64 base; s64 offs_real, offs_boot; unsigned int clock_was_set_seq; struct timespec64 coarse_real; };
static struct { seqcount_t seq; struct timekeeper timekeeper; } tk_core;
static DEFINE_RAW_SPINLOCK(timekeeper_lock);

static notrace u64 tk_clock_read(struct timekeeper *tk)
{
	return sched_clock();
}

static __always_inline u64 timekeeping_get_ns(struct timekeeper *tk)
{
	u64 now = tk_clock_read(tk);

	/* Two CPUs' readings may be out of order by a hair. */
	return (s64)(now - tk->cycle_last) > 0 ? tk->base + (now - tk->cycle_last) : tk->base;
}

ktime_t ktime_get(void)
{
	struct timekeeper *tk = &tk_core.timekeeper;
	unsigned int seq;
	u64 ns;

	do {
		seq = read_seqcount_begin(&tk_core.seq);
		ns = timekeeping_get_ns(tk);
	} while (read_seqcount_retry(&tk_core.seq, seq));
	return ns;
}
EXPORT_SYMBOL(ktime_get);

ktime_t ktime_get_with_offset(int offs)
{
	struct timekeeper *tk = &tk_core.timekeeper;
	unsigned int seq;
	u64 ns;

	do {
		seq = read_seqcount_begin(&tk_core.seq);
		ns = timekeeping_get_ns(tk) + (offs == TK_OFFS_BOOT ? tk->offs_boot : tk->offs_real);
	} while (read_seqcount_retry(&tk_core.seq, seq));
	return ns;
}
EXPORT_SYMBOL(ktime_get_with_offset);

ktime_t ktime_get_raw(void) { return ktime_get(); }

/* For NMIs and tracers: a reading that never waits for a writer. */
notrace u64 ktime_get_mono_fast_ns(void) { return sched_clock(); }
notrace u64 ktime_get_raw_fast_ns(void) { return sched_clock(); }
notrace u64 ktime_get_boot_fast_ns(void) { return sched_clock() + tk_core.timekeeper.offs_boot; }
notrace u64 ktime_get_real_fast_ns(void) { return sched_clock() + tk_core.timekeeper.offs_real; }
notrace u64 ktime_get_tai_fast_ns(void) { return sched_clock() + tk_core.timekeeper.offs_real; }

void ktime_get_real_ts64(struct timespec64 *ts) { *ts = ns_to_timespec64(ktime_get_real()); }
EXPORT_SYMBOL(ktime_get_real_ts64);
void ktime_get_ts64(struct timespec64 *ts) { *ts = ns_to_timespec64(ktime_get()); }
void ktime_get_raw_ts64(struct timespec64 *ts) { *ts = ns_to_timespec64(ktime_get()); }
time64_t ktime_get_seconds(void) { return div_u64(tk_core.timekeeper.base, NSEC_PER_SEC); }
time64_t ktime_get_real_seconds(void) { return tk_core.timekeeper.coarse_real.tv_sec; }

void ktime_get_coarse_real_ts64(struct timespec64 *ts)
{
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&tk_core.seq);
		*ts = tk_core.timekeeper.coarse_real;
	} while (read_seqcount_retry(&tk_core.seq, seq));
}
EXPORT_SYMBOL(ktime_get_coarse_real_ts64);

void ktime_get_coarse_ts64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(tk_core.timekeeper.base);
}

ktime_t ktime_get_update_offsets_now(unsigned int *cwsseq, ktime_t *offs_real, ktime_t *offs_boot, ktime_t *offs_tai)
{
	struct timekeeper *tk = &tk_core.timekeeper;
	unsigned int seq;
	u64 ns;

	do {
		seq = read_seqcount_begin(&tk_core.seq);
		ns = timekeeping_get_ns(tk);
		*cwsseq = tk->clock_was_set_seq;
		*offs_real = *offs_tai = tk->offs_real;
		*offs_boot = tk->offs_boot;
	} while (read_seqcount_retry(&tk_core.seq, seq));
	return ns;
}

static noinline void timekeeping_update(struct timekeeper *tk)
{
	tk->coarse_real = ns_to_timespec64(tk->base + tk->offs_real);
}

static noinline bool timekeeping_advance(void)
{
	struct timekeeper *tk = &tk_core.timekeeper;
	unsigned long flags;
	u64 now;

	raw_spin_lock_irqsave(&timekeeper_lock, flags);
	now = tk_clock_read(tk);
	raw_write_seqcount_begin(&tk_core.seq);
	if ((s64)(now - tk->cycle_last) > 0) {
		tk->base += now - tk->cycle_last;
		tk->cycle_last = now;
	}
	timekeeping_update(tk);
	raw_write_seqcount_end(&tk_core.seq);
	raw_spin_unlock_irqrestore(&timekeeper_lock, flags);
	return false;
}

void update_wall_time(void)
{
	timekeeping_advance();
}

int do_settimeofday64(const struct timespec64 *ts)
{
	struct timekeeper *tk = &tk_core.timekeeper;
	unsigned long flags;

	if (!timespec64_valid(ts))
		return -EINVAL;
	raw_spin_lock_irqsave(&timekeeper_lock, flags);
	raw_write_seqcount_begin(&tk_core.seq);
	tk->offs_real = timespec64_to_ns(ts) - timekeeping_get_ns(tk);
	tk->clock_was_set_seq++;
	timekeeping_update(tk);
	raw_write_seqcount_end(&tk_core.seq);
	raw_spin_unlock_irqrestore(&timekeeper_lock, flags);
	return 0;
}

void __init timekeeping_init(void)
{
	struct timekeeper *tk = &tk_core.timekeeper;

	tk->cycle_last = tk->base = sched_clock();
	tk->offs_real = boot_params.boot_wall_ns;
	timekeeping_update(tk);
}
