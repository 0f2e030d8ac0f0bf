/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_STOP_MACHINE_H
#define _LINUX_STOP_MACHINE_H
#include <linux/cpumask.h>
#include <linux/list.h>
typedef int (*cpu_stop_fn_t)(void *arg);
struct cpu_stop_done;
struct cpu_stop_work { struct list_head list; cpu_stop_fn_t fn; unsigned long caller; void *arg; struct cpu_stop_done *done; };
int stop_one_cpu(unsigned int cpu, cpu_stop_fn_t fn, void *arg);
bool stop_one_cpu_nowait(unsigned int cpu, cpu_stop_fn_t fn, void *arg, struct cpu_stop_work *work_buf);
int stop_machine(cpu_stop_fn_t fn, void *data, const struct cpumask *cpus);
int stop_machine_cpuslocked(cpu_stop_fn_t fn, void *data, const struct cpumask *cpus);
#endif
