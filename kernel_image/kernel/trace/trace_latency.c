// SPDX-License-Identifier: MIT
/* What the tracers of latencies share: is it a maximum, and what is kept of one. */
#include <linux/ftrace.h>
#include <linux/cred.h>
#include <linux/irqflags.h>
#include <asm/hypercall.h>
#include "trace.h"

bool latency_is_reported(struct trace_array *tr, u64 delta)
{
	return tracing_thresh ? delta >= tracing_thresh : delta > tr->max_latency;
}

void trace_latency_function(struct trace_array *tr, unsigned long ip, unsigned long parent_ip, u64 trace_ctx)
{
	if (tr->trace_flags & TRACE_ITER_DISPLAY_GRAPH)
		trace_graph_function(tr, ip, trace_ctx);
	else
		trace_function(tr, ip, parent_ip, trace_ctx);
}

static void __update_max_tr(struct trace_array *tr, struct task_struct *tsk, struct max_trace *max, bool single)
{
	/* The buffer is at rest: tracing_on is 0, or somebody reads the maximum that there is. */
	if (tr->buffer->record_disabled)
		return;
	__builtin_memcpy(max->comm, tsk->comm, TASK_COMM_LEN);
	max->pid = tsk->pid;
	max->uid = task_uid(tsk).val;
	max->nice = tsk->static_prio - 120;
	max->policy = tsk->policy;
	max->rt_priority = tsk->rt_priority;
	trace_save_cmdline(tsk);
	hypercall(HC_TRACE_MAX, (long)tr, (long)max, single, 0);
}

/* This CPU's part of the buffer becomes the maximum. */
void update_max_tr_single(struct trace_array *tr, struct task_struct *tsk, u64 latency, u64 time_start,
			  unsigned long critical_start, unsigned long critical_end)
{
	struct max_trace max = {
		.latency = latency, .time_start = time_start, .cpu = raw_smp_processor_id(),
		.critical_start = critical_start, .critical_end = critical_end,
	};

	__update_max_tr(tr, tsk, &max, true);
}

/* The whole buffer does; cpu: the one whose latency it is. */
void update_max_tr(struct trace_array *tr, struct task_struct *tsk, int cpu, u64 latency, u64 time_start)
{
	struct max_trace max = { .latency = latency, .time_start = time_start, .cpu = cpu };

	__update_max_tr(tr, tsk, &max, false);
}

ABI_DEFS(trace_latency)
{
	ABI_OFFSET(trace_array, max_latency);
	ABI_OFFSET(max_trace, latency);
	ABI_OFFSET(max_trace, time_start);
	ABI_OFFSET(max_trace, critical_start);
	ABI_OFFSET(max_trace, critical_end);
	ABI_OFFSET(max_trace, cpu);
	ABI_OFFSET(max_trace, pid);
	ABI_OFFSET(max_trace, uid);
	ABI_OFFSET(max_trace, nice);
	ABI_OFFSET(max_trace, policy);
	ABI_OFFSET(max_trace, rt_priority);
	ABI_OFFSET(max_trace, comm);
}
