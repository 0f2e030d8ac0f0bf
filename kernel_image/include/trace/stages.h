/* SPDX-License-Identifier: MIT */
/* What trace/define_trace.h needs at its stages. */
#ifndef _TRACE_STAGES_H
#define _TRACE_STAGES_H
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/trace_events.h>

#define is_signed_type(type)	((type)(-1) < (type)1)
#define TRACE_ALIGN(type)	offsetof(struct { char c; typeof(type) member; }, member)
#define TRACE_FIELD(_type, stored, element, item) \
	{ .type = _type, .name = #item, .size = sizeof(stored), .align = TRACE_ALIGN(stored), \
	  .is_signed = is_signed_type(element) },

/* Class functions take the event, so each event has a way in of its own, which leaves no frame. */
#define TRACE_EVENT_CALL(template, _name, _print_fmt, proto, args)			\
	static struct trace_event_call event_##_name;					\
	static notrace void trace_event_probe_##_name(proto)				\
	{										\
		trace_event_raw_event_##template(&event_##_name, args);			\
	}										\
	DEFINE_TRACE(_name, PARAMS(proto), PARAMS(args));				\
	static struct trace_event_call event_##_name = {				\
		.name = #_name, .system = TRACE_SYSTEM_STRING, .fields = trace_event_fields_##template, \
		.print_fmt = _print_fmt, .tp = &__tracepoint_##_name, .probe = trace_event_probe_##_name, \
	};										\
	static struct trace_event_call *__event_##_name __used __section("_ftrace_events") = &event_##_name;

/* A dynamic field's place: where it begins in the entry, and its length above. */
static inline u32 trace_data_loc(u32 *size, u32 len)
{
	u32 loc = len << 16 | *size;

	*size += len;
	return loc;
}

static inline u32 trace_string_size(const char *src)
{
	return strlen(src ? src : "(null)") + 1;
}

static inline void trace_assign_str(char *dst, const char *src)
{
	strcpy(dst, src ? src : "(null)");
}
#endif
