// SPDX-License-Identifier: MIT
/*
 * Hooking returns as the kernels of 2008 did: for the return tracer (2.6.28's successors) and for function_graph of
 * 2.6.29.  A hooked function's return address is kept in its task's stack of them, and return_to_handler put in its
 * place.
 *
 * No lock and no cli (S3).  A task's stack is its own; what interrupts it on its CPU pushes above and pops again.  So
 * a push raises the index before it fills the slot, and a pop reads the slot before it lowers the index.
 */
#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/extable.h>
#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <asm/extable.h>
#include "../../../kernel/trace/trace.h"

asmlinkage void prepare_ftrace_return_pushed(unsigned long *parent, unsigned long self_addr);
unsigned long ftrace_return_to_handler(void);

/* A task has twenty slots in itself; function_graph gives it fifty. */
static int push_return_trace(unsigned long ret, u64 time, unsigned long func, int *depth)
{
	struct task_struct *task = current;
	struct ftrace_ret_stack *slot = task->ret_stack;
	int size = slot ? FTRACE_RETFUNC_DEPTH : FTRACE_RET_STACK_SIZE, index;

	if (!slot) {
		if (ftrace_graph_active)
			return -EBUSY;
		slot = task->return_stack;
	}
	if (task->curr_ret_stack == size - 1) {
		atomic_inc(&task->trace_overrun);
		return -EBUSY;
	}
	index = ++task->curr_ret_stack;
	barrier();
	slot += index;
	slot->ret = ret;
	slot->func = func;
	slot->calltime = time;
	*depth = index;
	return 0;
}

static unsigned long pop_return_trace(struct ftrace_graph_ret *trace)
{
	struct task_struct *task = current;
	struct ftrace_ret_stack *slot = task->ret_stack ?: task->return_stack;
	int index = task->curr_ret_stack;
	unsigned long ret;

	if (unlikely(index < 0))
		panic("function return: nowhere to return to\n");
	slot += index;
	ret = slot->ret;
	trace->func = slot->func;
	trace->calltime = slot->calltime;
	trace->overrun = atomic_read(&task->trace_overrun);
	trace->depth = index;
	barrier();
	task->curr_ret_stack--;
	return ret;
}

/* For return_to_handler: where to go on. */
unsigned long ftrace_return_to_handler(void)
{
	struct ftrace_graph_ret trace;
	unsigned long ret = pop_return_trace(&trace);

	trace.rettime = cpu_clock(raw_smp_processor_id());
	if (ftrace_graph_active)
		trace_graph_return(&trace);
	else if (ftrace_return_active)
		trace_function_return(&trace, ret);
	return ret;
}

/* Both tracers end for good when a stack is not what it should be. */
static void unregister_ftrace_return(void)
{
	ftrace_graph_active = 0;
	ftrace_return_active = 0;
}

static __always_inline void hook_return(unsigned long *parent, unsigned long self_addr)
{
	struct ftrace_graph_ent trace = { .func = self_addr };
	unsigned long old, hooker = (unsigned long)return_to_handler;
	u64 calltime;
	int faulted, depth;

	if (in_nmi() || !(ftrace_graph_active | ftrace_return_active) || atomic_read(&current->tracing_graph_pause))
		return;

	/* parent is used as an address: it must be in a register (S5). */
	asm volatile("1:	movl	(%[parent]), %[old]\n"
		     "2:	movl	%[hooker], (%[parent])\n"
		     "	movl	$0, %[faulted]\n"
		     "3:\n"
		     ".pushsection .fixup, \"ax\"\n"
		     "4:	movl	$1, %[faulted]\n"
		     "	jmp	3b\n"
		     ".popsection\n"
		     _ASM_EXTABLE(1b, 4b)
		     _ASM_EXTABLE(2b, 4b)
		     : [parent_replaced] "=r" (parent), [old] "=&r" (old), [faulted] "=&r" (faulted)
		     : [parent] "0" (parent), [hooker] "r" (hooker)
		     : "memory");
	if (unlikely(faulted)) {
		unregister_ftrace_return();
		WARN_ON(1);
		return;
	}
	if (unlikely(!__kernel_text_address(old))) {
		unregister_ftrace_return();
		*parent = old;
		WARN_ON(1);
		return;
	}
	calltime = cpu_clock(raw_smp_processor_id());
	if (push_return_trace(old, calltime, self_addr, &depth) == -EBUSY) {
		*parent = old;
		return;
	}
	trace.depth = depth;
	if (ftrace_graph_active && !trace_graph_entry(&trace)) {
		barrier();
		current->curr_ret_stack--;
		*parent = old;
	}
}

/* parent: where on the stack the traced function's return address is. */
__attribute__((regparm(3))) void prepare_ftrace_return(unsigned long *parent, unsigned long self_addr)
{
	hook_return(parent, self_addr);
}

/* The same as it was called before S2. */
asmlinkage void prepare_ftrace_return_pushed(unsigned long *parent, unsigned long self_addr)
{
	hook_return(parent, self_addr);
}

ABI_DEFS(ftrace_return_32)
{
	ABI_OFFSET(task_struct, return_stack);
	ABI_OFFSET(task_struct, trace_overrun);
	ABI_CONST(FTRACE_RET_STACK_SIZE);
}
