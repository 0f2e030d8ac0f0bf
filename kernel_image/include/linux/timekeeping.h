/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_TIMEKEEPING_H
#define _LINUX_TIMEKEEPING_H
#include <linux/time64.h>
#include <linux/ktime.h>
ktime_t ktime_get(void);
ktime_t ktime_get_raw(void);
ktime_t ktime_get_with_offset(int offs);
u64 ktime_get_real_fast_ns(void);
u64 ktime_get_mono_fast_ns(void);
u64 ktime_get_raw_fast_ns(void);
u64 ktime_get_boot_fast_ns(void);
u64 ktime_get_tai_fast_ns(void);
void ktime_get_real_ts64(struct timespec64 *tv);
void ktime_get_coarse_real_ts64(struct timespec64 *tv);
void ktime_get_ts64(struct timespec64 *ts);
void ktime_get_coarse_ts64(struct timespec64 *ts);
void ktime_get_raw_ts64(struct timespec64 *ts);
time64_t ktime_get_seconds(void);
time64_t ktime_get_real_seconds(void);
int do_settimeofday64(const struct timespec64 *ts);
enum tk_offsets { TK_OFFS_REAL, TK_OFFS_BOOT, TK_OFFS_TAI, TK_OFFS_MAX };
#define ktime_get_real()	ktime_get_with_offset(TK_OFFS_REAL)
#define ktime_get_boottime()	ktime_get_with_offset(TK_OFFS_BOOT)
#define ktime_get_clocktai()	ktime_get_with_offset(TK_OFFS_TAI)
#define ktime_get_ns()		ktime_get()
#define ktime_get_real_ns()	ktime_get_real()
#define ktime_get_boottime_ns()	ktime_get_boottime()
#define ktime_get_raw_ns()	ktime_get_raw()
static inline void ktime_get_boottime_ts64(struct timespec64 *ts) { *ts = ns_to_timespec64(ktime_get_boottime()); }
void timekeeping_init(void);
void update_wall_time(void);
void do_timer(unsigned long ticks);
ktime_t ktime_get_update_offsets_now(unsigned int *cwsseq, ktime_t *offs_real, ktime_t *offs_boot, ktime_t *offs_tai);
#endif
