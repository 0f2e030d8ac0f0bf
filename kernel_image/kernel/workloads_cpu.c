/* SPDX-License-Identifier: MIT */
#include <linux/crc32.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/time64.h>
#include "workloads.h"

/*
 * calls: seven calls of small functions, and little else: the base of benchmarks.  They begin a page because Unicorn
 * tells places to return to by 6 bits that the places in a page differ in: where two share them, each return takes
 * 17 ns more.  Here none do, and what is before does not change that.
 */

workload_fn __aligned(4096) u32 workload_leaf(u32 *table, u32 a)
{
	table[a & 63] += a;
	return table[(a + 7) & 63] ^ a;
}

workload_fn u32 workload_mid(u32 *table, u32 a)
{
	u32 s = 0;

	for (u32 i = 0; i < 3; i++)
		s += workload_leaf(table, a + i);
	return s;
}

workload_fn u32 workload_str(u32 a)
{
	u32 h = 5381;
	char b[16];

	for (int i = 0; i < 12; i++)
		b[i] = a >> i;
	for (int i = 0; i < 12; i++)
		h = h * 33 + b[i];
	return h;
}

workload_fn u32 workload_top(u32 *table, u32 a)
{
	return workload_mid(table, a) + workload_str(a) + workload_leaf(table, a);
}

static u32 calls_step(struct workload_run *run, u32 i)
{
	return workload_top(run->table, i + run->sum);
}
const struct workload workload_calls = { .name = "calls", .step = calls_step };

/* deep: recursion, arg calls deep. */

workload_fn u32 workload_deep_call(u32 depth, u32 a)
{
	u32 below;

	if (!depth)
		return a;
	below = workload_deep_call(depth - 1, a * 5 + depth);
	barrier();			/* else gcc makes a loop of it */
	return below + depth;
}

static u32 deep_step(struct workload_run *run, u32 i)
{
	return workload_deep_call(min(run->arg ? run->arg : 20, 100ul), i);
}
const struct workload workload_deep = { .name = "deep", .step = deep_step };

/* tree: calls as arg, a seed, has them: below each up to three, of three functions, six deep; some give the CPU away. */

workload_fn u32 workload_tree_a(struct workload_run *run, u32 depth);
workload_fn u32 workload_tree_b(struct workload_run *run, u32 depth);
workload_fn u32 workload_tree_c(struct workload_run *run, u32 depth);

static __always_inline u32 tree_random(struct workload_run *run)
{
	run->table[0] = run->table[0] * 1664525 + 1013904223;
	return run->table[0] >> 16;
}

static __always_inline u32 tree_below(struct workload_run *run, u32 depth)
{
	u32 node = tree_random(run), sum = node;

	if ((node & 15) == 0)
		yield();
	if ((node & 15) == 1)
		hrtimer_nanosleep(20 * NSEC_PER_USEC, HRTIMER_MODE_REL, CLOCK_MONOTONIC);
	for (u32 i = depth ? (node >> 4) % 4 : 0; i; i--) {
		switch (tree_random(run) % 3) {
		case 0: sum += workload_tree_a(run, depth - 1); break;
		case 1: sum += workload_tree_b(run, depth - 1); break;
		case 2: sum += workload_tree_c(run, depth - 1); break;
		}
	}
	return sum;
}

u32 workload_tree_a(struct workload_run *run, u32 depth) { return tree_below(run, depth) * 3; }
u32 workload_tree_b(struct workload_run *run, u32 depth) { return tree_below(run, depth) ^ depth; }
u32 workload_tree_c(struct workload_run *run, u32 depth) { return tree_below(run, depth) + 7; }

static u32 tree_step(struct workload_run *run, u32 i)
{
	run->table[0] = run->arg + i;
	return workload_tree_a(run, 6);
}
const struct workload workload_tree = { .name = "tree", .step = tree_step };

/* sort: 64 numbers, through a comparison that can be traced. */

workload_fn int workload_cmp(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static u32 sort_step(struct workload_run *run, u32 i)
{
	u32 x = i + run->sum;

	for (int k = 0; k < 64; k++)
		run->table[k] = x = x * 1664525 + 1013904223;
	sort(run->table, 64, sizeof(u32), workload_cmp, NULL);
	return run->table[0] ^ run->table[31] ^ run->table[63];
}
const struct workload workload_sort = { .name = "sort", .step = sort_step };

/* string: format, copy, compare, search. */

workload_fn u32 workload_format(char *buf, size_t size, u32 i, u32 x)
{
	return scnprintf(buf, size, "%u:%08x:%-6s|%5d", i, x, i & 1 ? "odd" : "even", (int)(x >> 8) % 1000);
}

workload_fn u32 workload_scan(const char *buf)
{
	char copy[64];
	u32 n = 0;

	strscpy(copy, buf, sizeof(copy));
	for (const char *p = copy; (p = strchr(p, ':')); p++)
		n++;
	return n + (strstr(copy, "odd") ? 100 : 0) + strlen(copy) + (strcmp(copy, buf) != 0);
}

static u32 string_step(struct workload_run *run, u32 i)
{
	char buf[64];
	u32 n = workload_format(buf, sizeof(buf), i, i * 2654435761u ^ run->sum);

	return crc32(~0u, buf, n) + workload_scan(buf);
}
const struct workload workload_string = { .name = "string", .step = string_step };

/* random: a private generator seeded by arg makes the sum; the kernel's own is only used. */

static int random_begin(struct workload_run *run)
{
	prandom_seed_state((struct rnd_state *)run->table, run->arg);
	return 0;
}

static u32 random_step(struct workload_run *run, u32 i)
{
	run->data[0] = (void *)(unsigned long)get_random_u32();
	return prandom_u32_state((struct rnd_state *)run->table);
}
const struct workload workload_random = { .name = "random", .begin = random_begin, .step = random_step };
