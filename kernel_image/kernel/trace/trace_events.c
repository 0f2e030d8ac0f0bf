// SPDX-License-Identifier: MIT
/* Events: types for them, tracepoints, and what all probes of events do around an entry. */
#include <linux/init.h>
#include <linux/kernel.h>
#include <asm/hypercall.h>
#include "trace.h"

extern struct trace_event_call *__start_ftrace_events[], *__stop_ftrace_events[];

/* Entries of events that were not recorded, but that triggers are to see: tracing is off, say. */
static struct {
	bool used;
	u8 entry[BUF_MAX_DATA_SIZE] __aligned(8);
} scratch[NR_CPUS];

#define COMMON_FIELD(_type, item) \
	{ .type = #_type, .name = "common_" #item, .size = sizeof(_type), .align = sizeof(_type), \
	  .is_signed = (_type)-1 < (_type)1 }

/* The fields of struct trace_entry. */
const struct trace_event_fields ftrace_common_fields[] = {
	COMMON_FIELD(unsigned short, type), COMMON_FIELD(unsigned char, flags),
	COMMON_FIELD(unsigned char, preempt_count), COMMON_FIELD(int, pid), {}
};

int tracepoint_printk;			/* host: events go into the kernel log as well */

static void update_func(struct tracepoint *tp)
{
	if (!tp->funcs[0].func)
		WRITE_ONCE(tp->func, NULL);
	else
		WRITE_ONCE(tp->func, tp->funcs[1].func ? tp->iterator : tp->funcs[0].func);
}

int tracepoint_probe_register_prio(struct tracepoint *tp, void *probe, long prio)
{
	int at = TRACEPOINT_FUNCS - 2;

	if (tp->funcs[at].func)
		return -ENOSPC;
	for (; at > 0 && (!tp->funcs[at - 1].func || tp->funcs[at - 1].prio < prio); at--)
		tp->funcs[at] = tp->funcs[at - 1];
	tp->funcs[at] = (struct tracepoint_func){ probe, prio };
	update_func(tp);
	return 0;
}

int tracepoint_probe_unregister(struct tracepoint *tp, void *probe)
{
	int at = 0;

	while (tp->funcs[at].func && tp->funcs[at].func != probe)
		at++;
	if (!tp->funcs[at].func)
		return -ENOENT;
	for (; tp->funcs[at].func; at++)
		tp->funcs[at] = tp->funcs[at + 1];
	update_func(tp);
	return 0;
}

/* The host: the first array wants an event with this probe, or the last does no more. */
int trace_event_reg(struct trace_event_call *call, long on)
{
	if (on)
		return tracepoint_probe_register_prio(call->tp, call->probe, TRACEPOINT_DEFAULT_PRIO);
	return tracepoint_probe_unregister(call->tp, call->probe);
}

static bool trace_event_ignore_this_pid(struct trace_array *tr)
{
	return tr->data[raw_smp_processor_id()].ignore_pid;
}

void *trace_event_buffer_reserve(struct trace_event_buffer *fbuffer, struct trace_event_file *file, unsigned long len)
{
	struct trace_array *tr = file->tr;
	u32 flags = READ_ONCE(file->flags);
	int cpu = raw_smp_processor_id();

	if (!(flags & EVENT_FILE_FL_TRIGGER_COND)) {
		if (flags & EVENT_FILE_FL_TRIGGER_MODE)
			event_triggers_call(file, NULL);
		if (flags & EVENT_FILE_FL_SOFT_DISABLED || trace_event_ignore_this_pid(tr))
			return NULL;
	}
	fbuffer->file = file;
	fbuffer->event = ring_buffer_lock_reserve(tr->buffer, len);
	if (fbuffer->event) {
		fbuffer->entry = ring_buffer_event_data(fbuffer->event);
	} else {
		if (!(flags & EVENT_FILE_FL_TRIGGER_COND) || scratch[cpu].used || len > sizeof(scratch[cpu].entry))
			return NULL;
		scratch[cpu].used = true;
		fbuffer->entry = scratch[cpu].entry;
	}
	fbuffer->ctx = tracing_gen_ctx(file->call->type);
	*(u64 *)fbuffer->entry = fbuffer->ctx;
	return fbuffer->entry;
}

void trace_event_buffer_commit(struct trace_event_buffer *fbuffer)
{
	struct trace_event_file *file = fbuffer->file;
	u32 flags = READ_ONCE(file->flags);
	struct trace_array *tr = file->tr;
	bool post = false, discard;

	if (flags & EVENT_FILE_FL_TRIGGER_COND)
		post = event_triggers_call(file, fbuffer->entry);
	discard = flags & EVENT_FILE_FL_SOFT_DISABLED ||
		  (flags & EVENT_FILE_FL_FILTERED && !filter_match_preds(file->filter, fbuffer->entry)) ||
		  trace_event_ignore_this_pid(tr);
	if (!fbuffer->event) {
		scratch[raw_smp_processor_id()].used = false;
	} else if (discard) {
		ring_buffer_discard_commit(tr->buffer, fbuffer->event);
	} else {
		if (unlikely(tracepoint_printk))
			hypercall(HC_TRACEPOINT_PRINTK, (long)fbuffer->entry, ring_buffer_event_length(fbuffer->event), 0, 0);
		ring_buffer_unlock_commit(tr->buffer, fbuffer->event);
		if (tr->trace_flags & TRACE_ITER_STACKTRACE)
			__trace_stack(tr, fbuffer->ctx, *(unsigned long **)__builtin_frame_address(0));
		if (tr->trace_flags & TRACE_ITER_USERSTACKTRACE)
			ftrace_trace_userstack(tr, fbuffer->ctx);
	}
	if (post)
		event_triggers_post_call(file);
	barrier();		/* this frame is what post triggers know the stack by */
}

void __init trace_init(void)
{
	u32 type = __TRACE_LAST_TYPE;

	for (struct trace_event_call **call = __start_ftrace_events; call < __stop_ftrace_events; call++)
		if ((*call)->tp)
			(*call)->type = ++type;
	trace_sched_switch_init();
}

ABI_DEFS(trace_events)
{
	ABI_SIZE(trace_event_fields);
	ABI_OFFSET(trace_event_fields, type);
	ABI_OFFSET(trace_event_fields, name);
	ABI_OFFSET(trace_event_fields, size);
	ABI_OFFSET(trace_event_fields, align);
	ABI_OFFSET(trace_event_fields, is_signed);
	ABI_OFFSET(trace_event_call, files);
	ABI_OFFSET(trace_event_call, name);
	ABI_OFFSET(trace_event_call, system);
	ABI_OFFSET(trace_event_call, fields);
	ABI_OFFSET(trace_event_call, print_fmt);
	ABI_OFFSET(trace_event_call, tp);
	ABI_OFFSET(trace_event_call, probe);
	ABI_OFFSET(trace_event_call, type);
	ABI_SIZE(trace_event_file);
	ABI_OFFSET(trace_event_file, next);
	ABI_OFFSET(trace_event_file, call);
	ABI_OFFSET(trace_event_file, tr);
	ABI_OFFSET(trace_event_file, flags);
	ABI_OFFSET(trace_event_file, filter);
	ABI_OFFSET(trace_event_file, triggers);
}
