/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SMPBOOT_H
#define _LINUX_SMPBOOT_H
#include <linux/types.h>
#include <linux/list.h>
struct task_struct;
/* A thread on each CPU: ksoftirqd, migration, rcuc, cpuhp. */
struct smp_hotplug_thread {
	struct task_struct **store;		/* NR_CPUS of them */
	struct list_head list;
	int (*thread_should_run)(unsigned int cpu);
	void (*thread_fn)(unsigned int cpu);
	void (*create)(unsigned int cpu);
	void (*setup)(unsigned int cpu);
	bool selfparking;
	const char *thread_comm;
};
int smpboot_register_percpu_thread(struct smp_hotplug_thread *plug_thread);
int smpboot_create_threads(unsigned int cpu);
int smpboot_unpark_threads(unsigned int cpu);
#endif
