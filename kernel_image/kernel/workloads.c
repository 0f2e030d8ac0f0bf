/* SPDX-License-Identifier: MIT */
/*
 * Named pieces of kernel work, for tests, lessons and benchmarks: run_workload(name, count, arg) does one of
 * them count times in the calling task.  The result is a checksum that depends on name, count and arg only:
 * not on the word size, not on time, and not on who traces.
 */
#include <linux/kernel.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include "workloads.h"

static const struct workload *const workloads[] = {
	&workload_calls, &workload_deep, &workload_sort, &workload_string, &workload_random, &workload_slab,
	&workload_irqsoff, &workload_sleep, &workload_fork, &workload_pipe, &workload_vfs, &workload_tree,
	&workload_oops, &workload_hang,
};

static const struct workload *find_workload(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(workloads); i++)
		if (!strcmp(workloads[i]->name, name))
			return workloads[i];
	return NULL;
}

static noinline_for_trace long run_workload(const struct workload *w, unsigned long count, unsigned long arg)
{
	struct workload_run *run = kzalloc(sizeof(*run), GFP_KERNEL);
	long err = 0;

	if (!run)
		return -ENOMEM;
	run->arg = arg;
	if (w->begin)
		err = w->begin(run);
	if (!err) {
		for (unsigned long i = 0; i < count; i++) {
			run->sum = run->sum * 31 + w->step(run, i);
			cond_resched();
			if (signal_pending(current)) {
				err = -EINTR;
				break;
			}
		}
		if (w->end)
			w->end(run);
	}
	if (!err)
		err = run->sum & INT_MAX;
	kfree(run);
	return err;
}

__SYSCALL_DEFINE(3, run_workload, const char __user *, name_ptr, unsigned long, count, unsigned long, arg)
{
	const struct workload *w;
	char name[32];
	long len = strncpy_from_user(name, name_ptr, sizeof(name));

	if (len < 0)
		return len;
	if (len == sizeof(name))
		return -ENAMETOOLONG;
	w = find_workload(name);
	return w ? run_workload(w, count, arg) : -ENOENT;
}
