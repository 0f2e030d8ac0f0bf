/* SPDX-License-Identifier: MIT */
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/sched/signal.h>
#include <linux/syscalls.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

static int get_timespec64(struct timespec64 *ts, const struct __kernel_timespec __user *uts)
{
	struct __kernel_timespec kts;

	if (copy_from_user(&kts, uts, sizeof(kts)))
		return -EFAULT;
	ts->tv_sec = kts.tv_sec;
	ts->tv_nsec = kts.tv_nsec;
	return timespec64_valid(ts) ? 0 : -EINVAL;
}

static int put_timespec64(const struct timespec64 *ts, struct __kernel_timespec __user *uts)
{
	struct __kernel_timespec kts = { ts->tv_sec, ts->tv_nsec };

	return copy_to_user(uts, &kts, sizeof(kts)) ? -EFAULT : 0;
}

static noinline_for_trace int clock_gettime_by_id(int which, struct timespec64 *ts)
{
	switch (which) {
	case CLOCK_REALTIME:
		ktime_get_real_ts64(ts);
		return 0;
	case CLOCK_MONOTONIC:
		ktime_get_ts64(ts);
		return 0;
	case CLOCK_MONOTONIC_RAW:
		ktime_get_raw_ts64(ts);
		return 0;
	case CLOCK_REALTIME_COARSE:
		ktime_get_coarse_real_ts64(ts);
		return 0;
	case CLOCK_MONOTONIC_COARSE:
		ktime_get_coarse_ts64(ts);
		return 0;
	case CLOCK_BOOTTIME:
		*ts = ns_to_timespec64(ktime_get_boottime());
		return 0;
	case CLOCK_TAI:
		*ts = ns_to_timespec64(ktime_get_clocktai());
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
		*ts = ns_to_timespec64(current->se.sum_exec_runtime);
		return 0;
	}
	return -EINVAL;
}

SYSCALL_DEFINE2(clock_gettime, int, which_clock, struct __kernel_timespec __user *, tp)
{
	struct timespec64 ts;
	int error = clock_gettime_by_id(which_clock, &ts);

	return error ? error : put_timespec64(&ts, tp);
}

SYSCALL_DEFINE2(clock_getres, int, which_clock, struct __kernel_timespec __user *, tp)
{
	struct timespec64 ts = { 0, which_clock == CLOCK_REALTIME_COARSE || which_clock == CLOCK_MONOTONIC_COARSE ? 4000000 : 1 }, now;
	int error = clock_gettime_by_id(which_clock, &now);

	return error || !tp ? error : put_timespec64(&ts, tp);
}

SYSCALL_DEFINE2(clock_settime, int, which_clock, const struct __kernel_timespec __user *, tp)
{
	return -EPERM;
}

SYSCALL_DEFINE2(gettimeofday, struct __kernel_old_timeval __user *, tv, int __user *, tz)
{
	if (tv) {
		struct timespec64 ts;

		ktime_get_real_ts64(&ts);
		if (put_user((long)ts.tv_sec, &tv->tv_sec) || put_user(ts.tv_nsec / 1000, &tv->tv_usec))
			return -EFAULT;
	}
	if (tz && (put_user(0, tz) || put_user(0, tz + 1)))
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE1(time, long __user *, tloc)
{
	long i = ktime_get_real_seconds();

	return tloc && put_user(i, tloc) ? -EFAULT : i;
}

/* hrtimer_nanosleep answers -ERESTART_RESTARTBLOCK; the time left is not reported, since nothing restarts. */
static noinline_for_trace long common_nsleep(int which_clock, int absolute, const struct timespec64 *rqtp)
{
	return hrtimer_nanosleep(timespec64_to_ns(rqtp), absolute ? HRTIMER_MODE_ABS : HRTIMER_MODE_REL, which_clock);
}

SYSCALL_DEFINE2(nanosleep, struct __kernel_timespec __user *, rqtp, struct __kernel_timespec __user *, rmtp)
{
	struct timespec64 tu;
	int error = get_timespec64(&tu, rqtp);

	if (error)
		return error;
	return hrtimer_nanosleep(timespec64_to_ns(&tu), HRTIMER_MODE_REL, CLOCK_MONOTONIC);
}

SYSCALL_DEFINE4(clock_nanosleep, int, which_clock, int, flags, const struct __kernel_timespec __user *, rqtp,
		struct __kernel_timespec __user *, rmtp)
{
	struct timespec64 t;
	int error = get_timespec64(&t, rqtp);

	if (error)
		return error;
	if (which_clock != CLOCK_REALTIME && which_clock != CLOCK_MONOTONIC && which_clock != CLOCK_BOOTTIME)
		return -EINVAL;
	return common_nsleep(which_clock, flags & 1, &t);
}
