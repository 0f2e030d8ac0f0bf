// SPDX-License-Identifier: MIT
/* The per-CPU block at gs:0, and proof that assembly has its numbers right. */
#include <linux/sched.h>
#include <asm/asm-offsets.h>
#include <asm/ptrace.h>
#include <asm/setup.h>

struct pcpu_hot pcpu_hot[NR_CPUS] __aligned(64);
int nr_cpu_ids = 1;

_Static_assert(offsetof(struct pcpu_hot, current_task) == HOT_CURRENT, "asm-offsets.h");
_Static_assert(offsetof(struct pcpu_hot, top_of_stack) == HOT_TOP_OF_STACK, "asm-offsets.h");
_Static_assert(offsetof(struct pcpu_hot, preempt_count) == HOT_PREEMPT_COUNT, "asm-offsets.h");
_Static_assert(offsetof(struct pcpu_hot, need_resched) == HOT_NEED_RESCHED, "asm-offsets.h");
_Static_assert(offsetof(struct pcpu_hot, host_poll) == HOT_NEED_RESCHED + 1, "hot_word.h");
_Static_assert(offsetof(struct pcpu_hot, trace_preemptirq) == HOT_NEED_RESCHED + 3, "hot_word.h");
_Static_assert(offsetof(struct pcpu_hot, in_user) == HOT_IN_USER, "asm-offsets.h");
_Static_assert(offsetof(struct task_struct, sp) == TASK_SP, "asm-offsets.h");
_Static_assert(sizeof(struct pt_regs) == PT_REGS_SIZE, "asm-offsets.h");
_Static_assert(offsetof(struct pt_regs, ip) == PT_REGS_IP, "asm-offsets.h");

/* Each CPU's block says who it is; the host has pointed GS base at it. */
void __init setup_per_cpu_areas(void)
{
	int cpu;

	nr_cpu_ids = boot_params.nr_cpus < 1 ? 1 : boot_params.nr_cpus > NR_CPUS ? NR_CPUS : boot_params.nr_cpus;
	for_each_possible_cpu(cpu) {
		pcpu_hot[cpu].self = &pcpu_hot[cpu];
		pcpu_hot[cpu].cpu_number = cpu;
	}
}

ABI_DEFS(percpu)
{
	ABI_OFFSET(pcpu_hot, self);
	ABI_OFFSET(pcpu_hot, current_task);
	ABI_OFFSET(pcpu_hot, top_of_stack);
	ABI_OFFSET(pcpu_hot, preempt_count);
	ABI_OFFSET(pcpu_hot, cpu_number);
	ABI_OFFSET(pcpu_hot, need_resched);
	ABI_OFFSET(pcpu_hot, host_poll);
	ABI_OFFSET(pcpu_hot, trace_preemptirq);
	ABI_OFFSET(pcpu_hot, in_user);
	ABI_OFFSET(pcpu_hot, tracing_cpu);
	ABI_OFFSET(pcpu_hot, tracing_irq_cpu);
	ABI_OFFSET(pcpu_hot, softirq_pending);
	ABI_OFFSET(pcpu_hot, trace_recursion);
	ABI_OFFSET(pcpu_hot, clock_ns);
	ABI_OFFSET(pcpu_hot, trace_scratch);
	ABI_SIZE(pcpu_hot);
	ABI_CONST(NR_CPUS);
	ABI_OFFSET(task_struct, sp);
	ABI_OFFSET(task_struct, stack);
	ABI_OFFSET(task_struct, __state);
	ABI_OFFSET(task_struct, thread_flags);
	ABI_OFFSET(task_struct, flags);
	ABI_OFFSET(task_struct, pid);
	ABI_OFFSET(task_struct, tgid);
	ABI_OFFSET(task_struct, comm);
	ABI_OFFSET(task_struct, user_data);
	ABI_OFFSET(task_struct, on_cpu);
	ABI_OFFSET(task_struct, on_rq);
	ABI_OFFSET(task_struct, cpu);
	ABI_OFFSET(task_struct, prio);
	ABI_OFFSET(task_struct, static_prio);
	ABI_OFFSET(task_struct, policy);
	ABI_OFFSET(task_struct, rt_priority);
	ABI_OFFSET(task_struct, cpus_mask);
	ABI_OFFSET(task_struct, real_parent);
	ABI_OFFSET(task_struct, tasks);
	ABI_OFFSET(task_struct, exit_state);
	ABI_OFFSET(task_struct, user_regs);
	ABI_OFFSET(task_struct, user_buf);
	ABI_OFFSET(task_struct, curr_ret_stack);
	ABI_OFFSET(task_struct, curr_ret_depth);
	ABI_OFFSET(task_struct, ret_stack);
	ABI_OFFSET(task_struct, tracing_graph_pause);
	ABI_OFFSET(task_struct, trace_recursion);
	ABI_OFFSET(task_struct, trace);
	ABI_SIZE(task_struct);
	ABI_CONST(THREAD_SIZE);
	ABI_CONST(TIF_USER_PARK);
	ABI_CONST(TIF_NEED_RESCHED);
	ABI_CONST(TIF_SIGPENDING);
#define ABI_REG(r)	ABI_OFFSET(pt_regs, r)
	ABI_REG(bx); ABI_REG(cx); ABI_REG(dx); ABI_REG(si); ABI_REG(di); ABI_REG(bp); ABI_REG(ax);
	ABI_REG(orig_ax); ABI_REG(ip); ABI_REG(cs); ABI_REG(flags); ABI_REG(sp); ABI_REG(ss);
#ifdef __x86_64__
	ABI_REG(r8); ABI_REG(r9); ABI_REG(r10); ABI_REG(r11); ABI_REG(r12); ABI_REG(r13); ABI_REG(r14); ABI_REG(r15);
#endif
	ABI_SIZE(pt_regs);
}
