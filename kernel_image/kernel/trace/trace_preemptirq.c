// SPDX-License-Identifier: MIT
/*
 * Where interrupts and preemption are turned off and on, if this_hot->trace_preemptirq says that somebody wants to
 * know: asm/hot_word.h.  a0 is the place that did it; a1 its caller, where stack frames are kept to tell.
 */
#include <linux/export.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <trace/events/preemptirq.h>
#include "trace.h"

#define CALLER_ADDR0	((unsigned long)__builtin_return_address(0))

/*
 * 6.1's CALLER_ADDR1 is 0 on x86_64, which has no frame pointers there; those of 2008 had them.  frame is that of
 * a function that a0 called.
 */
static unsigned long caller_addr1(unsigned long *frame)
{
#ifdef __x86_64__
	return 0;
#else
	return ((unsigned long *)frame[0])[1];
#endif
}

/* Once for each time that interrupts are off. */
noinline void trace_hardirqs_off(void)
{
	if (this_hot->tracing_irq_cpu)
		return;
	this_hot->tracing_irq_cpu = 1;
	tracer_hardirqs_off(CALLER_ADDR0, caller_addr1(__builtin_frame_address(0)));
	if (!in_nmi())
		trace_irq_disable(CALLER_ADDR0, caller_addr1(__builtin_frame_address(0)));
}
EXPORT_SYMBOL(trace_hardirqs_off);

noinline void trace_hardirqs_on(void)
{
	if (!this_hot->tracing_irq_cpu)
		return;
	if (!in_nmi())
		trace_irq_enable(CALLER_ADDR0, caller_addr1(__builtin_frame_address(0)));
	tracer_hardirqs_on(CALLER_ADDR0, caller_addr1(__builtin_frame_address(0)));
	this_hot->tracing_irq_cpu = 0;
}
EXPORT_SYMBOL(trace_hardirqs_on);

static void trace_preempt_off(unsigned long a0, unsigned long a1)
{
	if (!in_nmi())
		trace_preempt_disable(a0, a1);
	tracer_preempt_off(a0, a1);
}

static void trace_preempt_on(unsigned long a0, unsigned long a1)
{
	if (!in_nmi())
		trace_preempt_enable(a0, a1);
	tracer_preempt_on(a0, a1);
}

/* The count was raised by val: was it 0? */
noinline void preempt_latency_start(int val)
{
	if (preempt_count() == val)
		trace_preempt_off(CALLER_ADDR0, caller_addr1(__builtin_frame_address(0)));
}
EXPORT_SYMBOL(preempt_latency_start);

/* The count is about to be lowered by val: to 0? */
noinline void preempt_latency_stop(int val)
{
	if (preempt_count() == val)
		trace_preempt_on(CALLER_ADDR0, caller_addr1(__builtin_frame_address(0)));
}
EXPORT_SYMBOL(preempt_latency_stop);

/* preempt_enable(), called at ip, has lowered it to 0 already. */
noinline void preempt_latency_enabled(unsigned long ip)
{
	unsigned long *frame = __builtin_frame_address(0);

	__preempt_count_add(1);
	trace_preempt_on(ip, caller_addr1((unsigned long *)frame[0]));
	__preempt_count_sub(1);
}
