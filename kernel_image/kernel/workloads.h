/* SPDX-License-Identifier: MIT */
#ifndef _KERNEL_WORKLOADS_H
#define _KERNEL_WORKLOADS_H
#include <linux/types.h>

struct workload_run {
	unsigned long arg;
	u32 sum;
	u32 table[64];
	void *data[64];
	int fd[4];
	char path[32];
};

struct workload {
	const char *name;
	int (*begin)(struct workload_run *run);		/* 0 or -errno */
	u32 (*step)(struct workload_run *run, u32 i);
	void (*end)(struct workload_run *run);
};

/* Traced one by one, whatever gcc would make of them. */
#define workload_fn	static __attribute__((noipa))

/* workloads_cpu.c */
extern const struct workload workload_calls, workload_deep, workload_sort, workload_string, workload_random;
extern const struct workload workload_tree;
/* workloads_sys.c */
extern const struct workload workload_slab, workload_irqsoff, workload_sleep, workload_fork, workload_pipe, workload_vfs;
extern const struct workload workload_oops, workload_hang;
#endif
