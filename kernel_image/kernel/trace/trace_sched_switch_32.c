// SPDX-License-Identifier: MIT
/* The tracer sched_switch of 2008, before there were events: who wakes whom, and who leaves a CPU to whom. */
#include <linux/sched.h>
#include <trace/events/sched.h>
#include "trace.h"

/* The host's. */
struct trace_array *sched_switch_trace;
u32 sched_switch_tracer_enabled;

/* frame: of the probe, which the tracepoint's iterator called. */
static void record(u16 type, struct task_struct *prev, struct task_struct *next, unsigned long *frame)
{
	u64 trace_ctx;

	if (!sched_switch_tracer_enabled)
		return;
	trace_ctx = tracing_gen_ctx(type);
	tracing_ctxwake_trace(sched_switch_trace, type, prev, next, trace_ctx);
	if (sched_switch_trace->trace_flags & TRACE_ITER_STACKTRACE)
		__trace_stack(sched_switch_trace, trace_ctx, (unsigned long *)*frame);
}

static void probe_sched_switch(bool preempt, struct task_struct *prev, struct task_struct *next, unsigned int prev_state)
{
	trace_save_cmdline(prev);
	trace_save_cmdline(next);
	record(TRACE_CTX, prev, next, __builtin_frame_address(0));
}

static void probe_sched_wakeup(struct task_struct *wakee)
{
	trace_save_cmdline(current);
	record(TRACE_WAKE, current, wakee, __builtin_frame_address(0));
}

/* The host.  In 2008 a wake-up was traced before the wakee's state changed: what is sched_waking's place today. */
void sched_switch_tracer_probes(long on)
{
	if (on) {
		register_trace_prio_sched_waking(probe_sched_wakeup, TRACEPOINT_DEFAULT_PRIO);
		register_trace_prio_sched_wakeup_new(probe_sched_wakeup, TRACEPOINT_DEFAULT_PRIO);
		register_trace_prio_sched_switch(probe_sched_switch, TRACEPOINT_DEFAULT_PRIO);
		return;
	}
	tracepoint_probe_unregister(&__tracepoint_sched_waking, probe_sched_wakeup);
	tracepoint_probe_unregister(&__tracepoint_sched_wakeup_new, probe_sched_wakeup);
	tracepoint_probe_unregister(&__tracepoint_sched_switch, probe_sched_switch);
}
