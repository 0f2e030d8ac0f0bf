/* SPDX-License-Identifier: MIT */
/* The tracer: it writes down which functions were entered, and from where. */
#include <linux/ftrace.h>
#include <linux/types.h>

#define TRACE_ENTRIES	1024

struct ftrace_ops *function_trace_op;

struct trace_entry { unsigned long ip, parent_ip; } trace_entries[TRACE_ENTRIES];
unsigned int trace_count;			/* all that were entered: the oldest are overwritten */

void ftrace_stub(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op, struct ftrace_regs *fregs)
{
}

void function_trace_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op, struct ftrace_regs *fregs)
{
	trace_entries[trace_count++ % TRACE_ENTRIES] = (struct trace_entry){ ip, parent_ip };
}

/* There is one tracer; however many ops want a function, it is written down once. */
void arch_ftrace_ops_list_func(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
			       struct ftrace_regs *fregs)
{
	function_trace_call(ip, parent_ip, op, fregs);
}
