// SPDX-License-Identifier: MIT
/* What tracing notes when tasks switch, fork and exit: names, thread groups, and who is to be ignored. */
#include <linux/ftrace.h>
#include <linux/init.h>
#include <linux/limits.h>
#include <trace/events/sched.h>
#include "trace.h"

#define PID_MAP_SIZE		0x8000		/* 6.1's PID_MAX_DEFAULT */
#define NO_CMDLINE_MAP		0xffffffffU
#define TRACE_RECORD_CMDLINE	1
#define TRACE_RECORD_TGID	2

/*
 * As 6.1's: a pid has one place in the first map by its low bits, so that a newer task may take it over; the
 * second says whose name a slot holds.  The host allocates it, clears both maps and reads it.
 */
struct saved_cmdlines_buffer {
	u32 map_pid_to_cmdline[PID_MAP_SIZE];
	u32 cmdline_num;
	u32 cmdline_idx;
	u32 *map_cmdline_to_pid;
	char (*saved_cmdlines)[TASK_COMM_LEN];
};

/* A pid has one place here too; an entry is pid << 32 | tgid. */
struct saved_tgids {
	u64 entries[PID_MAP_SIZE];
};

struct saved_cmdlines_buffer *savedcmd;
struct saved_tgids *saved_tgids;
u32 trace_record_taskinfo;		/* TRACE_RECORD_*: the host counts who wants it */

bool trace_save_cmdline(struct task_struct *tsk)
{
	struct saved_cmdlines_buffer *s = savedcmd;
	u32 idx, *map;

	if (!tsk->pid)
		return true;
	if (!s)
		return false;
	map = &s->map_pid_to_cmdline[tsk->pid & (PID_MAP_SIZE - 1)];
	idx = *map;
	if (idx == NO_CMDLINE_MAP) {
		idx = s->cmdline_idx + 1;
		if (idx >= s->cmdline_num)
			idx = 0;
		*map = idx;
		s->cmdline_idx = idx;
	}
	s->map_cmdline_to_pid[idx] = tsk->pid;
	__builtin_memcpy(s->saved_cmdlines[idx], tsk->comm, TASK_COMM_LEN);
	return true;
}

static bool trace_save_tgid(struct task_struct *tsk)
{
	struct saved_tgids *s = saved_tgids;

	if (!tsk->pid)
		return true;
	if (!s)
		return false;
	s->entries[tsk->pid & (PID_MAP_SIZE - 1)] = (u64)(u32)tsk->pid << 32 | (u32)tsk->tgid;
	return true;
}

/* Whether anything was recorded on this CPU since names were last taken: only then is it worth it. */
static bool trace_taskinfo_wanted(void)
{
	bool wanted = false;

	for (struct trace_array *tr = ftrace_trace_arrays; tr; tr = tr->next) {
		struct trace_array_cpu *data = &tr->data[raw_smp_processor_id()];
		unsigned long seen;

		if (!data->buffer)
			continue;
		seen = data->buffer->entries + RB_WRITE_ENTRIES(data->buffer->tail_page->write);
		wanted |= seen != data->seen;
		data->seen = seen;
	}
	return wanted;
}

static void tracing_record_taskinfo_sched_switch(struct task_struct *prev, struct task_struct *next)
{
	if (!trace_record_taskinfo || !trace_taskinfo_wanted())
		return;
	if (trace_record_taskinfo & TRACE_RECORD_CMDLINE) {
		trace_save_cmdline(prev);
		trace_save_cmdline(next);
	}
	if (trace_record_taskinfo & TRACE_RECORD_TGID) {
		trace_save_tgid(prev);
		trace_save_tgid(next);
	}
}

/* For those who note a task without a switch: a snapshot's. */
void tracing_record_cmdline(void)
{
	if (trace_taskinfo_wanted())
		trace_save_cmdline(current);
}

bool trace_find_filtered_pid(struct trace_pid_list *list, pid_t pid)
{
	return test_bit(pid, list->pids);
}

bool trace_ignore_this_task(struct trace_pid_list *pids, struct trace_pid_list *no_pids, struct task_struct *task)
{
	return (pids && !trace_find_filtered_pid(pids, task->pid)) ||
	       (no_pids && trace_find_filtered_pid(no_pids, task->pid));
}

/* A child of a listed task joins the list. */
static void trace_filter_add_task(struct trace_pid_list *list, struct task_struct *parent, struct task_struct *child)
{
	if (list && trace_find_filtered_pid(list, parent->pid))
		set_bit(child->pid, list->pids);
}

static void trace_filter_remove_task(struct trace_pid_list *list, struct task_struct *task)
{
	if (list)
		clear_bit(task->pid, list->pids);
}

static void trace_pid_filter_fork(struct task_struct *parent, struct task_struct *child)
{
	for (struct trace_array *tr = ftrace_trace_arrays; tr; tr = tr->next) {
		if (tr->fork_follows & TRACE_FORK_FUNCTION) {
			trace_filter_add_task(tr->function_pids, parent, child);
			trace_filter_add_task(tr->function_no_pids, parent, child);
		}
		if (tr->fork_follows & TRACE_FORK_EVENT) {
			trace_filter_add_task(tr->filtered_pids, parent, child);
			trace_filter_add_task(tr->filtered_no_pids, parent, child);
		}
	}
}

static void trace_pid_filter_exit(struct task_struct *task)
{
	for (struct trace_array *tr = ftrace_trace_arrays; tr; tr = tr->next) {
		if (tr->fork_follows & TRACE_FORK_FUNCTION) {
			trace_filter_remove_task(tr->function_pids, task);
			trace_filter_remove_task(tr->function_no_pids, task);
		}
		if (tr->fork_follows & TRACE_FORK_EVENT) {
			trace_filter_remove_task(tr->filtered_pids, task);
			trace_filter_remove_task(tr->filtered_no_pids, task);
		}
	}
}

static void ftrace_filter_pid_sched_switch(struct trace_array *tr, struct task_struct *next)
{
	if (tr->function_pids || tr->function_no_pids)
		tr->data[raw_smp_processor_id()].ftrace_ignore_pid =
			trace_ignore_this_task(tr->function_pids, tr->function_no_pids, next) ?
			FTRACE_PID_IGNORE : next->pid;
}

static bool event_ignores(struct trace_array *tr, struct task_struct *task)
{
	return trace_ignore_this_task(tr->filtered_pids, tr->filtered_no_pids, task);
}

/* An event that has to do with two tasks is seen if either is: so around it, first both decide, then one alone. */
static void event_filter_pid_sched_switch_probe_pre(bool preempt, struct task_struct *prev, struct task_struct *next,
						    unsigned int prev_state)
{
	for (struct trace_array *tr = ftrace_trace_arrays; tr; tr = tr->next)
		if (tr->filtered_pids || tr->filtered_no_pids)
			tr->data[raw_smp_processor_id()].ignore_pid = event_ignores(tr, prev) && event_ignores(tr, next);
}

static void event_filter_pid_sched_switch_probe_post(bool preempt, struct task_struct *prev, struct task_struct *next,
						     unsigned int prev_state)
{
	for (struct trace_array *tr = ftrace_trace_arrays; tr; tr = tr->next)
		if (tr->filtered_pids || tr->filtered_no_pids)
			tr->data[raw_smp_processor_id()].ignore_pid = event_ignores(tr, next);
}

static void event_filter_pid_sched_wakeup_probe_pre(struct task_struct *task)
{
	for (struct trace_array *tr = ftrace_trace_arrays; tr; tr = tr->next) {
		struct trace_array_cpu *data = &tr->data[raw_smp_processor_id()];

		if (data->ignore_pid)
			data->ignore_pid = event_ignores(tr, current) && event_ignores(tr, task);
	}
}

static void event_filter_pid_sched_wakeup_probe_post(struct task_struct *task)
{
	for (struct trace_array *tr = ftrace_trace_arrays; tr; tr = tr->next) {
		struct trace_array_cpu *data = &tr->data[raw_smp_processor_id()];

		if (!data->ignore_pid)
			data->ignore_pid = event_ignores(tr, current);
	}
}

/* The host: the first list of set_event_pid or set_event_notrace_pid has come, or the last has gone. */
void event_filter_pid_probes(long on)
{
#define PID_PROBES(name, template)								\
	if (on) {										\
		register_trace_prio_##name(event_filter_pid_##template##_probe_pre, INT_MAX);	\
		register_trace_prio_##name(event_filter_pid_##template##_probe_post, 0);	\
	} else {										\
		tracepoint_probe_unregister(&__tracepoint_##name, event_filter_pid_##template##_probe_pre); \
		tracepoint_probe_unregister(&__tracepoint_##name, event_filter_pid_##template##_probe_post); \
	}
	PID_PROBES(sched_switch, sched_switch)
	PID_PROBES(sched_waking, sched_wakeup)
	PID_PROBES(sched_wakeup, sched_wakeup)
	PID_PROBES(sched_wakeup_new, sched_wakeup)
#undef PID_PROBES
}

static void probe_sched_switch(bool preempt, struct task_struct *prev, struct task_struct *next, unsigned int prev_state)
{
	for (struct trace_array *tr = ftrace_trace_arrays; tr; tr = tr->next)
		ftrace_filter_pid_sched_switch(tr, next);
	ftrace_graph_probe_sched_switch(prev, next);
	tracing_record_taskinfo_sched_switch(prev, next);
}

/* The same for arrays with children that join pid lists. */
void trace_pid_fork_probes(long on)
{
	if (on) {
		register_trace_prio_sched_process_fork(trace_pid_filter_fork, INT_MAX);
		register_trace_prio_sched_process_exit(trace_pid_filter_exit, 0);
	} else {
		tracepoint_probe_unregister(&__tracepoint_sched_process_fork, trace_pid_filter_fork);
		tracepoint_probe_unregister(&__tracepoint_sched_process_exit, trace_pid_filter_exit);
	}
}

/* What must be known of tasks whenever anything is traced. */
void __init trace_sched_switch_init(void)
{
	register_trace_prio_sched_switch(probe_sched_switch, TRACEPOINT_DEFAULT_PRIO - 1);
}

ABI_DEFS(trace_sched_switch)
{
	ABI_SIZE(saved_cmdlines_buffer);
	ABI_OFFSET(saved_cmdlines_buffer, map_pid_to_cmdline);
	ABI_OFFSET(saved_cmdlines_buffer, cmdline_num);
	ABI_OFFSET(saved_cmdlines_buffer, cmdline_idx);
	ABI_OFFSET(saved_cmdlines_buffer, map_cmdline_to_pid);
	ABI_OFFSET(saved_cmdlines_buffer, saved_cmdlines);
	ABI_SIZE(saved_tgids);
	ABI_CONST(PID_MAP_SIZE);
}
