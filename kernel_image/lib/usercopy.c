/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/word-at-a-time.h>

/* Words, then bytes; where a word faults, bytes find out how far it goes.  What cx still counts is left. */
unsigned long raw_copy_user(void *to, const void *from, unsigned long n)
{
	unsigned long tail = n % sizeof(long), count = n / sizeof(long);

#ifdef __x86_64__
	asm volatile("1: rep movsq\n mov %3, %0\n 2: rep movsb\n jmp 5f\n 4: lea (%3, %0, 8), %0\n jmp 2b\n 5:\n"
#else
	asm volatile("1: rep movsl\n mov %3, %0\n 2: rep movsb\n jmp 5f\n 4: lea (%3, %0, 4), %0\n jmp 2b\n 5:\n"
#endif
		     _ASM_EXTABLE_UA(1b, 4b) _ASM_EXTABLE_UA(2b, 5b)
		     : "+c"(count), "+D"(to), "+S"(from) : "r"(tail) : "memory");
	return count;
}
EXPORT_SYMBOL(raw_copy_user);

unsigned long _copy_from_user(void *to, const void __user *from, unsigned long n)
{
	unsigned long left = n;

	might_fault();
	if (likely(access_ok(from, n)))
		left = raw_copy_user(to, from, n);
	if (unlikely(left))
		memset((char *)to + (n - left), 0, left);
	return left;
}
EXPORT_SYMBOL(_copy_from_user);

unsigned long _copy_to_user(void __user *to, const void *from, unsigned long n)
{
	might_fault();
	return likely(access_ok(to, n)) ? raw_copy_user(to, from, n) : n;
}
EXPORT_SYMBOL(_copy_to_user);

unsigned long clear_user(void __user *to, unsigned long n)
{
	asm volatile("1: rep stosb\n2:\n" _ASM_EXTABLE_UA(1b, 2b) : "+c"(n), "+D"(to) : "a"(0) : "memory");
	return n;
}
EXPORT_SYMBOL(clear_user);

/* The length without the zero, count when there is none, or -EFAULT. */
long strncpy_from_user(char *dst, const char __user *src, long count)
{
	unsigned long word;
	long i = 0;

	if (count <= 0)
		return 0;
	check_object_size(dst, count, false);
	/* where a word faults, bytes find out how far it goes */
	for (; count - i >= (long)sizeof(word) && !__get_user(word, (const unaligned_word *)(src + i)); i += sizeof(word)) {
		*(unaligned_word *)(dst + i) = word;
		word = has_zero(word);
		if (word)
			return i + find_zero(word);
	}
	for (; i < count; i++) {
		char c;

		if (__get_user(c, src + i))
			return -EFAULT;
		dst[i] = c;
		if (!c)
			break;
	}
	return i;
}
EXPORT_SYMBOL(strncpy_from_user);

/* The length with its zero; more than n: longer; 0: fault. */
long strnlen_user(const char __user *str, long n)
{
	for (long i = 0; i < n; i++) {
		char c;

		if (__get_user(c, str + i))
			return 0;
		if (!c)
			return i + 1;
	}
	return n + 1;
}
EXPORT_SYMBOL(strnlen_user);
