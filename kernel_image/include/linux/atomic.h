/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_ATOMIC_H
#define _LINUX_ATOMIC_H
#include <linux/types.h>
#include <asm/barrier.h>
#include <asm/cmpxchg.h>

#define ATOMIC_INIT(i)		{ (i) }
#define ATOMIC_LONG_INIT(i)	{ (i) }
#define ATOMIC64_INIT(i)	{ (i) }

/* The same operations for int (atomic), long (atomic_long) and s64 (atomic64). */
#define ATOMIC_OPS(pfx, type, T) \
static __always_inline notrace T pfx##_read(const type *v) { return READ_ONCE(v->counter); } \
static __always_inline notrace T pfx##_read_acquire(const type *v) { return READ_ONCE(v->counter); } \
static __always_inline notrace void pfx##_set(type *v, T i) { WRITE_ONCE(v->counter, i); } \
static __always_inline notrace void pfx##_set_release(type *v, T i) { WRITE_ONCE(v->counter, i); } \
static __always_inline notrace void pfx##_add(T i, type *v) { __sync_fetch_and_add(&v->counter, i); } \
static __always_inline notrace void pfx##_sub(T i, type *v) { __sync_fetch_and_sub(&v->counter, i); } \
static __always_inline notrace void pfx##_inc(type *v) { __sync_fetch_and_add(&v->counter, 1); } \
static __always_inline notrace void pfx##_dec(type *v) { __sync_fetch_and_sub(&v->counter, 1); } \
static __always_inline notrace void pfx##_or(T i, type *v) { __sync_fetch_and_or(&v->counter, i); } \
static __always_inline notrace void pfx##_and(T i, type *v) { __sync_fetch_and_and(&v->counter, i); } \
static __always_inline notrace void pfx##_andnot(T i, type *v) { __sync_fetch_and_and(&v->counter, ~i); } \
static __always_inline notrace T pfx##_fetch_or(T i, type *v) { return __sync_fetch_and_or(&v->counter, i); } \
static __always_inline notrace T pfx##_fetch_and(T i, type *v) { return __sync_fetch_and_and(&v->counter, i); } \
static __always_inline notrace T pfx##_fetch_andnot(T i, type *v) { return __sync_fetch_and_and(&v->counter, ~i); } \
static __always_inline notrace T pfx##_add_return(T i, type *v) { return __sync_add_and_fetch(&v->counter, i); } \
static __always_inline notrace T pfx##_sub_return(T i, type *v) { return __sync_sub_and_fetch(&v->counter, i); } \
static __always_inline notrace T pfx##_inc_return(type *v) { return __sync_add_and_fetch(&v->counter, 1); } \
static __always_inline notrace T pfx##_dec_return(type *v) { return __sync_sub_and_fetch(&v->counter, 1); } \
static __always_inline notrace T pfx##_fetch_add(T i, type *v) { return __sync_fetch_and_add(&v->counter, i); } \
static __always_inline notrace T pfx##_fetch_inc(type *v) { return __sync_fetch_and_add(&v->counter, 1); } \
static __always_inline notrace T pfx##_fetch_sub(T i, type *v) { return __sync_fetch_and_sub(&v->counter, i); } \
static __always_inline notrace bool pfx##_dec_and_test(type *v) { return !__sync_sub_and_fetch(&v->counter, 1); } \
static __always_inline notrace bool pfx##_inc_and_test(type *v) { return !__sync_add_and_fetch(&v->counter, 1); } \
static __always_inline notrace bool pfx##_sub_and_test(T i, type *v) { return !__sync_sub_and_fetch(&v->counter, i); } \
static __always_inline notrace bool pfx##_add_negative(T i, type *v) { return __sync_add_and_fetch(&v->counter, i) < 0; } \
static __always_inline notrace T pfx##_xchg(type *v, T i) { return xchg(&v->counter, i); } \
static __always_inline notrace T pfx##_cmpxchg(type *v, T o, T n) { return cmpxchg(&v->counter, o, n); } \
static __always_inline notrace T pfx##_cmpxchg_acquire(type *v, T o, T n) { return cmpxchg(&v->counter, o, n); } \
static __always_inline notrace bool pfx##_try_cmpxchg(type *v, T *o, T n) { return try_cmpxchg(&v->counter, o, n); } \
static __always_inline notrace bool pfx##_add_unless(type *v, T a, T u) \
{ \
	T c = READ_ONCE(v->counter); \
	while (c != u) \
		if (try_cmpxchg(&v->counter, &c, c + a)) \
			return true; \
	return false; \
} \
static __always_inline notrace bool pfx##_inc_not_zero(type *v) { return pfx##_add_unless(v, 1, 0); } \
static __always_inline notrace bool pfx##_inc_unless_negative(type *v) \
{ \
	T c = READ_ONCE(v->counter); \
	while (c >= 0) \
		if (try_cmpxchg(&v->counter, &c, c + 1)) \
			return true; \
	return false; \
} \
static __always_inline notrace T pfx##_dec_if_positive(type *v) \
{ \
	T c = READ_ONCE(v->counter); \
	while (c > 0) \
		if (try_cmpxchg(&v->counter, &c, c - 1)) \
			break; \
	return c - 1; \
}
ATOMIC_OPS(atomic, atomic_t, int)
ATOMIC_OPS(atomic_long, atomic_long_t, long)
#ifdef __x86_64__
ATOMIC_OPS(atomic64, atomic64_t, s64)
#else
/* Eight bytes are swapped by cmpxchg8b. */
#undef xchg
#define xchg(p, v) __extension__({ typeof(*(p)) ___x; do ___x = *(p); while (cmpxchg(p, ___x, v) != ___x); ___x; })
ATOMIC_OPS(atomic64, atomic64_t, s64)
#undef xchg
#define xchg(p, v)		__atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#endif
#define atomic_fetch_add_unless(v, a, u) ({ int ___c = atomic_read(v); while (___c != (u) && !atomic_try_cmpxchg(v, &___c, ___c + (a))) ; ___c; })
#define atomic_long_fetch_add_unless(v, a, u) ({ long ___c = atomic_long_read(v); while (___c != (u) && !atomic_long_try_cmpxchg(v, &___c, ___c + (a))) ; ___c; })
#define atomic_inc_return_relaxed	atomic_inc_return
#define atomic_fetch_add_relaxed	atomic_fetch_add
#define atomic_cond_read_acquire(v, c)	smp_cond_load_acquire(&(v)->counter, c)
#define atomic_dec_and_lock(v, l)	({ spin_lock(l); bool ___z = atomic_dec_and_test(v); if (!___z) spin_unlock(l); ___z; })
#define cpu_relax()			asm volatile("pause" ::: "memory")
#endif
