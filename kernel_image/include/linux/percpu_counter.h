/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_PERCPU_COUNTER_H
#define _LINUX_PERCPU_COUNTER_H
#include <linux/spinlock.h>
#include <linux/types.h>
#include <asm/percpu.h>
struct percpu_counter {
	spinlock_t lock;
	s64 count;
	s32 counters[NR_CPUS];
};
#define percpu_counter_batch	32
int percpu_counter_init(struct percpu_counter *fbc, s64 amount, gfp_t gfp);
void percpu_counter_destroy(struct percpu_counter *fbc);
void percpu_counter_add_batch(struct percpu_counter *fbc, s64 amount, s32 batch);
s64 __percpu_counter_sum(struct percpu_counter *fbc);
void percpu_counter_set(struct percpu_counter *fbc, s64 amount);
static inline void percpu_counter_add(struct percpu_counter *fbc, s64 n) { percpu_counter_add_batch(fbc, n, percpu_counter_batch); }
static inline void percpu_counter_inc(struct percpu_counter *fbc) { percpu_counter_add(fbc, 1); }
static inline void percpu_counter_dec(struct percpu_counter *fbc) { percpu_counter_add(fbc, -1); }
static inline s64 percpu_counter_read(struct percpu_counter *fbc) { return fbc->count; }
static inline s64 percpu_counter_read_positive(struct percpu_counter *fbc) { return fbc->count > 0 ? fbc->count : 0; }
static inline s64 percpu_counter_sum(struct percpu_counter *fbc) { return __percpu_counter_sum(fbc); }
static inline s64 percpu_counter_sum_positive(struct percpu_counter *fbc) { s64 n = __percpu_counter_sum(fbc); return n > 0 ? n : 0; }
#endif
