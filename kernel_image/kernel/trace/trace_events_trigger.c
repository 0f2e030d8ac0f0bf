// SPDX-License-Identifier: MIT
/* Triggers: commands that events run.  The host makes them and links them to the event's file, the newest first. */
#include <asm/hypercall.h>
#include "trace.h"

struct event_trigger_data {
	struct event_trigger_data *next;
	void (*func)(struct event_trigger_data *data, unsigned long *frame);
	struct trace_event_file *file;		/* whose it is */
	struct event_filter *filter;		/* NULL: none */
	struct trace_event_file *private;	/* enable_event, disable_event: the other event */
	long count;				/* how often it may still run; -1: always */
	u32 post;				/* runs once the entry is in the buffer */
};

bool event_triggers_call(struct trace_event_file *file, const void *rec)
{
	bool post = false;

	for (struct event_trigger_data *data = READ_ONCE(file->triggers); data; data = READ_ONCE(data->next)) {
		if (rec && data->filter && !filter_match_preds(data->filter, rec))
			continue;
		if (rec && data->post)
			post = true;
		else
			data->func(data, __builtin_frame_address(0));
	}
	return post;
}

/* The frames between a trigger and the event's probe belong to nobody's stack. */
void event_triggers_post_call(struct trace_event_file *file)
{
	unsigned long *commit = *(unsigned long **)__builtin_frame_address(0);

	for (struct event_trigger_data *data = READ_ONCE(file->triggers); data; data = READ_ONCE(data->next))
		if (data->post)
			data->func(data, commit);
}

static bool count_down(struct event_trigger_data *data)
{
	if (!data->count)
		return false;
	if (data->count != -1)
		data->count--;
	return true;
}

/* As for function probes, only a change of tracing counts. */
void traceon_trigger(struct event_trigger_data *data, unsigned long *frame)
{
	if (!tracer_tracing_is_on(data->file->tr) && count_down(data))
		ring_buffer_record_on(data->file->tr->buffer);
}

void traceoff_trigger(struct event_trigger_data *data, unsigned long *frame)
{
	if (tracer_tracing_is_on(data->file->tr) && count_down(data))
		ring_buffer_record_off(data->file->tr->buffer);
}

void stacktrace_trigger(struct event_trigger_data *data, unsigned long *frame)
{
	if (count_down(data))
		__trace_stack(data->file->tr, tracing_gen_ctx(TRACE_STACK), frame);
}

void event_enable_trigger(struct event_trigger_data *data, unsigned long *frame)
{
	if (data->private->flags & EVENT_FILE_FL_SOFT_DISABLED && count_down(data))
		data->private->flags &= ~EVENT_FILE_FL_SOFT_DISABLED;
}

void event_disable_trigger(struct event_trigger_data *data, unsigned long *frame)
{
	if (!(data->private->flags & EVENT_FILE_FL_SOFT_DISABLED) && count_down(data))
		data->private->flags |= EVENT_FILE_FL_SOFT_DISABLED;
}

/* For triggers that the host carries out. */
void host_trigger(struct event_trigger_data *data, unsigned long *frame)
{
	if (count_down(data))
		hypercall(HC_FTRACE_PROBE, (long)data, 0, 0, 0);
}

ABI_DEFS(trace_events_trigger)
{
	ABI_SIZE(event_trigger_data);
	ABI_OFFSET(event_trigger_data, next);
	ABI_OFFSET(event_trigger_data, func);
	ABI_OFFSET(event_trigger_data, file);
	ABI_OFFSET(event_trigger_data, filter);
	ABI_OFFSET(event_trigger_data, private);
	ABI_OFFSET(event_trigger_data, count);
	ABI_OFFSET(event_trigger_data, post);
}
