/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_TIME64_H
#define _LINUX_TIME64_H
#include <linux/types.h>
struct timespec64 { time64_t tv_sec; long tv_nsec; };
struct itimerspec64 { struct timespec64 it_interval, it_value; };
struct __kernel_timespec { long long tv_sec, tv_nsec; };
struct __kernel_old_timeval { long tv_sec, tv_usec; };
#define MSEC_PER_SEC	1000L
#define USEC_PER_MSEC	1000L
#define NSEC_PER_USEC	1000L
#define NSEC_PER_MSEC	1000000L
#define USEC_PER_SEC	1000000L
#define NSEC_PER_SEC	1000000000L
#define FSEC_PER_SEC	1000000000000000LL
#define TIME64_MAX	((s64)~((u64)1 << 63))
#define CLOCK_REALTIME		0
#define CLOCK_MONOTONIC		1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID	3
#define CLOCK_MONOTONIC_RAW	4
#define CLOCK_REALTIME_COARSE	5
#define CLOCK_MONOTONIC_COARSE	6
#define CLOCK_BOOTTIME		7
#define CLOCK_TAI		11
struct timespec64 ns_to_timespec64(s64 nsec);
struct timespec64 timespec64_add_safe(struct timespec64 a, struct timespec64 b);
void set_normalized_timespec64(struct timespec64 *ts, time64_t sec, s64 nsec);
static inline s64 timespec64_to_ns(const struct timespec64 *t) { return (s64)t->tv_sec * NSEC_PER_SEC + t->tv_nsec; }
static inline int timespec64_equal(const struct timespec64 *a, const struct timespec64 *b) { return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec; }
static inline int timespec64_compare(const struct timespec64 *a, const struct timespec64 *b)
{
	if (a->tv_sec != b->tv_sec)
		return a->tv_sec < b->tv_sec ? -1 : 1;
	return a->tv_nsec < b->tv_nsec ? -1 : a->tv_nsec > b->tv_nsec;
}
static inline bool timespec64_valid(const struct timespec64 *t) { return t->tv_sec >= 0 && (unsigned long)t->tv_nsec < NSEC_PER_SEC; }
static inline struct timespec64 timespec64_add(struct timespec64 a, struct timespec64 b)
{
	struct timespec64 r;

	set_normalized_timespec64(&r, a.tv_sec + b.tv_sec, (s64)a.tv_nsec + b.tv_nsec);
	return r;
}
static inline struct timespec64 timespec64_sub(struct timespec64 a, struct timespec64 b)
{
	struct timespec64 r;

	set_normalized_timespec64(&r, a.tv_sec - b.tv_sec, (s64)a.tv_nsec - b.tv_nsec);
	return r;
}
#endif
