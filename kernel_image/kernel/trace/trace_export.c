// SPDX-License-Identifier: MIT
/* Descriptions of the entries that tracers write, for the host. */
#include "trace.h"

#define is_signed_type(type)			((type)(-1) < (type)1)
#define TRACE_ALIGN(type)			offsetof(struct { char c; type member; }, member)
#define TRACE_FIELD(_type, element, item, _size, _align) \
	{ .type = _type, .name = #item, .size = _size, .align = _align, .is_signed = is_signed_type(element) },
#define F_STRUCT(fields...)			fields
#define F_printk(fmt, args...)			__stringify(fmt) ", " __stringify(args)
#define __entry					REC
#define __field(type, item)			TRACE_FIELD(#type, type, item, sizeof(type), TRACE_ALIGN(type))
#define __array(type, item, len)		TRACE_FIELD(#type "[" #len "]", type, item, sizeof(type[len]), TRACE_ALIGN(type))
#define __vararray(type, item, len)		TRACE_FIELD(#type "[" #len "]", type, item, sizeof(type[len]), TRACE_ALIGN(type))
#define __flexible(type, item)			TRACE_FIELD(#type "[]", type, item, 0, TRACE_ALIGN(type))
#define __field_struct(type, item)
#define __field_desc(type, item)		TRACE_FIELD(#type, type, item, sizeof(type), 1)
#define FTRACE_ENTRY(_name, struct_name, id, tstruct, print)					\
	static const struct trace_event_fields trace_event_fields_##_name[] = { tstruct {} };	\
	static const char print_fmt_##_name[] = print;						\
	static struct trace_event_call event_##_name = {					\
		.name = #_name, .system = "ftrace", .fields = trace_event_fields_##_name,	\
		.print_fmt = print_fmt_##_name, .type = id,					\
	};											\
	static struct trace_event_call *__event_##_name __used __section("_ftrace_events") = &event_##_name;
#define FTRACE_ENTRY_DUP	FTRACE_ENTRY
#include "trace_entries.h"
