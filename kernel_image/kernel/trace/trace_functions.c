// SPDX-License-Identifier: MIT
/*
 * The function tracer.  Nearly every call goes the quick ways of ftrace_fast_64.S; the rest, and i386, come here.
 */
#include <linux/ftrace.h>
#include <asm/percpu.h>
#include "trace.h"

/* As ftrace_pid_func: whether this CPU's task is not to be traced. */
bool function_trace_ignored(struct trace_array *tr)
{
	int pid = tr->data[raw_smp_processor_id()].ftrace_ignore_pid;

	/* The second test: between sched_switch and the switch, prev is still running. */
	return pid == FTRACE_PID_IGNORE || (pid != FTRACE_PID_TRACE && pid != current->pid);
}

void trace_function(struct trace_array *tr, unsigned long ip, unsigned long parent_ip, u64 trace_ctx)
{
	struct ring_buffer_event *event;
	struct ftrace_entry *entry;

	event = ring_buffer_lock_reserve(tr->buffer, sizeof(*entry));
	if (!event)
		return;
	entry = ring_buffer_event_data(event);
	*(u64 *)&entry->ent = trace_ctx;
	entry->ip = ip;
	entry->parent_ip = parent_ip;
	ring_buffer_unlock_commit(tr->buffer, event);
}

static no_caller_saved void function_trace_general(unsigned long ip, unsigned long parent_ip, struct trace_array *tr)
{
	struct trace_array_cpu *data = &tr->data[raw_smp_processor_id()];

	/* Nested in a fast path that then retreated: nobody else would commit it. */
	if (unlikely(rb_flags(data->buffer) & RB_FLAG(RB_NESTED)) && !rb_depth(data->buffer))
		__rb_end_commit(data->buffer);
	if (!function_trace_ignored(tr))
		trace_function(tr, ip, parent_ip, tracing_gen_ctx(TRACE_FN));
}

#ifdef __x86_64__

/* Where ftrace_fast_64.S gave up; it has no register left to remember the trace array. */
no_caller_saved __used void function_trace_retry(unsigned long ip, unsigned long parent_ip,
						 struct ring_buffer_per_cpu *cpu_buffer)
{
	struct trace_array *tr = ftrace_trace_arrays;

	while (tr && tr->data[cpu_buffer->cpu].buffer != cpu_buffer)
		tr = tr->next;
	if (tr)
		function_trace_general(ip, parent_ip, tr);
}

/* What ftrace_fast_64.S knows. */
_Static_assert(RB_EVNT_HDR_SIZE + sizeof(struct ftrace_entry) == 28, "FN_LENGTH");
_Static_assert(TRACE_FN == 1 && TS_SHIFT == 27 && RB_WRITE_ENTRY == 0x10000 && BUF_PAGE_HDR_SIZE == 16, "EVENT");
_Static_assert(sizeof(struct trace_array_cpu) == 32, "rb_enter");
_Static_assert(offsetof(struct pcpu_hot, cpu_number) == offsetof(struct pcpu_hot, preempt_count) + 4, "rb_enter");
_Static_assert(offsetof(struct pcpu_hot, migrate_disable) == offsetof(struct pcpu_hot, need_resched) + 2, "rb_enter");

#else

no_caller_saved void function_trace_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
					 struct ftrace_regs *fregs)
{
	function_trace_general(ip, parent_ip, op->private);
}

#endif
