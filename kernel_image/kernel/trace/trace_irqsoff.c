// SPDX-License-Identifier: MIT
/*
 * The tracers irqsoff, preemptoff and preemptirqsoff: how long interrupts, preemption, or either were off.  The
 * longest such section is kept: its CPU's part of the buffer changes places with the max buffer's.
 */
#include <linux/ftrace.h>
#include <linux/spinlock.h>
#include "trace.h"

enum {
	TRACER_IRQS_OFF		= 1 << 1,
	TRACER_PREEMPT_OFF	= 1 << 2,
};

/* The host's. */
struct trace_array *irqsoff_trace;
u32 irqsoff_trace_type;
u32 irqsoff_tracer_enabled;

/* What is known of the section that this_hot->tracing_cpu tells of; owned by the CPU. */
struct irqsoff_section {
	u64 preempt_timestamp;
	unsigned long critical_start, critical_end;
	unsigned long critical_sequence;
	u32 disabled;			/* this CPU is inside the tracer */
};
static struct irqsoff_section irqsoff_sections[NR_CPUS];
static unsigned long max_sequence;	/* another maximum, on any CPU, disturbs what is being measured */
static arch_spinlock_t max_trace_lock;

static __always_inline bool preempt_trace(int pc)
{
	return irqsoff_trace_type & TRACER_PREEMPT_OFF && pc;
}

static __always_inline bool irq_trace(void)
{
	return irqsoff_trace_type & TRACER_IRQS_OFF && arch_irqs_disabled();
}

static void check_critical_timing(struct trace_array *tr, struct irqsoff_section *section, unsigned long a0,
				  unsigned long parent_ip, unsigned long tracer)
{
	u64 delta = ring_buffer_time_stamp(tr->buffer) - section->preempt_timestamp;
	u64 trace_ctx = tracing_gen_ctx(TRACE_FN);
	unsigned long flags;

	if (latency_is_reported(tr, delta)) {
		flags = arch_local_irq_save();
		arch_spin_lock(&max_trace_lock);
		if (latency_is_reported(tr, delta)) {
			trace_latency_function(tr, tracer, parent_ip, trace_ctx);
			if (LATENCY_STACKS)
				trace_stack_above(tr, trace_ctx, a0);
			if (section->critical_sequence == max_sequence) {
				section->critical_end = parent_ip;
				update_max_tr_single(tr, current, delta, section->preempt_timestamp,
						     section->critical_start, section->critical_end);
				max_sequence++;
			}
		}
		arch_spin_unlock(&max_trace_lock);
		arch_irq_restore_quietly(flags);
	}
	section->critical_sequence = max_sequence;
	section->preempt_timestamp = ring_buffer_time_stamp(tr->buffer);
	trace_latency_function(tr, tracer, parent_ip, trace_ctx);
}

static void start_critical_timing(unsigned long ip, unsigned long parent_ip)
{
	struct irqsoff_section *section = this_cpu_ptr(irqsoff_sections);
	struct trace_array *tr = irqsoff_trace;

	if (!irqsoff_tracer_enabled || this_hot->tracing_cpu || section->disabled)
		return;
	section->disabled++;
	section->critical_sequence = max_sequence;
	section->preempt_timestamp = ring_buffer_time_stamp(tr->buffer);
	section->critical_start = parent_ip ? parent_ip : ip;
	trace_latency_function(tr, ip, parent_ip, tracing_gen_ctx(TRACE_FN));
	this_hot->tracing_cpu = 1;
	section->disabled--;
}

static void stop_critical_timing(unsigned long ip, unsigned long parent_ip, unsigned long tracer)
{
	struct irqsoff_section *section = this_cpu_ptr(irqsoff_sections);
	struct trace_array *tr = irqsoff_trace;

	if (!this_hot->tracing_cpu)
		return;
	this_hot->tracing_cpu = 0;
	if (!irqsoff_tracer_enabled || !section->critical_start || section->disabled)
		return;
	section->disabled++;
	trace_latency_function(tr, ip, parent_ip, tracing_gen_ctx(TRACE_FN));
	check_critical_timing(tr, section, ip, parent_ip ? parent_ip : ip, tracer);
	section->critical_start = 0;
	section->disabled--;
}

#define CALLER_ADDR0	((unsigned long)__builtin_return_address(0))

void start_critical_timings(void)
{
	if (preempt_trace(this_hot->preempt_count) || irq_trace())
		start_critical_timing(CALLER_ADDR0, 0);
}

void stop_critical_timings(void)
{
	if (preempt_trace(this_hot->preempt_count) || irq_trace())
		stop_critical_timing(CALLER_ADDR0, 0, (unsigned long)stop_critical_timings);
}

void tracer_hardirqs_on(unsigned long a0, unsigned long a1)
{
	if (!preempt_trace(this_hot->preempt_count) && irq_trace())
		stop_critical_timing(a0, a1, (unsigned long)tracer_hardirqs_on);
}

void tracer_hardirqs_off(unsigned long a0, unsigned long a1)
{
	if (!preempt_trace(this_hot->preempt_count) && irq_trace())
		start_critical_timing(a0, a1);
}

void tracer_preempt_on(unsigned long a0, unsigned long a1)
{
	if (preempt_trace(this_hot->preempt_count) && !irq_trace())
		stop_critical_timing(a0, a1, (unsigned long)tracer_preempt_on);
}

void tracer_preempt_off(unsigned long a0, unsigned long a1)
{
	if (preempt_trace(this_hot->preempt_count) && !irq_trace())
		start_critical_timing(a0, a1);
}

/* ---- functions in between (option function-trace) */

/* Whether this call is to be recorded; section->disabled is then raised. */
static bool func_prolog_dec(struct irqsoff_section *section)
{
	if (!this_hot->tracing_cpu)
		return false;
	/* An interrupt in stop_critical_timing(), or its return, is outside already. */
	if (!arch_irqs_disabled() && !this_hot->preempt_count)
		return false;
	if (section->disabled)
		return false;
	section->disabled++;
	return true;
}

/* Most calls are outside of sections: irqsoff_tracer_entry finds that out with no register saved. */
no_caller_saved void irqsoff_tracer_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
					 struct ftrace_regs *fregs)
{
	struct irqsoff_section *section = this_cpu_ptr(irqsoff_sections);
	struct trace_array *tr = irqsoff_trace;

	if (!func_prolog_dec(section))
		return;
	if (!function_trace_ignored(tr))
		trace_function(tr, ip, parent_ip, tracing_gen_ctx(TRACE_FN));
	section->disabled--;
}

/* With option display-graph: the same as entries and returns; fgraph.c calls these. */
bool irqsoff_graph_entry(const struct ftrace_graph_ent *trace)
{
	struct irqsoff_section *section = this_cpu_ptr(irqsoff_sections);
	bool recorded;

	if (trace_graph_ignores(trace) || !func_prolog_dec(section))
		return false;
	recorded = __trace_graph_entry(irqsoff_trace, trace, tracing_gen_ctx(TRACE_GRAPH_ENT));
	section->disabled--;
	return recorded;
}

void irqsoff_graph_return(const struct ftrace_graph_ret *trace)
{
	struct irqsoff_section *section = this_cpu_ptr(irqsoff_sections);

	trace_graph_finish(trace);
	if (!func_prolog_dec(section))
		return;
	__trace_graph_return(irqsoff_trace, trace, tracing_gen_ctx(TRACE_GRAPH_RET));
	section->disabled--;
}
