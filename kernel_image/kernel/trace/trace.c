// SPDX-License-Identifier: MIT
/* Trace arrays: what every entry says about its context, markers, and pid filters. */
#include <linux/ftrace.h>
#include "trace.h"

#define X86_EFLAGS_IF		0x200
#define TRACE_BUF_SIZE		1024
#define RAW_DATA_MAX_SIZE	3072
#define FAULTED_SIZE		9	/* room for "<faulted>", which 6.1 keeps free in any marker */

struct trace_array *ftrace_trace_arrays;

/* The 8 bytes that every entry begins with; irqflags: the EFLAGS to tell of. */
u64 tracing_gen_ctx_flags(u16 type, unsigned long irqflags)
{
	u32 pc = this_hot->preempt_count, migrate = this_hot->migrate_disable;
	u32 flags = 0, depth = pc & 0xff;

	if (!(irqflags & X86_EFLAGS_IF))
		flags |= TRACE_FLAG_IRQS_OFF;
	if (pc & 0x00f00000)
		flags |= TRACE_FLAG_NMI;
	if (pc & 0x000f0000)
		flags |= TRACE_FLAG_HARDIRQ;
	if (pc & 0x00000100)
		flags |= TRACE_FLAG_SOFTIRQ;
	if (pc & 0x0000fe00)
		flags |= TRACE_FLAG_BH_OFF;
	if (this_hot->need_resched)
		flags |= TRACE_FLAG_NEED_RESCHED | TRACE_FLAG_PREEMPT_RESCHED;
	depth = (depth < 15 ? depth : 15) | (migrate < 15 ? migrate : 15) << 4;
	return (u64)(u32)current->pid << 32 | (depth << 24 | flags << 16 | type);
}

u64 tracing_gen_ctx(u16 type)
{
	unsigned long flags;

	asm volatile("pushf; pop %0" : "=r"(flags));
	return tracing_gen_ctx_flags(type, flags);
}

/*
 * A line that a client wrote to trace_marker.  The entry's ip lies in this function, which is what the output
 * calls it by.  A system call writes it, so interrupts are on, but the host's call turned them off.  Returns how
 * much was taken, or -EBADF if nothing is recorded now.
 */
ssize_t tracing_mark_write(struct trace_array *tr, const char *buf, size_t cnt)
{
	struct trace_event_file *file = tr->trace_marker_file;
	struct ring_buffer_event *event;
	struct print_entry *entry;
	bool post = false;
	size_t size;

	if (cnt > TRACE_BUF_SIZE)
		cnt = TRACE_BUF_SIZE;
	size = sizeof(*entry) + 2 + (cnt < FAULTED_SIZE ? FAULTED_SIZE : cnt);
	event = ring_buffer_lock_reserve(tr->buffer, size);
	if (!event)
		return -EBADF;
	entry = ring_buffer_event_data(event);
	*(u64 *)&entry->ent = tracing_gen_ctx_flags(TRACE_PRINT, X86_EFLAGS_IF);
here:
	entry->ip = (unsigned long)&&here;
	__builtin_memcpy(entry->buf, buf, cnt);
	if (file) {
		entry->buf[cnt] = '\0';
		post = event_triggers_call(file, entry);
	}
	size = cnt;
	if (!cnt || entry->buf[cnt - 1] != '\n')
		entry->buf[size++] = '\n';
	entry->buf[size] = '\0';
	ring_buffer_unlock_commit(tr->buffer, event);
	if (post)
		event_triggers_post_call(file);
	return cnt;
}

/* trace_marker_raw: buf begins with a 4-byte id. */
ssize_t tracing_mark_raw_write(struct trace_array *tr, const char *buf, size_t cnt)
{
	struct ring_buffer_event *event;
	struct raw_data_entry *entry;

	if (cnt < sizeof(u32) || cnt > RAW_DATA_MAX_SIZE)
		return -EINVAL;
	event = ring_buffer_lock_reserve(tr->buffer, sizeof(*entry) + (cnt < FAULTED_SIZE + sizeof(u32) ?
							FAULTED_SIZE + sizeof(u32) : cnt));
	if (!event)
		return -EBADF;
	entry = ring_buffer_event_data(event);
	*(u64 *)&entry->ent = tracing_gen_ctx_flags(TRACE_RAW_DATA, X86_EFLAGS_IF);
	__builtin_memcpy(&entry->id, buf, cnt);
	ring_buffer_unlock_commit(tr->buffer, event);
	return cnt;
}

ABI_DEFS(trace)
{
	ABI_SIZE(trace_array);
	ABI_OFFSET(trace_array, next);
	ABI_OFFSET(trace_array, buffer);
	ABI_OFFSET(trace_array, function_pids);
	ABI_OFFSET(trace_array, function_no_pids);
	ABI_OFFSET(trace_array, filtered_pids);
	ABI_OFFSET(trace_array, filtered_no_pids);
	ABI_OFFSET(trace_array, fork_follows);
	ABI_OFFSET(trace_array, trace_marker_file);
	ABI_OFFSET(trace_array, trace_flags);
	ABI_OFFSET(trace_array, data);
	ABI_SIZE(trace_array_cpu);
	ABI_OFFSET(trace_array_cpu, buffer);
	ABI_OFFSET(trace_array_cpu, ftrace_ignore_pid);
	ABI_OFFSET(trace_array_cpu, ignore_pid);
	ABI_OFFSET(trace_array_cpu, seen);
	ABI_SIZE(trace_pid_list);
}
