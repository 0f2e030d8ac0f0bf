/* SPDX-License-Identifier: MIT */
#include <linux/bitmap.h>
#include <linux/export.h>

/* The first bit at or after start that is set in (a & b) ^ invert; b may be NULL. */
static unsigned long find(const unsigned long *a, const unsigned long *b, unsigned long invert,
			  unsigned long size, unsigned long start)
{
	unsigned long mask = BITMAP_FIRST_WORD_MASK(start), word;

	for (unsigned long i = start / BITS_PER_LONG; i * BITS_PER_LONG < size; i++, mask = ~0UL) {
		word = ((b ? a[i] & b[i] : a[i]) ^ invert) & mask;
		if (word) {
			unsigned long bit = i * BITS_PER_LONG + __builtin_ctzl(word);

			return bit < size ? bit : size;
		}
	}
	return size;
}

unsigned long find_first_bit(const unsigned long *addr, unsigned long size)
{
	return find(addr, NULL, 0, size, 0);
}
EXPORT_SYMBOL(find_first_bit);

unsigned long find_first_zero_bit(const unsigned long *addr, unsigned long size)
{
	return find(addr, NULL, ~0UL, size, 0);
}
EXPORT_SYMBOL(find_first_zero_bit);

unsigned long find_next_bit(const unsigned long *addr, unsigned long size, unsigned long offset)
{
	return find(addr, NULL, 0, size, offset);
}
EXPORT_SYMBOL(find_next_bit);

unsigned long find_next_zero_bit(const unsigned long *addr, unsigned long size, unsigned long offset)
{
	return find(addr, NULL, ~0UL, size, offset);
}
EXPORT_SYMBOL(find_next_zero_bit);

unsigned long find_next_and_bit(const unsigned long *a, const unsigned long *b, unsigned long size, unsigned long offset)
{
	return find(a, b, 0, size, offset);
}
EXPORT_SYMBOL(find_next_and_bit);

unsigned long find_last_bit(const unsigned long *addr, unsigned long size)
{
	unsigned long mask = BITMAP_LAST_WORD_MASK(size);

	for (unsigned long i = BITS_TO_LONGS(size); i--; mask = ~0UL)
		if (addr[i] & mask)
			return i * BITS_PER_LONG + BITS_PER_LONG - 1 - __builtin_clzl(addr[i] & mask);
	return size;
}
EXPORT_SYMBOL(find_last_bit);
