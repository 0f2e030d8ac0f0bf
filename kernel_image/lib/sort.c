/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/sort.h>
#include <linux/string.h>

static void swap_bytes(char *a, char *b, size_t n)
{
	for (; n >= sizeof(long); n -= sizeof(long), a += sizeof(long), b += sizeof(long))
		swap(*(long *)a, *(long *)b);
	for (; n >= sizeof(int); n -= sizeof(int), a += sizeof(int), b += sizeof(int))
		swap(*(int *)a, *(int *)b);
	while (n--) {
		swap(*a, *b);
		a++, b++;
	}
}

/* Heapsort: n log n in the worst case, and no memory. */
void sort_r(void *base, size_t num, size_t size, cmp_r_func_t cmp, swap_r_func_t swap_func, const void *priv)
{
	char *b = base;
	size_t start = num / 2, end = num, root, child;

	while (end > 1) {
		if (start) {
			start--;
		} else {
			end--;
			if (swap_func)
				swap_func(b, b + end * size, size, priv);
			else
				swap_bytes(b, b + end * size, size);
		}
		for (root = start; (child = 2 * root + 1) < end; root = child) {
			if (child + 1 < end && cmp(b + child * size, b + (child + 1) * size, priv) < 0)
				child++;
			if (cmp(b + root * size, b + child * size, priv) >= 0)
				break;
			if (swap_func)
				swap_func(b + root * size, b + child * size, size, priv);
			else
				swap_bytes(b + root * size, b + child * size, size);
		}
	}
}
EXPORT_SYMBOL(sort_r);

struct plain {
	cmp_func_t cmp;
	swap_func_t swap_func;
};

static int plain_cmp(const void *a, const void *b, const void *priv)
{
	return ((const struct plain *)priv)->cmp(a, b);
}

static void plain_swap(void *a, void *b, int size, const void *priv)
{
	((const struct plain *)priv)->swap_func(a, b, size);
}

void sort(void *base, size_t num, size_t size, cmp_func_t cmp, swap_func_t swap_func)
{
	struct plain p = { cmp, swap_func };

	sort_r(base, num, size, plain_cmp, swap_func ? plain_swap : NULL, &p);
}
EXPORT_SYMBOL(sort);
