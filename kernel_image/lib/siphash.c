/* SPDX-License-Identifier: MIT */
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/hash.h>
#include <linux/string.h>

static void rounds(u64 v[4], int n)
{
	while (n--) {
		v[0] += v[1]; v[1] = rol64(v[1], 13) ^ v[0]; v[0] = rol64(v[0], 32);
		v[2] += v[3]; v[3] = rol64(v[3], 16) ^ v[2];
		v[0] += v[3]; v[3] = rol64(v[3], 21) ^ v[0];
		v[2] += v[1]; v[1] = rol64(v[1], 17) ^ v[2]; v[2] = rol64(v[2], 32);
	}
}

/* SipHash-2-4. */
u64 siphash(const void *data, size_t len, const u64 key[2])
{
	u64 v[4] = { 0x736f6d6570736575ull ^ key[0], 0x646f72616e646f6dull ^ key[1],
		     0x6c7967656e657261ull ^ key[0], 0x7465646279746573ull ^ key[1] };
	u64 word, last = (u64)len << 56;
	const u8 *p = data;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&word, p, 8);
		v[3] ^= word;
		rounds(v, 2);
		v[0] ^= word;
	}
	for (size_t i = 0; i < len; i++)
		last |= (u64)p[i] << 8 * i;
	v[3] ^= last;
	rounds(v, 2);
	v[0] ^= last;
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
EXPORT_SYMBOL(siphash);
