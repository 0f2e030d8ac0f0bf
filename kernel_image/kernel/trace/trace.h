/* SPDX-License-Identifier: MIT */
#ifndef _KERNEL_TRACE_H
#define _KERNEL_TRACE_H
#include <linux/types.h>
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/ring_buffer.h>
#include <linux/ftrace.h>
#include <linux/trace_events.h>

/* For what trampolines call: it saves every register that it changes. */
#define no_caller_saved	__attribute__((no_caller_saved_registers))

/* Types of the entries that this kernel writes itself; events/ftrace/NAME/format in the mount. */
enum trace_type {
	TRACE_FN = 1, TRACE_CTX = 2, TRACE_WAKE = 3, TRACE_STACK = 4, TRACE_PRINT = 5, TRACE_BPRINT = 6,
	TRACE_GRAPH_RET = 10, TRACE_GRAPH_ENT = 11, TRACE_USER_STACK = 12, TRACE_BPUTS = 14, TRACE_RAW_DATA = 18,
	TRACE_FUNC_REPEATS = 19, __TRACE_LAST_TYPE,	/* events' types follow */
	TRACE_FN_RET = TRACE_GRAPH_RET,		/* what the return tracer wrote, before it became function_graph */
};

enum trace_flag_type {
	TRACE_FLAG_IRQS_OFF		= 0x01,
	TRACE_FLAG_NEED_RESCHED		= 0x04,
	TRACE_FLAG_HARDIRQ		= 0x08,
	TRACE_FLAG_SOFTIRQ		= 0x10,
	TRACE_FLAG_PREEMPT_RESCHED	= 0x20,
	TRACE_FLAG_NMI			= 0x40,
	TRACE_FLAG_BH_OFF		= 0x80,
};

#define F_STRUCT(fields...)		fields
#define __field(type, item)		type item;
#define __array(type, item, len)	type item[len];
#define __vararray(type, item, len)	type item[];
#define __flexible(type, item)		type item[];
#define __field_struct(type, item)	type item;
#define __field_desc(type, item)
#define FTRACE_ENTRY(name, struct_name, id, tstruct, print)	struct struct_name { struct trace_entry ent; tstruct };
#define FTRACE_ENTRY_DUP(name, struct_name, id, tstruct, print)
#include "trace_entries.h"
#undef F_STRUCT
#undef __field
#undef __array
#undef __vararray
#undef __flexible
#undef __field_struct
#undef __field_desc
#undef FTRACE_ENTRY
#undef FTRACE_ENTRY_DUP

struct ftrace_ret_entry {
	struct trace_entry ent;
	unsigned long ip, parent_ip;
	u64 calltime, rettime;
	unsigned long overrun;
} __packed;

/* A set of pids, a bit each: what a look-up costs does not depend on them (see kernel/pid.c). */
struct trace_pid_list {
	DECLARE_BITMAP(pids, PID_MAX_DEFAULT);
};

#define FTRACE_PID_IGNORE	-1
#define FTRACE_PID_TRACE	-2

struct trace_array_cpu {
	struct ring_buffer_per_cpu *buffer;	/* tr->buffer's, one step nearer */
	int ftrace_ignore_pid;			/* function tracing: IGNORE, TRACE, or the pid that may be traced */
	int ignore_pid;				/* events: nonzero while an ignored task runs */
	unsigned long seen;			/* events written when taskinfo was last recorded */
	unsigned long pad;
};

/* The last call on a CPU, and how often it came again since. */
struct trace_func_repeats {
	unsigned long ip, parent_ip;
	unsigned long count;
	u64 ts_last_call;
};

/* One instance.  The host allocates and links it. */
struct trace_array {
	struct trace_array *next;
	struct trace_buffer *buffer;
	struct trace_pid_list *function_pids, *function_no_pids;	/* NULL: no such filter */
	struct trace_pid_list *filtered_pids, *filtered_no_pids;	/* set_event_pid */
	u32 fork_follows;		/* TRACE_FORK_*: children join their parent's lists */
	u32 trace_flags;		/* TRACE_ITER_* */
	struct trace_event_file *trace_marker_file;	/* events/ftrace/print: NULL without a trigger */
	struct trace_array_cpu data[NR_CPUS] __aligned(32);
	struct trace_func_repeats last_func_repeats[NR_CPUS];	/* option func-no-repeats */
	u64 max_latency;		/* tracing_max_latency, in the buffer's clock */
};
#define TRACE_FORK_FUNCTION	1
#define TRACE_FORK_EVENT	2
#define TRACE_ITER_PRINTK	0x00000100
#define TRACE_ITER_USERSTACKTRACE 0x00000400
#define TRACE_ITER_DISPLAY_GRAPH	0x04000000
#define TRACE_ITER_STACKTRACE	0x08000000

extern struct trace_array *ftrace_trace_arrays;

static inline bool tracer_tracing_is_on(struct trace_array *tr)
{
	return !(tr->buffer->record_disabled & RB_BUFFER_OFF);
}

/* ftrace.c */
u32 ftrace_test_recursion_trylock(void);
void ftrace_test_recursion_unlock(u32 bit);

u64 tracing_gen_ctx(u16 type);
u64 tracing_gen_ctx_flags(u16 type, unsigned long irqflags);
bool trace_find_filtered_pid(struct trace_pid_list *list, pid_t pid);
void tracing_record_cmdline(void);
bool trace_save_cmdline(struct task_struct *tsk);
bool trace_ignore_this_task(struct trace_pid_list *pids, struct trace_pid_list *no_pids, struct task_struct *task);

/* trace_sched_switch.c */
void trace_sched_switch_init(void);

/* trace_functions.c */
bool function_trace_ignored(struct trace_array *tr);
void trace_function(struct trace_array *tr, unsigned long ip, unsigned long parent_ip, u64 trace_ctx);

/* trace_stacktrace.c; frame: __builtin_frame_address(0) of what a trampoline called for the function at ip */
void trace_function_stack(struct trace_array *tr, u64 trace_ctx, unsigned long ip, unsigned long parent_ip,
			  unsigned long *frame, bool tracer);

void __ftrace_trace_stack(struct trace_array *tr, u64 trace_ctx);
unsigned long ftrace_graph_ret_addr(unsigned long ret, unsigned long *retp);
unsigned long *ftrace_find_site(unsigned long **frame, unsigned long ip, unsigned long parent_ip);
/* Those of whoever called the function that a0 lies in. */
void trace_stack_above(struct trace_array *tr, u64 trace_ctx, unsigned long a0);

/* Without the look for waiting interrupts that comes with turning them on: tracing does not move those. */
static __always_inline void arch_irq_restore_quietly(unsigned long flags)
{
	if (flags & 0x200)
		asm volatile("sti" ::: "memory");
}

/* trace_latency.c: a maximum, for the host */
struct max_trace {
	u64 latency, time_start;		/* in the buffer's clock */
	unsigned long critical_start, critical_end;
	u32 cpu;
	int pid;
	u32 uid;
	int nice;
	u32 policy, rt_priority;
	char comm[TASK_COMM_LEN];
};
extern unsigned long tracing_thresh;
#ifdef __x86_64__
#define LATENCY_STACKS	1
#else
#define LATENCY_STACKS	0	/* in 2008 nobody recorded them here */
#endif
bool latency_is_reported(struct trace_array *tr, u64 delta);
void trace_latency_function(struct trace_array *tr, unsigned long ip, unsigned long parent_ip, u64 trace_ctx);
void update_max_tr_single(struct trace_array *tr, struct task_struct *tsk, u64 latency, u64 time_start,
			  unsigned long critical_start, unsigned long critical_end);
void update_max_tr(struct trace_array *tr, struct task_struct *tsk, int cpu, u64 latency, u64 time_start);

/* trace_sched_wakeup.c: prev leaves its CPU to next, or wakes it (TRACE_CTX, TRACE_WAKE) */
void tracing_ctxwake_trace(struct trace_array *tr, u16 type, struct task_struct *prev, struct task_struct *next,
			   u64 trace_ctx);

/* trace_irqsoff.c */
void tracer_hardirqs_on(unsigned long a0, unsigned long a1);
void tracer_hardirqs_off(unsigned long a0, unsigned long a1);
void tracer_preempt_on(unsigned long a0, unsigned long a1);
void tracer_preempt_off(unsigned long a0, unsigned long a1);

/* fgraph.c */
#ifdef __x86_64__
no_caller_saved void prepare_ftrace_return(unsigned long ip, unsigned long *parent);
unsigned long ftrace_return_to_handler(void);
#else
__attribute__((regparm(3))) void prepare_ftrace_return(unsigned long *parent, unsigned long self_addr);
#endif
void ftrace_graph_probe_sched_switch(struct task_struct *prev, struct task_struct *next);

/* trace_functions_graph.c; the two bits of trace_recursion that make a task's calls unusual */
#define TRACE_GRAPH		0x01UL	/* inside of a function of set_graph_function */
#define TRACE_GRAPH_NOTRACE	0x02UL	/* inside of one of set_graph_notrace */
#define TRACE_GRAPH_BITS	(TRACE_GRAPH | TRACE_GRAPH_NOTRACE)
extern struct trace_array *graph_array;
extern u32 fgraph_unusual;
void trace_graph_commit_nested(void);
bool trace_graph_entry(const struct ftrace_graph_ent *trace);
void trace_graph_return(const struct ftrace_graph_ret *trace);

/* trace_functions_return_32.c */
extern int ftrace_return_active;
void trace_function_return(const struct ftrace_graph_ret *trace, unsigned long ret);

/* trace_stacktrace.c: the stack of whoever called the function whose frame is given */
void __trace_stack(struct trace_array *tr, u64 trace_ctx, unsigned long *frame);
void ftrace_trace_userstack(struct trace_array *tr, u64 trace_ctx);

/* trace_events_filter.c */
bool filter_match_preds(struct event_filter *filter, const void *rec);

/* trace_events_trigger.c; rec: NULL before there is an entry.  Returns whether _post_call is to follow. */
bool event_triggers_call(struct trace_event_file *file, const void *rec);
void event_triggers_post_call(struct trace_event_file *file);

bool __trace_graph_entry(struct trace_array *tr, const struct ftrace_graph_ent *trace, u64 trace_ctx);
void __trace_graph_return(struct trace_array *tr, const struct ftrace_graph_ret *trace, u64 trace_ctx);
void trace_graph_function(struct trace_array *tr, unsigned long ip, u64 trace_ctx);
bool trace_graph_ignores(const struct ftrace_graph_ent *trace);
void trace_graph_finish(const struct ftrace_graph_ret *trace);

/* ftrace_profile.c */
bool profile_graph_entry(const struct ftrace_graph_ent *trace);
void profile_graph_return(const struct ftrace_graph_ret *trace);

ssize_t tracing_mark_write(struct trace_array *tr, const char *buf, size_t cnt);
ssize_t tracing_mark_raw_write(struct trace_array *tr, const char *buf, size_t cnt);
#endif
