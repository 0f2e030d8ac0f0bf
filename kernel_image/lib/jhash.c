/* SPDX-License-Identifier: MIT */
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/hash.h>

/* Bob Jenkins' lookup3, as tables of the kernel use it. */
u32 jhash(const void *key, u32 length, u32 initval)
{
	const u8 *k = key;
	u32 v[3], *a = &v[0], *b = &v[1], *c = &v[2];

	*a = *b = *c = 0xdeadbeef + length + initval;
	for (; length > 12; length -= 12, k += 12) {
		for (int i = 0; i < 3; i++)
			v[i] += k[4 * i] | (u32)k[4 * i + 1] << 8 | (u32)k[4 * i + 2] << 16 | (u32)k[4 * i + 3] << 24;
		*a -= *c; *a ^= rol32(*c, 4); *c += *b;
		*b -= *a; *b ^= rol32(*a, 6); *a += *c;
		*c -= *b; *c ^= rol32(*b, 8); *b += *a;
		*a -= *c; *a ^= rol32(*c, 16); *c += *b;
		*b -= *a; *b ^= rol32(*a, 19); *a += *c;
		*c -= *b; *c ^= rol32(*b, 4); *b += *a;
	}
	if (!length)
		return *c;
	for (u32 i = 0; i < length; i++)
		v[i / 4] += (u32)k[i] << 8 * (i % 4);
	*c ^= *b; *c -= rol32(*b, 14);
	*a ^= *c; *a -= rol32(*c, 11);
	*b ^= *a; *b -= rol32(*a, 25);
	*c ^= *b; *c -= rol32(*b, 16);
	*a ^= *c; *a -= rol32(*c, 4);
	*b ^= *a; *b -= rol32(*a, 14);
	*c ^= *b; *c -= rol32(*b, 24);
	return *c;
}
EXPORT_SYMBOL(jhash);
