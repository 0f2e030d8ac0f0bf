/* SPDX-License-Identifier: MIT */
#ifndef _ASM_PERCPU_H
#define _ASM_PERCPU_H
#include <linux/types.h>

#define NR_CPUS		8
struct task_struct;
struct ftrace_regs;

/*
 * What must be reached in one instruction, at gs:0 on both word sizes.  The host sets GS base of CPU n to
 * &pcpu_hot[n] before its first instruction.  Each field belongs to its own CPU; the host writes host_poll,
 * and reads all of them while the machine stands still.
 */
struct pcpu_hot {
	struct pcpu_hot *self;
	struct task_struct *current_task;
	unsigned long top_of_stack;
	int preempt_count;		/* preempt | softirq << 8 | hardirq << 16 | nmi << 20, as the kernel's */
	int cpu_number;
	u8 need_resched;		/* mirror of current's TIF_NEED_RESCHED */
	u8 host_poll;			/* the host wants this CPU: poll leaves by HC_POLL where IF is 1 */
	u8 migrate_disable;
	u8 trace_preemptirq;		/* the host: who is told of interrupts and preemption, asm/hot_word.h */
	u32 softirq_pending;
	u32 trace_recursion;		/* owned by kernel/trace */
	u8 in_user;			/* between HC_USER and the next system call */
	u8 tracing_cpu;			/* trace_irqsoff.c: inside of a section that is measured */
	u8 tracing_irq_cpu;		/* trace_preemptirq.c: was told that interrupts are off */
	u64 clock_ns;			/* trace clock of the deterministic machine: bumped at each reading */
	unsigned long trace_scratch[4];	/* owned by kernel/trace and the trampolines */
};
extern struct pcpu_hot pcpu_hot[NR_CPUS];

#define this_hot	((struct pcpu_hot __seg_gs *)0)
#define smp_processor_id()		(this_hot->cpu_number)
#define raw_smp_processor_id()		(this_hot->cpu_number)
#define current				(this_hot->current_task)

/* Everything else per CPU is an array: plain C, and the host can index it. */
#define DEFINE_PER_CPU(type, name)	type name[NR_CPUS]
#define DECLARE_PER_CPU(type, name)	extern type name[NR_CPUS]
#define per_cpu(var, cpu)		((var)[cpu])
#define per_cpu_ptr(var, cpu)		(&(var)[cpu])
#define this_cpu_ptr(var)		(&(var)[smp_processor_id()])
#define this_cpu_read(var)		((var)[smp_processor_id()])
#define this_cpu_write(var, v)		((var)[smp_processor_id()] = (v))
#define this_cpu_inc(var)		((var)[smp_processor_id()]++)
#define this_cpu_dec(var)		((var)[smp_processor_id()]--)
#define this_cpu_add(var, n)		((var)[smp_processor_id()] += (n))
#define for_each_online_cpu(cpu)	for ((cpu) = 0; (cpu) < nr_cpu_ids; (cpu)++)
#define for_each_possible_cpu(cpu)	for_each_online_cpu(cpu)
extern int nr_cpu_ids;
#endif
