/* SPDX-License-Identifier: MIT */
#ifndef _ASM_CMPXCHG_H
#define _ASM_CMPXCHG_H
#define xchg(p, v)		__atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define cmpxchg(p, o, n)	__sync_val_compare_and_swap((p), (o), (n))
#define cmpxchg_relaxed		cmpxchg
#define cmpxchg_acquire		cmpxchg
#define cmpxchg_release		cmpxchg
#define cmpxchg_local		cmpxchg
#define cmpxchg64		cmpxchg
#define xchg_relaxed		xchg
#define xchg_acquire		xchg
#define xchg_release		xchg
#define xadd(p, v)		__sync_fetch_and_add((p), (v))
#define try_cmpxchg(p, o, n) ({ \
	typeof(*(p)) *___o = (o), ___old = *___o, ___r = cmpxchg(p, ___old, n); \
	if (___r != ___old) *___o = ___r; \
	___r == ___old; })
#define try_cmpxchg_relaxed	try_cmpxchg
#define try_cmpxchg_acquire	try_cmpxchg
#define try_cmpxchg_release	try_cmpxchg
#endif
