// SPDX-License-Identifier: MIT
/*
 * Hooking returns.  A traced function's return address is kept in its task's ret_stack, and return_to_handler
 * put in its place, which asks here where to go on.
 *
 * A task's ret_stack is its own, and what interrupts it pushes and pops above: raising curr_ret_stack before the
 * slot is filled, and lowering it after it was read, is all the order that is needed.
 */
#include <linux/ftrace.h>
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/trace_clock.h>
#include <asm/ptrace.h>
#include "../tracehooks.h"
#include "trace.h"

int ftrace_graph_active;		/* the host's: it registers the tracer */
int fgraph_sleep_time = 1;		/* option sleep-time */

/* The host's: who wants to hear, trace_functions_graph.c or another.  The quick ways of the first do not ask here. */
bool (*fgraph_entry)(const struct ftrace_graph_ent *trace) = trace_graph_entry;
void (*fgraph_return)(const struct ftrace_graph_ret *trace) = trace_graph_return;

#ifdef __x86_64__	/* else arch/x86/kernel/ftrace_return_32.c hooks */

static bool ftrace_push_return_trace(unsigned long ret, unsigned long func, unsigned long *retp)
{
	struct task_struct *task = current;
	struct ftrace_ret_stack *slot;
	u64 calltime;
	int index;

	if (!task->ret_stack)
		return false;
	if (task->curr_ret_stack == FTRACE_RETFUNC_DEPTH - 1) {
		atomic_inc(&task->trace_overrun);
		return false;
	}
	calltime = trace_clock_local();
	index = ++*(volatile int *)&task->curr_ret_stack;
	barrier();
	slot = &task->ret_stack[index];
	slot->ret = ret;
	slot->func = func;
	slot->calltime = calltime;
	slot->retp = retp;
	return true;
}

/* True: the function's return is to be hooked. */
static bool function_graph_enter(unsigned long ret, unsigned long func, unsigned long *retp)
{
	struct task_struct *task = current;
	struct ftrace_graph_ent trace = { .func = func, .depth = ++*(volatile int *)&task->curr_ret_depth };

	if (ftrace_push_return_trace(ret, func, retp)) {
		if (fgraph_entry(&trace))
			return true;
		barrier();
		--*(volatile int *)&task->curr_ret_stack;
	}
	--*(volatile int *)&task->curr_ret_depth;
	return false;
}

/* ip: the call site; parent: where on the stack the function's return address is. */
no_caller_saved void prepare_ftrace_return(unsigned long ip, unsigned long *parent)
{
	trace_graph_commit_nested();
	if (!ftrace_graph_active || atomic_read(&current->tracing_graph_pause))
		return;
	if (function_graph_enter(*parent, ip, parent))
		*parent = (unsigned long)return_to_handler;
}

void ftrace_graph_func(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op, struct ftrace_regs *fregs)
{
	prepare_ftrace_return(ip, (unsigned long *)((struct pt_regs *)fregs)->sp);
}

/* For return_to_handler: where the function that returns now was called from. */
unsigned long ftrace_return_to_handler(void)
{
	struct task_struct *task = current;
	int index = task->curr_ret_stack;
	struct ftrace_graph_ret trace;
	struct ftrace_ret_stack *slot;
	unsigned long ret;

	if (unlikely(index < 0 || index >= FTRACE_RETFUNC_DEPTH))
		panic("function graph: nowhere to return to\n");
	trace_graph_commit_nested();
	slot = &task->ret_stack[index];
	ret = slot->ret;
	trace.func = slot->func;
	trace.calltime = slot->calltime;
	trace.overrun = atomic_read(&task->trace_overrun);
	trace.depth = (*(volatile int *)&task->curr_ret_depth)--;
	barrier();
	trace.rettime = trace_clock_local();
	if (ftrace_graph_active)
		fgraph_return(&trace);
	barrier();
	--*(volatile int *)&task->curr_ret_stack;
	return ret;
}

#endif

static bool graph_init_task(struct task_struct *t, gfp_t flags)
{
	/* Behind it, the profiler's: a time for each. */
	struct ftrace_ret_stack *ret_stack = kmalloc(FTRACE_RETFUNC_DEPTH * (sizeof(*ret_stack) + sizeof(u64)), flags);

	if (!ret_stack)
		return false;
	atomic_set(&t->trace_overrun, 0);
	t->ftrace_timestamp = 0;
	t->curr_ret_stack = -1;
	t->curr_ret_depth = -1;
	barrier();
	WRITE_ONCE(t->ret_stack, ret_stack);
	return true;
}

/* A new task does not go on with its parent's calls. */
void ftrace_graph_init_task(struct task_struct *t)
{
	t->ret_stack = NULL;
	t->curr_ret_stack = -1;
	t->curr_ret_depth = -1;
	atomic_set(&t->trace_overrun, 0);
	if (ftrace_graph_active)
		graph_init_task(t, GFP_KERNEL);
}

void ftrace_graph_exit_task(struct task_struct *t)
{
	struct ftrace_ret_stack *ret_stack = t->ret_stack;

	t->ret_stack = NULL;
	barrier();
	kfree(ret_stack);
}

/*
 * Gives a ret_stack to every task that has none; 0 or -ENOMEM.  The host calls it, with interrupts off, after
 * it has set ftrace_graph_active, so that no child is left out.  Stacks stay until their tasks exit: there may
 * be returns to come.
 */
long start_graph_tracing(void)
{
	struct task_struct *p, *t;
	int cpu;

	for_each_online_cpu(cpu)
		if (!idle_task(cpu)->ret_stack && !graph_init_task(idle_task(cpu), GFP_NOWAIT))
			return -ENOMEM;
	for_each_process(p) {
		t = p;
		do {
			if (!t->ret_stack && !graph_init_task(t, GFP_NOWAIT))
				return -ENOMEM;
			t = list_entry(READ_ONCE(t->thread_group.next), struct task_struct, thread_group);
		} while (t != p);
	}
	return 0;
}

/* Without option sleep-time, the time off the CPU counts for no function that waits on the stack. */
void ftrace_graph_probe_sched_switch(struct task_struct *prev, struct task_struct *next)
{
	u64 timestamp;

	if (fgraph_sleep_time)
		return;
	timestamp = trace_clock_local();
	prev->ftrace_timestamp = timestamp;
	if (!next->ftrace_timestamp)
		return;
	timestamp -= next->ftrace_timestamp;
	for (int index = next->curr_ret_stack; index >= 0; index--)
		next->ret_stack[index].calltime += timestamp;
}

#ifdef __x86_64__
/* What ftrace_fast_64.S knows. */
_Static_assert(RB_EVNT_HDR_SIZE + sizeof(struct ftrace_graph_ent_entry) == 24, "GRAPH_ENT_LENGTH");
_Static_assert(RB_EVNT_HDR_SIZE + sizeof(struct ftrace_graph_ret_entry) == 44, "GRAPH_RET_LENGTH");
_Static_assert(TRACE_GRAPH_ENT == 11 && TRACE_GRAPH_RET == 10 && sizeof(struct ftrace_ret_stack) == 32, "GRAPH");
#endif

ABI_DEFS(fgraph)
{
	ABI_SIZE(ftrace_ret_stack);
	ABI_OFFSET(ftrace_ret_stack, ret);
	ABI_OFFSET(ftrace_ret_stack, func);
	ABI_OFFSET(ftrace_ret_stack, calltime);
	ABI_OFFSET(ftrace_ret_stack, retp);
	ABI_OFFSET(task_struct, curr_ret_stack);
	ABI_OFFSET(task_struct, curr_ret_depth);
	ABI_OFFSET(task_struct, ret_stack);
	ABI_OFFSET(task_struct, trace_overrun);
	ABI_OFFSET(task_struct, tracing_graph_pause);
	ABI_OFFSET(task_struct, trace_recursion);
	ABI_CONST(FTRACE_RETFUNC_DEPTH);
}
