/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_TRACE_CLOCK_H
#define _LINUX_TRACE_CLOCK_H
#include <linux/types.h>

/* Index of a clock in trace_clocks[]; the order is that of the trace_clock file. */
enum trace_clock_id {
	TRACE_CLOCK_LOCAL, TRACE_CLOCK_GLOBAL, TRACE_CLOCK_COUNTER, TRACE_CLOCK_UPTIME, TRACE_CLOCK_PERF,
	TRACE_CLOCK_MONO, TRACE_CLOCK_MONO_RAW, TRACE_CLOCK_BOOT, TRACE_CLOCK_TAI, TRACE_CLOCK_X86_TSC,
	TRACE_CLOCK_MAX
};

u64 trace_clock_local(void);
u64 trace_clock_global(void);
u64 trace_clock_counter(void);
u64 trace_clock_jiffies(void);
u64 trace_clock(void);
u64 trace_clock_x86_tsc(void);
u64 trace_clock_read(unsigned int id);
#endif
