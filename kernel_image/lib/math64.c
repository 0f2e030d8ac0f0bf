/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/math.h>
#include <linux/math64.h>

/* a * b as high and low words. */
static u64 mul_128(u64 a, u64 b, u64 *lo)
{
	u64 al = (u32)a, ah = a >> 32, bl = (u32)b, bh = b >> 32;
	u64 mid = ah * bl + (al * bl >> 32), mid2 = al * bh + (u32)mid;

	*lo = a * b;
	return ah * bh + (mid >> 32) + (mid2 >> 32);
}

u64 mul_u64_u64_shr(u64 a, u64 mul, unsigned int shift)
{
	u64 lo, hi = mul_128(a, mul, &lo);

	return !shift ? lo : shift >= 64 ? hi >> (shift - 64) : hi << (64 - shift) | lo >> shift;
}
EXPORT_SYMBOL(mul_u64_u64_shr);

u64 mul_u64_u64_div_u64(u64 a, u64 mul, u64 div)
{
	u64 lo, hi = mul_128(a, mul, &lo), q = 0;

	if (!hi)
		return lo / div;
	hi %= div;
	for (int i = 0; i < 64; i++) {
		bool carry = hi >> 63;

		hi = hi << 1 | lo >> 63;
		lo <<= 1;
		q <<= 1;
		if (carry || hi >= div) {
			hi -= div;
			q |= 1;
		}
	}
	return q;
}
EXPORT_SYMBOL(mul_u64_u64_div_u64);

u64 mul_u64_u32_div(u64 a, u32 mul, u32 divisor)
{
	return mul_u64_u64_div_u64(a, mul, divisor);
}
EXPORT_SYMBOL(mul_u64_u32_div);

unsigned long int_sqrt(unsigned long x)
{
	unsigned long root = 0;

	for (unsigned long bit = 1UL << (8 * sizeof(long) - 2); bit; bit >>= 2) {
		if (x >= root + bit) {
			x -= root + bit;
			root = root / 2 + bit;
		} else {
			root /= 2;
		}
	}
	return root;
}
EXPORT_SYMBOL(int_sqrt);
