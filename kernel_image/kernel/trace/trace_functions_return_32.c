// SPDX-License-Identifier: MIT
/* The return tracer of 2008: one event for each call, when it is over. */
#include <linux/ftrace.h>
#include "trace.h"

int ftrace_return_active;		/* the host's: it registers the tracer; 0 again after a fault */
struct trace_array *return_array;	/* where to */

/* ret: where the function that was called returns to. */
void trace_function_return(const struct ftrace_graph_ret *trace, unsigned long ret)
{
	struct trace_array *tr = return_array;
	struct ring_buffer_event *event = ring_buffer_lock_reserve(tr->buffer, sizeof(struct ftrace_ret_entry));
	struct ftrace_ret_entry *entry;

	if (!event)
		return;
	entry = ring_buffer_event_data(event);
	*(u64 *)&entry->ent = tracing_gen_ctx(TRACE_FN_RET);
	entry->ip = trace->func;
	entry->parent_ip = ret;
	entry->calltime = trace->calltime;
	entry->rettime = trace->rettime;
	entry->overrun = trace->overrun;
	ring_buffer_unlock_commit(tr->buffer, event);
}
