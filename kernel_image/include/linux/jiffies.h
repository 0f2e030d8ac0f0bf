/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_JIFFIES_H
#define _LINUX_JIFFIES_H
#include <linux/types.h>
#include <linux/time64.h>
#define HZ		250
#define USER_HZ		100
#define TICK_NSEC	(NSEC_PER_SEC / HZ)
#define INITIAL_JIFFIES	((unsigned long)(unsigned int)(-300 * HZ))
#define MAX_JIFFY_OFFSET ((~0UL >> 1) - 1)
extern u64 jiffies_64;
extern volatile unsigned long jiffies;
u64 get_jiffies_64(void);
#define time_after(a, b)	((long)((b) - (a)) < 0)
#define time_before(a, b)	time_after(b, a)
#define time_after_eq(a, b)	((long)((a) - (b)) >= 0)
#define time_before_eq(a, b)	time_after_eq(b, a)
#define time_in_range(a, b, c)	(time_after_eq(a, b) && time_before_eq(a, c))
#define time_is_before_jiffies(a) time_after(jiffies, a)
#define time_is_after_jiffies(a) time_before(jiffies, a)
#define time_is_after_eq_jiffies(a) time_before_eq(jiffies, a)
#define time_after64(a, b)	((s64)((b) - (a)) < 0)
#define time_before64(a, b)	time_after64(b, a)
unsigned int jiffies_to_msecs(const unsigned long j);
unsigned int jiffies_to_usecs(const unsigned long j);
unsigned long __msecs_to_jiffies(const unsigned int m);
unsigned long __usecs_to_jiffies(const unsigned int u);
unsigned long nsecs_to_jiffies(u64 n);
unsigned long timespec64_to_jiffies(const struct timespec64 *value);
void jiffies_to_timespec64(const unsigned long jiffies, struct timespec64 *value);
clock_t jiffies_to_clock_t(unsigned long x);
u64 nsec_to_clock_t(u64 x);
#define msecs_to_jiffies(m)	(__builtin_constant_p(m) ? (unsigned long)(((u64)(m) * HZ + 999) / 1000) : __msecs_to_jiffies(m))
#define usecs_to_jiffies(u)	__usecs_to_jiffies(u)
#define jiffies_to_nsecs(j)	((u64)(j) * TICK_NSEC)
#define round_jiffies(j)	(j)
unsigned long round_jiffies_relative(unsigned long j);
unsigned long round_jiffies_up(unsigned long j);
#endif
