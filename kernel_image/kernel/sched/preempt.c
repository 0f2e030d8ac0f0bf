// SPDX-License-Identifier: MIT
/* The end of a section that must not be preempted, when somebody waits for it. */
#include <linux/sched.h>
#include <linux/preempt.h>
#include <linux/irqflags.h>
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <asm/hypercall.h>

int preempt_dynamic_full;

notrace void preempt_enable_notrace_slow(void)
{
	if (irqs_disabled())
		return;
	if (this_hot->host_poll)
		hypercall(HC_POLL, 0, 0, 0, 0);
	if (preempt_dynamic_full && this_hot->need_resched && !preempt_count())
		preempt_schedule();
}
EXPORT_SYMBOL(preempt_enable_notrace_slow);

notrace void preempt_enable_slow(void)
{
	if (this_hot->trace_preemptirq & TRACE_PREEMPT_TOGGLE)
		preempt_latency_enabled(_RET_IP_);
	preempt_enable_notrace_slow();
}
EXPORT_SYMBOL(preempt_enable_slow);
