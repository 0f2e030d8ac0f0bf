// SPDX-License-Identifier: MIT
/* The idle loop. */
#include "sched.h"
#include <linux/cpu.h>
#include <linux/tick.h>
#include <linux/rcupdate.h>
#include <linux/interrupt.h>

/* An idle CPU is asked to halt with interrupts on; on return they are. */
static noinline void default_idle_call(void)
{
	if (need_resched()) {
		local_irq_enable();
		return;
	}
	if (unlikely(this_hot->trace_preemptirq))
		stop_critical_timings();
	trace_hardirqs_on_prepare();
	ct_idle_enter();
	arch_cpu_idle();
	ct_idle_exit();
	if (unlikely(this_hot->trace_preemptirq))
		start_critical_timings();
	barrier();
}

static noinline void cpuidle_idle_call(void)
{
	if (need_resched()) {
		local_irq_enable();
		return;
	}
	tick_nohz_idle_stop_tick();
	default_idle_call();
	local_irq_enable();
}

static noinline void do_idle(void)
{
	int cpu = smp_processor_id();

	nohz_balance_enter_idle(cpu);
	tick_nohz_idle_enter();
	while (!need_resched()) {
		local_irq_disable();
		arch_cpu_idle_enter();
		cpuidle_idle_call();
		arch_cpu_idle_exit();
	}
	tick_nohz_idle_exit();
	flush_smp_call_function_queue();
	schedule_idle();
}

bool cpu_in_idle(unsigned long pc) { return false; }

void cpu_startup_entry(enum cpuhp_state state)
{
	for (;;)
		do_idle();
}
