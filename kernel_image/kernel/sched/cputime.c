// SPDX-License-Identifier: MIT
/* Whose tick this was. */
#include "sched.h"
#include <linux/interrupt.h>

struct kernel_cpustat { u64 cpustat[8]; };
enum { CPUTIME_USER, CPUTIME_NICE, CPUTIME_SYSTEM, CPUTIME_SOFTIRQ, CPUTIME_IRQ, CPUTIME_IDLE };
DEFINE_PER_CPU(struct kernel_cpustat, kernel_cpustat);

static noinline void account_user_time(struct task_struct *p, u64 cputime)
{
	p->utime += cputime;
	this_cpu_ptr(kernel_cpustat)->cpustat[task_nice(p) > 0 ? CPUTIME_NICE : CPUTIME_USER] += cputime;
}

static noinline void account_system_index_time(struct task_struct *p, u64 cputime, int index)
{
	p->stime += cputime;
	this_cpu_ptr(kernel_cpustat)->cpustat[index] += cputime;
}

static noinline void account_system_time(struct task_struct *p, int hardirq_offset, u64 cputime)
{
	int index = CPUTIME_SYSTEM;

	if (hardirq_count() - hardirq_offset)
		index = CPUTIME_IRQ;
	else if (in_serving_softirq())
		index = CPUTIME_SOFTIRQ;
	account_system_index_time(p, cputime, index);
}

static noinline void account_idle_time(u64 cputime)
{
	this_cpu_ptr(kernel_cpustat)->cpustat[CPUTIME_IDLE] += cputime;
}

void account_process_tick(struct task_struct *p, int user)
{
	if (user)
		account_user_time(p, TICK_NSEC);
	else if (p != this_rq()->idle || irq_count() != HARDIRQ_OFFSET)
		account_system_time(p, HARDIRQ_OFFSET, TICK_NSEC);
	else
		account_idle_time(TICK_NSEC);
}
