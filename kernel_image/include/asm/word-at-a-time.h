/* SPDX-License-Identifier: MIT */
#ifndef _ASM_WORD_AT_A_TIME_H
#define _ASM_WORD_AT_A_TIME_H
#include <linux/kernel.h>

/* Strings a word at a time.  A word may reach over the end of its string: what is mapped there is mapped in pages. */
typedef unsigned long __attribute__((may_alias, aligned(1))) unaligned_word;

/* Not 0 if one of the bytes is 0; the lowest bit that is set marks the first of them. */
static __always_inline unsigned long has_zero(unsigned long word)
{
	return (word - REPEAT_BYTE(1)) & ~word & REPEAT_BYTE(0x80);
}

/* How many bytes stand before the one that is marked. */
static __always_inline unsigned int find_zero(unsigned long mark)
{
	return __builtin_ctzl(mark) / 8;
}

/* The bytes before it, all ones. */
static __always_inline unsigned long zero_bytemask(unsigned long mark)
{
	return ((mark & -mark) >> 7) - 1;
}
#endif
