// SPDX-License-Identifier: MIT
/* What the function tracer calls with its options func_stack_trace and func-no-repeats. */
#include <linux/ftrace.h>
#include <linux/trace_clock.h>
#include <linux/irqflags.h>
#include <asm/percpu.h>
#include "trace.h"

#define MAX_REPEATS	0xffff

no_caller_saved void function_stack_trace_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
					       struct ftrace_regs *fregs)
{
	struct trace_array *tr = op->private;
	unsigned long flags;
	u64 trace_ctx;

	if (function_trace_ignored(tr))
		return;
	flags = arch_local_irq_save();
	trace_ctx = tracing_gen_ctx_flags(TRACE_FN, flags);
	trace_function(tr, ip, parent_ip, trace_ctx);
	trace_function_stack(tr, trace_ctx, ip, parent_ip, __builtin_frame_address(0), true);
	arch_irq_restore_quietly(flags);
}

static void trace_last_func_repeats(struct trace_array *tr, struct trace_func_repeats *last, u64 trace_ctx)
{
	struct func_repeats_entry *entry;
	struct ring_buffer_event *event;
	u64 delta;

	event = ring_buffer_lock_reserve(tr->buffer, sizeof(*entry));
	if (!event)
		return;
	delta = tr->data[raw_smp_processor_id()].buffer->write_stamp - last->ts_last_call;
	entry = ring_buffer_event_data(event);
	*(u64 *)&entry->ent = (trace_ctx & ~0xffffULL) | TRACE_FUNC_REPEATS;
	entry->ip = last->ip;
	entry->parent_ip = last->parent_ip;
	entry->count = last->count;
	entry->top_delta_ts = delta >> 32;
	entry->bottom_delta_ts = delta;
	ring_buffer_unlock_commit(tr->buffer, event);
}

/* True: the same call again, which is only counted.  An interrupt in here can spoil a count, nothing else. */
static bool is_repeat(struct trace_array *tr, unsigned long ip, unsigned long parent_ip)
{
	struct trace_func_repeats *last = &tr->last_func_repeats[raw_smp_processor_id()];

	if (last->ip != ip || last->parent_ip != parent_ip || last->count == MAX_REPEATS)
		return false;
	last->ts_last_call = ring_buffer_time_stamp(tr->buffer);
	last->count++;
	return true;
}

static void process_repeats(struct trace_array *tr, unsigned long ip, unsigned long parent_ip, u64 trace_ctx)
{
	struct trace_func_repeats *last = &tr->last_func_repeats[raw_smp_processor_id()];

	if (last->count) {
		trace_last_func_repeats(tr, last, trace_ctx);
		last->count = 0;
	}
	last->ip = ip;
	last->parent_ip = parent_ip;
}

no_caller_saved void function_no_repeats_trace_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
						    struct ftrace_regs *fregs)
{
	struct trace_array *tr = op->private;
	u64 trace_ctx;

	if (function_trace_ignored(tr) || is_repeat(tr, ip, parent_ip))
		return;
	trace_ctx = tracing_gen_ctx(TRACE_FN);
	process_repeats(tr, ip, parent_ip, trace_ctx);
	trace_function(tr, ip, parent_ip, trace_ctx);
}

no_caller_saved void function_stack_no_repeats_trace_call(unsigned long ip, unsigned long parent_ip,
							  struct ftrace_ops *op, struct ftrace_regs *fregs)
{
	struct trace_array *tr = op->private;
	unsigned long flags;
	u64 trace_ctx;

	if (function_trace_ignored(tr))
		return;
	flags = arch_local_irq_save();
	if (!is_repeat(tr, ip, parent_ip)) {
		trace_ctx = tracing_gen_ctx_flags(TRACE_FN, flags);
		process_repeats(tr, ip, parent_ip, trace_ctx);
		trace_function(tr, ip, parent_ip, trace_ctx);
		trace_function_stack(tr, trace_ctx, ip, parent_ip, __builtin_frame_address(0), true);
	}
	arch_irq_restore_quietly(flags);
}
