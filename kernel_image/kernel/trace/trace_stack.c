// SPDX-License-Identifier: MIT
/*
 * The stack tracer: at each call it looks how deep the stack is, and keeps the deepest there was.
 *
 * A function's depth is told by where its return address behind the call site stands, for it has no frame yet.
 */
#include <linux/ftrace.h>
#include <linux/irqflags.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <asm/ptrace.h>
#include "trace.h"

#define STACK_TRACE_ENTRIES	500

/* The deepest stack; under stack_trace_max_lock, the host reads it while the machine stands. */
unsigned long stack_trace_max_size;
unsigned long stack_trace_nr_entries;
unsigned long stack_dump_trace[STACK_TRACE_ENTRIES];	/* addresses, innermost first */
unsigned long stack_trace_index[STACK_TRACE_ENTRIES];	/* bytes from where each stands to the top */

#ifdef __x86_64__

static arch_spinlock_t stack_trace_max_lock;
static u32 disable_stack_tracer[NR_CPUS];		/* this CPU is inside of it */

static unsigned long depth_of(const void *slot)
{
	return THREAD_SIZE - ((unsigned long)slot & (THREAD_SIZE - 1));
}

static void stack_add(unsigned long addr, const void *slot)
{
	if (stack_trace_nr_entries == STACK_TRACE_ENTRIES)
		return;
	stack_dump_trace[stack_trace_nr_entries] = addr;
	stack_trace_index[stack_trace_nr_entries++] = depth_of(slot);
}

/* From slot, where the address behind the site stands, outwards; frame is that of the function's caller. */
static void stack_save(unsigned long *slot, unsigned long *frame)
{
	unsigned long top = ((unsigned long)slot & -THREAD_SIZE) + THREAD_SIZE;

	stack_trace_nr_entries = 0;
	stack_add(slot[0], slot);
	stack_add(ftrace_graph_ret_addr(slot[1], slot + 1), slot + 1);
	while ((unsigned long)(frame + 2) <= top && frame > slot) {
		unsigned long next = frame[0];

		stack_add(ftrace_graph_ret_addr(frame[1], frame + 1), frame + 1);
		if (next & 1) {
			struct pt_regs *regs = (struct pt_regs *)(next - 1);

			if ((unsigned long)(regs + 1) > top || user_mode(regs))
				break;
			stack_add(regs->ip, &regs->ip);
			next = regs->bp;
		}
		if (next <= (unsigned long)frame)
			break;
		frame = (unsigned long *)next;
	}
}

static void check_stack(unsigned long ip, unsigned long parent_ip, unsigned long *frame)
{
	unsigned long *slot;

	/* The tracer stands on top: it is deeper than the function, so most calls end here. */
	if (depth_of(frame) <= stack_trace_max_size || this_hot->preempt_count & 0x00f00000)
		return;
	slot = ftrace_find_site(&frame, ip, parent_ip);
	if (!slot || depth_of(slot) <= stack_trace_max_size)
		return;
	arch_spin_lock(&stack_trace_max_lock);
	if (depth_of(slot) > stack_trace_max_size) {
		stack_trace_max_size = depth_of(slot);
		stack_save(slot, frame);
	}
	arch_spin_unlock(&stack_trace_max_lock);
}

no_caller_saved void stack_trace_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
				      struct ftrace_regs *fregs)
{
	unsigned long flags = arch_local_irq_save();

	if (!this_cpu_read(disable_stack_tracer)) {
		this_cpu_inc(disable_stack_tracer);
		check_stack(ip, parent_ip, __builtin_frame_address(0));
		this_cpu_dec(disable_stack_tracer);
	}
	arch_irq_restore_quietly(flags);
}

#else	/* 2008's kernels were built without it */

no_caller_saved void stack_trace_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
				      struct ftrace_regs *fregs)
{
}

#endif

ABI_DEFS(trace_stack)
{
	ABI_CONST(STACK_TRACE_ENTRIES);
}
