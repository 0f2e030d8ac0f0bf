// SPDX-License-Identifier: MIT
/* The clocks of the trace_clock file.  A buffer chooses one by index; all may be read in an NMI. */
#include <linux/export.h>
#include <linux/trace_clock.h>
#if __has_include(<linux/sched/clock.h>)
#include <linux/sched/clock.h>
#else
u64 sched_clock(void);
#endif
#include <asm/percpu.h>
#include <asm/setup.h>

#define NSEC_PER_TICK	10000000U	/* uptime counts hundredths of a second */

u64 trace_clock_local(void)
{
	return sched_clock();
}
EXPORT_SYMBOL(trace_clock_local);

/* Never behind what any CPU has seen. */
u64 trace_clock_global(void)
{
	static u64 last;
	u64 now = sched_clock();

	if (now < last)
		return last;
	last = now;
	return now;
}

/* One more at each reading, whatever the CPU. */
u64 trace_clock_counter(void)
{
	static unsigned long counter;
	unsigned long n = 1;

	asm volatile("xadd %0, %1" : "+r"(n), "+m"(counter) :: "memory", "cc");
	return n + 1;
}

u64 trace_clock_jiffies(void)
{
	u64 ns = sched_clock();
#ifdef __x86_64__
	return ns / NSEC_PER_TICK;
#else
	/* 64 by 32 bits, high word first: the quotient's low word is enough for 497 days. */
	u32 high = ns >> 32, low = ns, rest = high % NSEC_PER_TICK, q;

	asm("divl %3" : "=a"(q), "+d"(rest) : "0"(low), "r"(NSEC_PER_TICK));
	return (u64)(high / NSEC_PER_TICK) << 32 | q;
#endif
}

u64 trace_clock(void)
{
	return sched_clock();
}

u64 trace_clock_x86_tsc(void)
{
	u32 low, high;

	if (boot_params.deterministic)
		return sched_clock();
	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)high << 32 | low;
}

u64 trace_clock_read(unsigned int id)
{
	switch (id) {
	case TRACE_CLOCK_GLOBAL:	return trace_clock_global();
	case TRACE_CLOCK_COUNTER:	return trace_clock_counter();
	case TRACE_CLOCK_UPTIME:	return trace_clock_jiffies();
	case TRACE_CLOCK_TAI:		return sched_clock() + boot_params.boot_wall_ns;
	case TRACE_CLOCK_X86_TSC:	return trace_clock_x86_tsc();
	default:			return sched_clock();	/* perf, mono, mono_raw, boot: nothing suspends here */
	}
}
