/* SPDX-License-Identifier: MIT */
/* What gcc calls for 64-bit division on i386; notrace by directory. */
#include <linux/types.h>

u64 __udivmoddi4(u64 n, u64 d, u64 *rem);
u64 __udivdi3(u64 n, u64 d);
u64 __umoddi3(u64 n, u64 d);
s64 __divdi3(s64 n, s64 d);
s64 __moddi3(s64 n, s64 d);

static u32 divl(u32 hi, u32 lo, u32 d, u32 *rem)
{
	u32 q;

	asm("divl %4" : "=a"(q), "=d"(*rem) : "0"(lo), "1"(hi), "r"(d));
	return q;
}

u64 __udivmoddi4(u64 n, u64 d, u64 *rem)
{
	u32 dh = d >> 32, nh = n >> 32, r;
	u64 q;

	if (!dh) {
		u32 qh = nh / (u32)d;

		q = (u64)qh << 32 | divl(nh % (u32)d, (u32)n, d, &r);
		if (rem)
			*rem = r;
		return q;
	}
	/* The quotient fits 32 bits: estimate it with the leading word of d; it comes out right or one too large. */
	q = n >> 1;
	q = (u64)divl(q >> 32, (u32)q, d << __builtin_clz(dh) >> 32, &r) << __builtin_clz(dh) >> 31;
	if (q)
		q--;
	if (n - q * d >= d)
		q++;
	if (rem)
		*rem = n - q * d;
	return q;
}

u64 __udivdi3(u64 n, u64 d)
{
	return __udivmoddi4(n, d, NULL);
}

u64 __umoddi3(u64 n, u64 d)
{
	u64 r;

	__udivmoddi4(n, d, &r);
	return r;
}

s64 __divdi3(s64 n, s64 d)
{
	u64 q = __udivdi3(n < 0 ? -(u64)n : n, d < 0 ? -(u64)d : d);

	return (n < 0) != (d < 0) ? -q : q;
}

s64 __moddi3(s64 n, s64 d)
{
	u64 r = __umoddi3(n < 0 ? -(u64)n : n, d < 0 ? -(u64)d : d);

	return n < 0 ? -r : r;
}
