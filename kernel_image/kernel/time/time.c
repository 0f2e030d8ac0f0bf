// SPDX-License-Identifier: MIT
/* Units. */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/export.h>
#include <linux/limits.h>

unsigned int jiffies_to_msecs(const unsigned long j) { return j * (1000 / HZ); }
unsigned int jiffies_to_usecs(const unsigned long j) { return j * (1000000 / HZ); }
EXPORT_SYMBOL(jiffies_to_msecs);

#define MAX_JIFFIES	((~0UL >> 1) - 1)
unsigned long __msecs_to_jiffies(const unsigned int m)
{
	return (int)m < 0 ? MAX_JIFFIES : (m + 1000 / HZ - 1) / (1000 / HZ);
}
EXPORT_SYMBOL(__msecs_to_jiffies);

unsigned long __usecs_to_jiffies(const unsigned int u) { return ((u64)u + 1000000 / HZ - 1) / (1000000 / HZ); }
unsigned long nsecs_to_jiffies(u64 n) { return div_u64(n, TICK_NSEC); }
clock_t jiffies_to_clock_t(unsigned long x) { return x / HZ * USER_HZ + x % HZ * USER_HZ / HZ; }
u64 nsec_to_clock_t(u64 x) { return div_u64(x, NSEC_PER_SEC / USER_HZ); }

unsigned long timespec64_to_jiffies(const struct timespec64 *v)
{
	return v->tv_sec * HZ + (v->tv_nsec + TICK_NSEC - 1) / TICK_NSEC;
}

void jiffies_to_timespec64(const unsigned long j, struct timespec64 *v)
{
	v->tv_sec = j / HZ;
	v->tv_nsec = j % HZ * TICK_NSEC;
}

struct timespec64 ns_to_timespec64(s64 nsec)
{
	struct timespec64 ts;
	s64 sec = div64_s64(nsec, NSEC_PER_SEC), rest = nsec - sec * NSEC_PER_SEC;

	if (rest < 0) {
		sec--;
		rest += NSEC_PER_SEC;
	}
	ts.tv_sec = sec;
	ts.tv_nsec = rest;
	return ts;
}
EXPORT_SYMBOL(ns_to_timespec64);

void set_normalized_timespec64(struct timespec64 *ts, time64_t sec, s64 nsec)
{
	for (; nsec >= NSEC_PER_SEC; sec++)
		nsec -= NSEC_PER_SEC;
	for (; nsec < 0; sec--)
		nsec += NSEC_PER_SEC;
	ts->tv_sec = sec;
	ts->tv_nsec = nsec;
}

struct timespec64 timespec64_add_safe(struct timespec64 a, struct timespec64 b)
{
	struct timespec64 r = timespec64_add(a, b);

	if (r.tv_sec < a.tv_sec || r.tv_sec < b.tv_sec)
		r = (struct timespec64){ TIME64_MAX, 0 };
	return r;
}

s64 ktime_divns(ktime_t kt, s64 div) { return div64_s64(kt, div); }

ktime_t ktime_add_safe(ktime_t a, ktime_t b)
{
	ktime_t r = (u64)a + (u64)b;

	return r < 0 || r < a || r < b ? KTIME_MAX : r;
}
