// SPDX-License-Identifier: MIT
/*
 * The function graph tracer: what it records of a call that fgraph.c hooks.  The host sets the variables here
 * while the machine stands.
 */
#include <linux/ftrace.h>
#include <linux/trace_clock.h>
#include "trace.h"

/* Bits of a task's trace_recursion. */
#define TRACE_GRAPH_DEPTH	0x30UL	/* depth modulo 4 of the function that TRACE_GRAPH stands for */
#define TRACE_GRAPH_DEPTH_SHIFT	4
#define TRACE_IRQ		0x40UL	/* that function was called by an interrupt */

struct trace_array *graph_array;			/* where to; the top array, once it was used */
struct ftrace_hash *ftrace_graph_hash;			/* set_graph_function; NULL: all */
struct ftrace_hash *ftrace_graph_notrace_hash;		/* set_graph_notrace; NULL: none */
unsigned int fgraph_max_depth;				/* 0: no limit */
int ftrace_graph_skip_irqs;				/* without option funcgraph-irqs */
unsigned long tracing_thresh;				/* ns */
u32 fgraph_unusual = 1;		/* nonzero unless the graph tracer runs and all of the above are at rest */

static bool in_hardirq(void)
{
	return this_hot->preempt_count & 0x000f0000;
}

/* An interrupt's event may be left over where the fast path gave way to the general one: nobody else commits it. */
void trace_graph_commit_nested(void)
{
	struct ring_buffer_per_cpu *cpu_buffer;

	if (!graph_array)
		return;
	cpu_buffer = graph_array->data[raw_smp_processor_id()].buffer;
	if (unlikely(rb_flags(cpu_buffer) & RB_FLAG(RB_NESTED)) && !rb_depth(cpu_buffer))
		__rb_end_commit(cpu_buffer);
}

static bool ftrace_graph_addr(const struct ftrace_graph_ent *trace)
{
	struct ftrace_hash *hash = ftrace_graph_hash;
	unsigned long bits;

	if (!hash)
		return true;
	if (!ftrace_hash_contains(hash, trace->func))
		return false;
	bits = current->trace_recursion & ~(TRACE_GRAPH_DEPTH | TRACE_IRQ);
	bits |= TRACE_GRAPH | (((unsigned long)trace->depth << TRACE_GRAPH_DEPTH_SHIFT) & TRACE_GRAPH_DEPTH);
	current->trace_recursion = bits | (in_hardirq() ? TRACE_IRQ : 0);
	return true;
}

static void ftrace_graph_addr_finish(const struct ftrace_graph_ret *trace)
{
	unsigned long bits = current->trace_recursion;

	if (bits & TRACE_GRAPH && (unsigned long)trace->depth == (bits & TRACE_GRAPH_DEPTH) >> TRACE_GRAPH_DEPTH_SHIFT)
		current->trace_recursion = bits & ~TRACE_GRAPH;
}

static bool ftrace_graph_ignore_func(const struct ftrace_graph_ent *trace)
{
	return (!(current->trace_recursion & TRACE_GRAPH) && !ftrace_graph_addr(trace)) || trace->depth < 0 ||
	       (fgraph_max_depth && (unsigned int)trace->depth >= fgraph_max_depth);
}

static bool ftrace_graph_ignore_irqs(void)
{
	return ftrace_graph_skip_irqs && !(current->trace_recursion & TRACE_IRQ) && in_hardirq();
}

static bool graph_ignores_task(struct trace_array *tr)
{
#ifdef __x86_64__
	/* As 6.1, which still takes the task that is being switched from for the next one. */
	return tr->data[raw_smp_processor_id()].ftrace_ignore_pid == FTRACE_PID_IGNORE;
#else
	return function_trace_ignored(tr);
#endif
}

bool __trace_graph_entry(struct trace_array *tr, const struct ftrace_graph_ent *trace, u64 trace_ctx)
{
	struct ftrace_graph_ent_entry *entry;
	struct ring_buffer_event *event;

	event = ring_buffer_lock_reserve(tr->buffer, sizeof(*entry));
	if (!event)
		return false;
	entry = ring_buffer_event_data(event);
	*(u64 *)&entry->ent = (trace_ctx & ~0xffffULL) | TRACE_GRAPH_ENT;
	entry->graph_ent = *trace;
	ring_buffer_unlock_commit(tr->buffer, event);
	return true;
}

void __trace_graph_return(struct trace_array *tr, const struct ftrace_graph_ret *trace, u64 trace_ctx)
{
	struct ftrace_graph_ret_entry *entry;
	struct ring_buffer_event *event;

	event = ring_buffer_lock_reserve(tr->buffer, sizeof(*entry));
	if (!event)
		return;
	entry = ring_buffer_event_data(event);
	*(u64 *)&entry->ent = (trace_ctx & ~0xffffULL) | TRACE_GRAPH_RET;
	entry->ret = *trace;
	ring_buffer_unlock_commit(tr->buffer, event);
}

/* As if the function at ip had been called, and had returned at once. */
void trace_graph_function(struct trace_array *tr, unsigned long ip, u64 trace_ctx)
{
	u64 now = trace_clock_local();
	struct ftrace_graph_ent ent = { .func = ip, .depth = 0 };
	struct ftrace_graph_ret ret = { .func = ip, .depth = 0, .calltime = now, .rettime = now };

	__trace_graph_entry(tr, &ent, trace_ctx);
	__trace_graph_return(tr, &ret, trace_ctx);
}

/* For other tracers that show calls: whether the filters of function_graph leave this one out. */
bool trace_graph_ignores(const struct ftrace_graph_ent *trace)
{
	return ftrace_graph_ignore_func(trace) ||
	       (ftrace_graph_notrace_hash && ftrace_hash_contains(ftrace_graph_notrace_hash, trace->func));
}

void trace_graph_finish(const struct ftrace_graph_ret *trace)
{
	ftrace_graph_addr_finish(trace);
}

/* Records an entry; false: its return is not to be hooked. */
bool trace_graph_entry(const struct ftrace_graph_ent *trace)
{
	struct trace_array *tr = graph_array;

	if (current->trace_recursion & TRACE_GRAPH_NOTRACE)
		return false;
	/* Hooked for the sake of its return, which ends the silence. */
	if (ftrace_graph_notrace_hash && ftrace_hash_contains(ftrace_graph_notrace_hash, trace->func)) {
		current->trace_recursion |= TRACE_GRAPH_NOTRACE;
		return true;
	}
	if (graph_ignores_task(tr))
		return false;
	if (ftrace_graph_ignore_func(trace) || ftrace_graph_ignore_irqs())
		return false;
	return tracing_thresh || __trace_graph_entry(tr, trace, tracing_gen_ctx(TRACE_GRAPH_ENT));
}

/* Records a return. */
void trace_graph_return(const struct ftrace_graph_ret *trace)
{
	ftrace_graph_addr_finish(trace);
	if (current->trace_recursion & TRACE_GRAPH_NOTRACE) {
		current->trace_recursion &= ~TRACE_GRAPH_NOTRACE;
		return;
	}
	if (trace->rettime - trace->calltime >= tracing_thresh)
		__trace_graph_return(graph_array, trace, tracing_gen_ctx(TRACE_GRAPH_RET));
}

ABI_DEFS(trace_functions_graph)
{
	ABI_CONST(TRACE_GRAPH_BITS);
}
