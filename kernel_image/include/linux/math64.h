/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_MATH64_H
#define _LINUX_MATH64_H
#include <linux/types.h>

/* On i386 the plain operators become __udivdi3 and its relatives, which lib/div64.c has. */
static inline u64 div_u64_rem(u64 dividend, u32 divisor, u32 *remainder)
{
	*remainder = (u32)(dividend % divisor);
	return dividend / divisor;
}
static inline u64 div64_u64_rem(u64 dividend, u64 divisor, u64 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}
static inline u64 div_u64(u64 dividend, u32 divisor) { return dividend / divisor; }
static inline s64 div_s64(s64 dividend, s32 divisor) { return dividend / divisor; }
static inline u64 div64_u64(u64 dividend, u64 divisor) { return dividend / divisor; }
static inline s64 div64_s64(s64 dividend, s64 divisor) { return dividend / divisor; }
#define div64_ul(x, y)		div64_u64(x, y)
#define do_div(n, base)		({ u32 _b = (base); u32 _r = (u32)((n) % _b); (n) /= _b; _r; })
u64 mul_u64_u64_shr(u64 a, u64 mul, unsigned int shift);
u64 mul_u64_u32_div(u64 a, u32 mul, u32 divisor);
static inline u64 mul_u64_u32_shr(u64 a, u32 mul, unsigned int shift) { return mul_u64_u64_shr(a, mul, shift); }
u64 mul_u64_u64_div_u64(u64 a, u64 mul, u64 div);
#endif
