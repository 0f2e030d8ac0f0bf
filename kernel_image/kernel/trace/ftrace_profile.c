// SPDX-License-Identifier: MIT
/*
 * The function profiler: how often each function is called, and how long it takes.  It hooks returns as the graph
 * tracer does, in its stead.
 */
#include <linux/ftrace.h>
#include <linux/irqflags.h>
#include "trace.h"

struct ftrace_profile {
	unsigned long ip;		/* 0: free */
	unsigned long counter;
	u64 time, time_squared;		/* ns, and their squares */
};

/*
 * One CPU's, who alone writes it.  The host allocates the records for all functions there are: open addressing, at
 * most half full, slots as in struct ftrace_hash.
 */
struct ftrace_profile_stat {
	struct ftrace_profile *records;
	u32 bits;
	u32 disabled;			/* this CPU is inside the profiler */
};

struct ftrace_profile_stat ftrace_profile_stats[NR_CPUS];
int ftrace_profile_enabled;
int fgraph_graph_time = 1;		/* option graph-time */

/* The record of a function, which is made if there is none; NULL: no place for it. */
static struct ftrace_profile *ftrace_profile_record(struct ftrace_profile_stat *stat, unsigned long ip)
{
	u32 mask = (1U << stat->bits) - 1, slot = ((u32)ip * 0x9e3779b1U) >> (32 - stat->bits);

	for (u32 i = 0; i <= mask; i++, slot = (slot + 1) & mask) {
		if (!stat->records[slot].ip)
			stat->records[slot].ip = ip;
		if (stat->records[slot].ip == ip)
			return &stat->records[slot];
	}
	return NULL;
}

/* How long the calls from each hooked function took. */
static u64 *subtime(int index)
{
	struct ftrace_ret_stack *ret_stack = current->ret_stack;

	return &((u64 *)(ret_stack + FTRACE_RETFUNC_DEPTH))[index];
}

bool profile_graph_entry(const struct ftrace_graph_ent *trace)
{
	struct ftrace_profile_stat *stat;
	struct ftrace_profile *record;
	unsigned long flags;

	*subtime(current->curr_ret_stack) = 0;
	flags = arch_local_irq_save();
	stat = this_cpu_ptr(ftrace_profile_stats);
	if (ftrace_profile_enabled && !stat->disabled) {
		stat->disabled++;
		record = ftrace_profile_record(stat, trace->func);
		if (record)
			record->counter++;
		stat->disabled--;
	}
	arch_irq_restore_quietly(flags);
	return true;
}

void profile_graph_return(const struct ftrace_graph_ret *trace)
{
	u64 calltime = trace->rettime - trace->calltime;
	int index = current->curr_ret_stack;
	struct ftrace_profile_stat *stat;
	struct ftrace_profile *record;
	unsigned long flags;

	flags = arch_local_irq_save();
	stat = this_cpu_ptr(ftrace_profile_stats);
	if (!ftrace_profile_enabled || stat->disabled)
		goto out;
	if (!fgraph_graph_time) {
		/* Only what the function itself took; its caller is to leave all of it out. */
		if (index > 0)
			*subtime(index - 1) += calltime;
		calltime = *subtime(index) < calltime ? calltime - *subtime(index) : 0;
	}
	stat->disabled++;
	record = ftrace_profile_record(stat, trace->func);
	if (record) {
		record->time += calltime;
		record->time_squared += calltime * calltime;
	}
	stat->disabled--;
out:
	arch_irq_restore_quietly(flags);
}

ABI_DEFS(ftrace_profile)
{
	ABI_SIZE(ftrace_profile);
	ABI_OFFSET(ftrace_profile, ip);
	ABI_OFFSET(ftrace_profile, counter);
	ABI_OFFSET(ftrace_profile, time);
	ABI_OFFSET(ftrace_profile, time_squared);
	ABI_SIZE(ftrace_profile_stat);
	ABI_OFFSET(ftrace_profile_stat, records);
	ABI_OFFSET(ftrace_profile_stat, bits);
}
