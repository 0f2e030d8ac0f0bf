/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_BITOPS_H
#define _LINUX_BITOPS_H
#include <linux/types.h>
#include <linux/bits.h>

#define BIT_ADDR_(a, n)	((unsigned long *)(a) + (n) / BITS_PER_LONG)
static __always_inline notrace void set_bit(long n, volatile void *a) { __sync_fetch_and_or(BIT_ADDR_(a, n), BIT_MASK(n)); }
static __always_inline notrace void clear_bit(long n, volatile void *a) { __sync_fetch_and_and(BIT_ADDR_(a, n), ~BIT_MASK(n)); }
static __always_inline notrace void change_bit(long n, volatile void *a) { __sync_fetch_and_xor(BIT_ADDR_(a, n), BIT_MASK(n)); }
static __always_inline notrace bool test_bit(long n, const volatile void *a) { return READ_ONCE(*BIT_ADDR_(a, n)) >> (n % BITS_PER_LONG) & 1; }
static __always_inline notrace bool test_and_set_bit(long n, volatile void *a) { return __sync_fetch_and_or(BIT_ADDR_(a, n), BIT_MASK(n)) & BIT_MASK(n); }
static __always_inline notrace bool test_and_clear_bit(long n, volatile void *a) { return __sync_fetch_and_and(BIT_ADDR_(a, n), ~BIT_MASK(n)) & BIT_MASK(n); }
static __always_inline notrace bool test_and_change_bit(long n, volatile void *a) { return __sync_fetch_and_xor(BIT_ADDR_(a, n), BIT_MASK(n)) & BIT_MASK(n); }
static __always_inline notrace void __set_bit(long n, volatile void *a) { *BIT_ADDR_(a, n) |= BIT_MASK(n); }
static __always_inline notrace void __clear_bit(long n, volatile void *a) { *BIT_ADDR_(a, n) &= ~BIT_MASK(n); }
static __always_inline notrace bool __test_and_set_bit(long n, volatile void *a) { bool o = test_bit(n, a); __set_bit(n, a); return o; }
static __always_inline notrace bool __test_and_clear_bit(long n, volatile void *a) { bool o = test_bit(n, a); __clear_bit(n, a); return o; }
#define __assign_bit(n, a, v)	((v) ? __set_bit(n, a) : __clear_bit(n, a))
#define assign_bit(n, a, v)	((v) ? set_bit(n, a) : clear_bit(n, a))
#define test_and_set_bit_lock	test_and_set_bit
#define clear_bit_unlock	clear_bit
#define clear_bit_unlock_is_negative_byte(n, a) ({ clear_bit(n, a); test_bit(7, a); })

static __always_inline notrace unsigned long __ffs(unsigned long w) { return __builtin_ctzl(w); }
static __always_inline notrace unsigned long __fls(unsigned long w) { return BITS_PER_LONG - 1 - __builtin_clzl(w); }
static __always_inline notrace unsigned long ffz(unsigned long w) { return __builtin_ctzl(~w); }
static __always_inline notrace int ffs(int x) { return x ? __builtin_ctz(x) + 1 : 0; }
static __always_inline notrace int fls(unsigned int x) { return x ? 32 - __builtin_clz(x) : 0; }
static __always_inline notrace int fls64(u64 x) { return x ? 64 - __builtin_clzll(x) : 0; }
static __always_inline notrace unsigned int fls_long(unsigned long x) { return x ? BITS_PER_LONG - __builtin_clzl(x) : 0; }
static __always_inline notrace unsigned int hweight32(u32 w)
{
	w -= w >> 1 & 0x55555555;
	w = (w & 0x33333333) + (w >> 2 & 0x33333333);
	return ((w + (w >> 4)) & 0x0f0f0f0f) * 0x01010101 >> 24;
}
static __always_inline notrace unsigned int hweight64(u64 w) { return hweight32((u32)w) + hweight32((u32)(w >> 32)); }
static __always_inline notrace unsigned int hweight_long(unsigned long w) { return hweight64(w); }
#define hweight8(w)	hweight32((u8)(w))
#define hweight16(w)	hweight32((u16)(w))
static __always_inline notrace u32 rol32(u32 w, unsigned int s) { return w << (s & 31) | w >> (-s & 31); }
static __always_inline notrace u32 ror32(u32 w, unsigned int s) { return w >> (s & 31) | w << (-s & 31); }
static __always_inline notrace u64 rol64(u64 w, unsigned int s) { return w << (s & 63) | w >> (-s & 63); }
static __always_inline notrace u64 ror64(u64 w, unsigned int s) { return w >> (s & 63) | w << (-s & 63); }
#define sign_extend32(v, i)	((s32)((u32)(v) << (31 - (i))) >> (31 - (i)))
#include <linux/find.h>
#endif
