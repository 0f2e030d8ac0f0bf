/* SPDX-License-Identifier: MIT */
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kstrtox.h>
#include <linux/slab.h>

struct cpumask __cpu_possible_mask, __cpu_online_mask;

void __bitmap_set(unsigned long *map, unsigned int start, int len)
{
	for (; len > 0; start++, len--)
		map[start / BITS_PER_LONG] |= 1UL << start % BITS_PER_LONG;
}
EXPORT_SYMBOL(__bitmap_set);

void __bitmap_clear(unsigned long *map, unsigned int start, int len)
{
	for (; len > 0; start++, len--)
		map[start / BITS_PER_LONG] &= ~(1UL << start % BITS_PER_LONG);
}
EXPORT_SYMBOL(__bitmap_clear);

/* Word i of a map of nbits, without the bits beyond its end. */
static unsigned long masked(unsigned long word, unsigned int i, unsigned int nbits)
{
	return i == nbits / BITS_PER_LONG ? word & BITMAP_LAST_WORD_MASK(nbits) : word;
}

unsigned int bitmap_weight(const unsigned long *src, unsigned int nbits)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		n += hweight_long(masked(src[i], i, nbits));
	return n;
}
EXPORT_SYMBOL(bitmap_weight);

bool bitmap_equal(const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		if (masked(a[i] ^ b[i], i, nbits))
			return false;
	return true;
}
EXPORT_SYMBOL(bitmap_equal);

bool bitmap_and(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	unsigned long any = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		any |= masked(dst[i] = a[i] & b[i], i, nbits);
	return any;
}
EXPORT_SYMBOL(bitmap_and);

bool bitmap_andnot(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	unsigned long any = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		any |= masked(dst[i] = a[i] & ~b[i], i, nbits);
	return any;
}
EXPORT_SYMBOL(bitmap_andnot);

void bitmap_or(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = a[i] | b[i];
}
EXPORT_SYMBOL(bitmap_or);

bool bitmap_subset(const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		if (masked(a[i] & ~b[i], i, nbits))
			return false;
	return true;
}
EXPORT_SYMBOL(bitmap_subset);

bool bitmap_intersects(const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	return find_next_and_bit(a, b, nbits, 0) < nbits;
}
EXPORT_SYMBOL(bitmap_intersects);

unsigned long bitmap_find_next_zero_area(unsigned long *map, unsigned long size, unsigned long start,
					 unsigned int nr, unsigned long align_mask)
{
	for (;;) {
		unsigned long used;

		start = (find_next_zero_bit(map, size, start) + align_mask) & ~align_mask;
		if (start + nr > size)
			return start + nr;
		used = find_next_bit(map, start + nr, start);
		if (used >= start + nr)
			return start;
		start = used + 1;
	}
}
EXPORT_SYMBOL(bitmap_find_next_zero_area);

/* "0,2-3": decimal bits and ranges. */
int bitmap_parselist(const char *buf, unsigned long *maskp, int nmaskbits)
{
	char *p = (char *)buf;

	bitmap_zero(maskp, nmaskbits);
	for (;;) {
		unsigned long lo, hi;

		while (isspace(*p) || *p == ',')
			p++;
		if (!*p)
			return 0;
		if (!isdigit(*p))
			return -EINVAL;
		lo = hi = simple_strtoul(p, &p, 10);
		if (*p == '-') {
			if (!isdigit(p[1]))
				return -EINVAL;
			hi = simple_strtoul(p + 1, &p, 10);
		}
		if (lo > hi || (*p && *p != ',' && !isspace(*p)))
			return -EINVAL;
		if (hi >= nmaskbits)
			return -ERANGE;
		bitmap_set(maskp, lo, hi - lo + 1);
	}
}
EXPORT_SYMBOL(bitmap_parselist);

unsigned long *bitmap_alloc(unsigned int nbits, gfp_t flags)
{
	return kmalloc_array(BITS_TO_LONGS(nbits), sizeof(long), flags);
}
EXPORT_SYMBOL(bitmap_alloc);

unsigned long *bitmap_zalloc(unsigned int nbits, gfp_t flags)
{
	return bitmap_alloc(nbits, flags | __GFP_ZERO);
}
EXPORT_SYMBOL(bitmap_zalloc);

void bitmap_free(const unsigned long *bitmap)
{
	kfree(bitmap);
}
EXPORT_SYMBOL(bitmap_free);
