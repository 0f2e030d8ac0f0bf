// SPDX-License-Identifier: MIT
/*
 * The tracers wakeup, wakeup_rt and wakeup_dl: how long the most urgent task waits from its wake-up until it runs.
 * When the longest such time is over, the buffer changes places with the max buffer.
 */
#include <linux/ftrace.h>
#include <linux/irqflags.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <trace/events/sched.h>
#include "trace.h"

enum {
	WAKEUP_RT	= 1,		/* real-time and deadline tasks only */
	WAKEUP_DL	= 2,		/* deadline tasks only */
};

/* The host's. */
struct trace_array *wakeup_trace;
u32 wakeup_trace_type;
u32 wakeup_tracer_enabled;

/* Who is being waited for; under wakeup_lock.  The host resets the first two. */
struct task_struct *wakeup_task;
unsigned int wakeup_prio = -1;
static pid_t wakeup_pid;		/* a task that ended makes room for another */
static int wakeup_cpu;			/* where it was woken */
static int wakeup_current_cpu;		/* where it is to run */
static u64 wakeup_timestamp;
static arch_spinlock_t wakeup_lock;
static u32 wakeup_disabled[NR_CPUS];	/* this CPU is inside the tracer */

static bool dl_task(struct task_struct *p) { return p->prio < 0; }

/* Index of a state in "RSDTtXZPI". */
static u8 state_index(struct task_struct *p)
{
	unsigned int state = (p->__state | p->exit_state) & TASK_REPORT;

	if ((p->__state & TASK_IDLE) == TASK_IDLE)
		state = TASK_REPORT_IDLE;
	return state ? 32 - __builtin_clz(state) : 0;
}

void tracing_ctxwake_trace(struct trace_array *tr, u16 type, struct task_struct *prev, struct task_struct *next,
			   u64 trace_ctx)
{
	struct ctx_switch_entry *entry;
	struct ring_buffer_event *event;

	event = ring_buffer_lock_reserve(tr->buffer, sizeof(*entry));
	if (!event)
		return;
	entry = ring_buffer_event_data(event);
	*(u64 *)&entry->ent = (trace_ctx & ~0xffffULL) | type;
	entry->prev_pid = prev->pid;
	entry->prev_prio = prev->prio;
	entry->prev_state = state_index(prev);
	entry->next_pid = next->pid;
	entry->next_prio = next->prio;
	entry->next_state = state_index(next);
	entry->next_cpu = task_cpu(next);
	ring_buffer_unlock_commit(tr->buffer, event);
}

static void __wakeup_reset(void)
{
	wakeup_prio = -1;
	wakeup_task = NULL;
}

/* Return addresses n levels above the function whose frame it is; 0 where 6.1 has no frames to tell. */
static unsigned long caller_addr(unsigned long *frame, int n)
{
#ifdef __x86_64__
	return n ? 0 : frame[1];
#else
	while (n--)
		frame = (unsigned long *)frame[0];
	return frame[1];
#endif
}

static bool wakeup_is_next(struct task_struct *next)
{
	return wakeup_tracer_enabled && next == wakeup_task && next->pid == wakeup_pid;
}

static void probe_wakeup_sched_switch(bool preempt, struct task_struct *prev, struct task_struct *next,
				      unsigned int prev_state)
{
	unsigned long *frame = __builtin_frame_address(0);
	u64 delta, trace_ctx;

	if (!wakeup_is_next(next))
		return;
	trace_save_cmdline(prev);
	if (this_cpu_read(wakeup_disabled))
		return;
	this_cpu_inc(wakeup_disabled);
	trace_ctx = tracing_gen_ctx(TRACE_FN);
	arch_spin_lock(&wakeup_lock);
	if (wakeup_is_next(next)) {
		trace_latency_function(wakeup_trace, caller_addr(frame, 0), caller_addr(frame, 1), trace_ctx);
		if (LATENCY_STACKS) {
			tracing_ctxwake_trace(wakeup_trace, TRACE_CTX, prev, next, trace_ctx);
			__ftrace_trace_stack(wakeup_trace, trace_ctx);
		}
		delta = ring_buffer_time_stamp(wakeup_trace->buffer) - wakeup_timestamp;
		if (latency_is_reported(wakeup_trace, delta))
			update_max_tr(wakeup_trace, next, wakeup_cpu, delta, wakeup_timestamp);
		__wakeup_reset();
	}
	arch_spin_unlock(&wakeup_lock);
	this_cpu_dec(wakeup_disabled);
}

/* Is p more urgent than whoever runs here and whoever is waited for?  A deadline task is not given up. */
static bool wakeup_is_wanted(struct task_struct *p)
{
	if (!wakeup_tracer_enabled || (wakeup_task && dl_task(wakeup_task)))
		return false;
	if ((wakeup_trace_type & WAKEUP_DL && !dl_task(p)) || (wakeup_trace_type & WAKEUP_RT && !rt_task(p)))
		return false;
	return dl_task(p) || ((unsigned int)p->prio < wakeup_prio && p->prio < current->prio);
}

/* Interrupts are off. */
static void probe_wakeup(struct task_struct *p)
{
	unsigned long *frame = __builtin_frame_address(0);
	u64 trace_ctx;

	if (!wakeup_tracer_enabled)
		return;
	trace_save_cmdline(p);
	trace_save_cmdline(current);
	if (!wakeup_is_wanted(p) || this_cpu_read(wakeup_disabled))
		return;
	this_cpu_inc(wakeup_disabled);
	trace_ctx = tracing_gen_ctx(TRACE_FN);
	arch_spin_lock(&wakeup_lock);
	if (wakeup_is_wanted(p)) {
		wakeup_cpu = wakeup_current_cpu = task_cpu(p);
		wakeup_prio = p->prio;
		wakeup_pid = p->pid;
		wakeup_timestamp = ring_buffer_time_stamp(wakeup_trace->buffer);
		WRITE_ONCE(wakeup_task, p);
		if (LATENCY_STACKS) {
			tracing_ctxwake_trace(wakeup_trace, TRACE_WAKE, current, p, trace_ctx);
			__ftrace_trace_stack(wakeup_trace, trace_ctx);
		}
		trace_latency_function(wakeup_trace, caller_addr(frame, 1), caller_addr(frame, 2), trace_ctx);
	}
	arch_spin_unlock(&wakeup_lock);
	this_cpu_dec(wakeup_disabled);
}

static void probe_wakeup_migrate_task(struct task_struct *p, int dest_cpu)
{
	if (p == wakeup_task)
		wakeup_current_cpu = dest_cpu;
}

/* The host calls it when a tracer of the family begins, and when it ends. */
void wakeup_tracer_probes(long on)
{
	if (on) {
		register_trace_prio_sched_wakeup(probe_wakeup, TRACEPOINT_DEFAULT_PRIO);
		register_trace_prio_sched_wakeup_new(probe_wakeup, TRACEPOINT_DEFAULT_PRIO);
		register_trace_prio_sched_switch(probe_wakeup_sched_switch, TRACEPOINT_DEFAULT_PRIO);
		register_trace_prio_sched_migrate_task(probe_wakeup_migrate_task, TRACEPOINT_DEFAULT_PRIO);
		return;
	}
	tracepoint_probe_unregister(&__tracepoint_sched_wakeup, probe_wakeup);
	tracepoint_probe_unregister(&__tracepoint_sched_wakeup_new, probe_wakeup);
	tracepoint_probe_unregister(&__tracepoint_sched_switch, probe_wakeup_sched_switch);
	tracepoint_probe_unregister(&__tracepoint_sched_migrate_task, probe_wakeup_migrate_task);
}

/* Whether what happens here is to be recorded; with interrupts off, until wakeup_function_end(). */
static bool wakeup_function_begin(unsigned long *flags)
{
	if (!READ_ONCE(wakeup_task))
		return false;
	*flags = arch_local_irq_save();
	if (raw_smp_processor_id() == wakeup_current_cpu && !this_cpu_read(wakeup_disabled)) {
		this_cpu_inc(wakeup_disabled);
		return true;
	}
	arch_irq_restore_quietly(*flags);
	return false;
}

static void wakeup_function_end(unsigned long flags)
{
	this_cpu_dec(wakeup_disabled);
	arch_irq_restore_quietly(flags);
}

/* Functions in between (option function-trace), where the task is to run; wakeup_tracer_entry looks for one first. */
no_caller_saved void wakeup_tracer_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
					struct ftrace_regs *fregs)
{
	unsigned long flags;

	if (!wakeup_function_begin(&flags))
		return;
	if (!function_trace_ignored(wakeup_trace))
		trace_function(wakeup_trace, ip, parent_ip, tracing_gen_ctx_flags(TRACE_FN, flags));
	wakeup_function_end(flags);
}

/* With option display-graph: the same as entries and returns; fgraph.c calls these. */
bool wakeup_graph_entry(const struct ftrace_graph_ent *trace)
{
	unsigned long flags;
	bool recorded;

	if (trace_graph_ignores(trace) || !wakeup_function_begin(&flags))
		return false;
	recorded = __trace_graph_entry(wakeup_trace, trace, tracing_gen_ctx_flags(TRACE_GRAPH_ENT, flags));
	wakeup_function_end(flags);
	return recorded;
}

void wakeup_graph_return(const struct ftrace_graph_ret *trace)
{
	unsigned long flags;

	trace_graph_finish(trace);
	if (!wakeup_function_begin(&flags))
		return;
	__trace_graph_return(wakeup_trace, trace, tracing_gen_ctx_flags(TRACE_GRAPH_RET, flags));
	wakeup_function_end(flags);
}
