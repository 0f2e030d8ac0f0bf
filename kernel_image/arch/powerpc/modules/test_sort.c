/* SPDX-License-Identifier: MIT */
/* Sorts words and looks them up again, by functions of the kernel: all its calls there go through trampolines. */
#include <linux/bsearch.h>
#include <linux/crc32.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/sort.h>

#define TEST_LEN	100

static u32 words[TEST_LEN];

static int cmp_words(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static noinline void fill_words(u32 seed)
{
	for (int i = 0; i < TEST_LEN; i++)
		words[i] = seed = seed * 1664525 + 1013904223;
}

/* The checksum of the words that follow a seed, in order; or -EINVAL if they are not. */
int test_sort_run(u32 seed)
{
	fill_words(seed);
	sort(words, TEST_LEN, sizeof(words[0]), cmp_words, NULL);
	for (int i = 0; i < TEST_LEN; i++)
		if ((i && words[i - 1] > words[i]) ||
		    bsearch(&words[i], words, TEST_LEN, sizeof(words[0]), cmp_words) != &words[i])
			return -EINVAL;
	return crc32_le(~0, (const unsigned char *)words, sizeof(words)) >> 1;
}
EXPORT_SYMBOL(test_sort_run);

static int __init test_sort_init(void)
{
	return test_sort_run(1) < 0 ? -EINVAL : 0;
}

static void __exit test_sort_exit(void)
{
}

module_init(test_sort_init);
module_exit(test_sort_exit);
MODULE_LICENSE("MIT");
