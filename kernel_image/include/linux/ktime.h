/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_KTIME_H
#define _LINUX_KTIME_H
#include <linux/types.h>
#include <linux/time64.h>
/* Nanoseconds. */
#define KTIME_MAX		((s64)~((u64)1 << 63))
#define KTIME_SEC_MAX		(KTIME_MAX / NSEC_PER_SEC)
#define ktime_add(a, b)		((a) + (b))
#define ktime_sub(a, b)		((a) - (b))
#define ktime_add_ns(k, n)	((k) + (n))
#define ktime_sub_ns(k, n)	((k) - (n))
#define ktime_add_us(k, n)	((k) + (s64)(n) * NSEC_PER_USEC)
#define ktime_add_ms(k, n)	((k) + (s64)(n) * NSEC_PER_MSEC)
#define ktime_to_ns(k)		(k)
#define ns_to_ktime(n)		((ktime_t)(n))
#define ms_to_ktime(m)		((ktime_t)(m) * NSEC_PER_MSEC)
#define us_to_ktime(m)		((ktime_t)(m) * NSEC_PER_USEC)
#define ktime_set(s, n)		((s64)(s) * NSEC_PER_SEC + (n))
#define ktime_compare(a, b)	((a) < (b) ? -1 : (a) > (b))
#define ktime_after(a, b)	((a) > (b))
#define ktime_before(a, b)	((a) < (b))
s64 ktime_divns(ktime_t kt, s64 div);
#define ktime_to_us(k)		ktime_divns(k, NSEC_PER_USEC)
#define ktime_to_ms(k)		ktime_divns(k, NSEC_PER_MSEC)
#define ktime_us_delta(a, b)	ktime_to_us(ktime_sub(a, b))
#define ktime_ms_delta(a, b)	ktime_to_ms(ktime_sub(a, b))
ktime_t ktime_add_safe(ktime_t a, ktime_t b);
static inline struct timespec64 ktime_to_timespec64(ktime_t k) { return ns_to_timespec64(k); }
static inline ktime_t timespec64_to_ktime(struct timespec64 t) { return ktime_set(t.tv_sec, t.tv_nsec); }
#include <linux/timekeeping.h>
#endif
