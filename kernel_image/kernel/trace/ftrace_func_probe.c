// SPDX-License-Identifier: MIT
/*
 * Function probes: the commands of set_ftrace_filter, FUNC:traceoff:5 and the like.  The host makes one struct
 * ftrace_func_probe for each command of a trace array, with an ops that all its functions call.
 */
#include <linux/ftrace.h>
#include <asm/hypercall.h>
#include <asm/percpu.h>
#include "trace.h"

/* How often each function's command may still run, by call site; slots as struct ftrace_hash. */
struct ftrace_func_mapper {
	u32 bits;
	u32 count;
	struct ftrace_func_map {
		unsigned long ip;
		long data;
	} maps[];
};

struct ftrace_func_probe {
	struct ftrace_ops ops;
	void (*func)(unsigned long ip, unsigned long parent_ip, struct ftrace_func_probe *probe, unsigned long *frame);
	struct trace_array *tr;
	struct ftrace_func_mapper *data;	/* NULL: no counts */
	struct trace_event_file *private;	/* of commands about an event */
};

static long *ftrace_func_mapper_find_ip(struct ftrace_func_mapper *mapper, unsigned long ip)
{
	u32 mask, slot;

	if (!mapper)
		return NULL;
	mask = (1U << mapper->bits) - 1;
	slot = ((u32)ip * 0x9e3779b1U) >> (32 - mapper->bits);
	for (; mapper->maps[slot].ip; slot = (slot + 1) & mask)
		if (mapper->maps[slot].ip == ip)
			return &mapper->maps[slot].data;
	return NULL;
}

no_caller_saved void function_trace_probe_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
					       struct ftrace_regs *fregs)
{
	struct ftrace_func_probe *probe = container_of(op, struct ftrace_func_probe, ops);

	probe->func(ip, parent_ip, probe, __builtin_frame_address(0));
}

static void tracer_tracing_set(struct trace_array *tr, bool on)
{
	if (on)
		ring_buffer_record_on(tr->buffer);
	else
		ring_buffer_record_off(tr->buffer);
}

/* A count goes down only when tracing really changes. */
static void update_traceon_count(struct ftrace_func_probe *probe, unsigned long ip, bool on)
{
	long *count = ftrace_func_mapper_find_ip(probe->data, ip);

	if (!count || *count <= 0 || on == tracer_tracing_is_on(probe->tr))
		return;
	tracer_tracing_set(probe->tr, on);
	--*count;
}

void ftrace_traceon(unsigned long ip, unsigned long parent_ip, struct ftrace_func_probe *probe, unsigned long *frame)
{
	if (!tracer_tracing_is_on(probe->tr))
		tracer_tracing_set(probe->tr, true);
}

void ftrace_traceoff(unsigned long ip, unsigned long parent_ip, struct ftrace_func_probe *probe, unsigned long *frame)
{
	if (tracer_tracing_is_on(probe->tr))
		tracer_tracing_set(probe->tr, false);
}

void ftrace_traceon_count(unsigned long ip, unsigned long parent_ip, struct ftrace_func_probe *probe,
			  unsigned long *frame)
{
	update_traceon_count(probe, ip, true);
}

void ftrace_traceoff_count(unsigned long ip, unsigned long parent_ip, struct ftrace_func_probe *probe,
			   unsigned long *frame)
{
	update_traceon_count(probe, ip, false);
}

void ftrace_stacktrace(unsigned long ip, unsigned long parent_ip, struct ftrace_func_probe *probe,
		       unsigned long *frame)
{
	trace_function_stack(probe->tr, tracing_gen_ctx(TRACE_STACK), ip, parent_ip, frame, false);
}

/* Counts only the stacks that are recorded. */
void ftrace_stacktrace_count(unsigned long ip, unsigned long parent_ip, struct ftrace_func_probe *probe,
			     unsigned long *frame)
{
	long *count = ftrace_func_mapper_find_ip(probe->data, ip);

	if (!tracer_tracing_is_on(probe->tr) || !count || !*count)
		return;
	if (*count != -1)		/* unlimited */
		--*count;
	ftrace_stacktrace(ip, parent_ip, probe, frame);
}

static void update_event_probe(struct ftrace_func_probe *probe, unsigned long ip, bool on)
{
	struct trace_event_file *file = probe->private;
	long *count = ftrace_func_mapper_find_ip(probe->data, ip);

	if (on == !(file->flags & EVENT_FILE_FL_SOFT_DISABLED))
		return;
	if (count) {
		if (*count <= 0)
			return;
		--*count;
	}
	file->flags ^= EVENT_FILE_FL_SOFT_DISABLED;
}

void ftrace_event_enable(unsigned long ip, unsigned long parent_ip, struct ftrace_func_probe *probe, unsigned long *frame)
{
	update_event_probe(probe, ip, true);
}

void ftrace_event_disable(unsigned long ip, unsigned long parent_ip, struct ftrace_func_probe *probe,
			  unsigned long *frame)
{
	update_event_probe(probe, ip, false);
}

/* For commands that the host carries out. */
void ftrace_host_probe(unsigned long ip, unsigned long parent_ip, struct ftrace_func_probe *probe, unsigned long *frame)
{
	long *count = ftrace_func_mapper_find_ip(probe->data, ip);

	if (count) {
		if (*count <= 0)
			return;
		--*count;
	}
	hypercall(HC_FTRACE_PROBE, (long)probe, ip, parent_ip, 0);
}

ABI_DEFS(ftrace_func_probe)
{
	ABI_SIZE(ftrace_func_probe);
	ABI_OFFSET(ftrace_func_probe, func);
	ABI_OFFSET(ftrace_func_probe, tr);
	ABI_OFFSET(ftrace_func_probe, data);
	ABI_OFFSET(ftrace_func_probe, private);
	ABI_OFFSET(ftrace_func_mapper, bits);
	ABI_OFFSET(ftrace_func_mapper, count);
	ABI_OFFSET(ftrace_func_mapper, maps);
	ABI_SIZE(ftrace_func_map);
}
