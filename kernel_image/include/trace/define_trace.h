/* SPDX-License-Identifier: MIT */
/*
 * Ends a header of events.  With CREATE_TRACE_POINTS, reads the header again, once for each thing that its declarations
 * stand for.  A field is __field(type, name), __array(type, name, length), __string(name, source) or
 * __dynamic_array(type, name, count); formats and assignments name them as __entry->name.
 */
#ifdef CREATE_TRACE_POINTS
#undef CREATE_TRACE_POINTS
#define TRACE_HEADER_MULTI_READ
#define TRACE_INCLUDE_1(system)		__stringify(trace/events/system.h)
#define TRACE_INCLUDE_2(system)		TRACE_INCLUDE_1(system)
#define TRACE_INCLUDE			TRACE_INCLUDE_2(TRACE_SYSTEM)
#define TRACE_SYSTEM_STRING		__stringify(TRACE_SYSTEM)
#include <trace/stages.h>

#undef TRACE_EVENT
#define TRACE_EVENT(name, proto, args, tstruct, assign, print)				\
	DECLARE_EVENT_CLASS(name, PARAMS(proto), PARAMS(args), PARAMS(tstruct), PARAMS(assign), PARAMS(print)) \
	DEFINE_EVENT(name, name, PARAMS(proto), PARAMS(args))

/* The entry as it lies in the ring buffer. */
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(name, proto, args, tstruct, assign, print)			\
	struct trace_event_raw_##name { struct trace_entry ent; tstruct char __data[]; };
#undef DEFINE_EVENT
#define DEFINE_EVENT(template, name, proto, args)
#undef DEFINE_EVENT_PRINT
#define DEFINE_EVENT_PRINT(template, name, proto, args, print)
#define TP_STRUCT__entry(args...)		args
#define TP_fast_assign(args...)			args
#define TP_printk(fmt, args...)			"\"" fmt "\", " __stringify(args)
#define __field(type, item)			type item;
#define __array(type, item, len)		type item[len];
#define __dynamic_array(type, item, len)	u32 __data_loc_##item;
#define __string(item, src)			__dynamic_array(char, item, -1)
#include TRACE_INCLUDE

/* Its description. */
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(name, proto, args, tstruct, assign, print)			\
	static const struct trace_event_fields trace_event_fields_##name[] = { tstruct {} }; \
	static const char print_fmt_##name[] = print;
#undef DEFINE_EVENT_PRINT
#define DEFINE_EVENT_PRINT(template, name, proto, args, print)				\
	static const char print_fmt_event_##name[] = print;
#undef __field
#define __field(type, item)			TRACE_FIELD(#type, type, type, item)
#undef __array
#define __array(type, item, len)		TRACE_FIELD(#type "[" __stringify(len) "]", type[len], type, item)
#undef __dynamic_array
#define __dynamic_array(type, item, len)	TRACE_FIELD("__data_loc " #type "[]", u32, type, item)
#define __entry					REC
#include TRACE_INCLUDE
#undef __entry

/* The probe: an entry for each array that wants one.  Dynamic fields are measured first, for all of them. */
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(name, proto, args, tstruct, assign, print)			\
	static noinline_for_trace notrace void trace_event_raw_event_##name(struct trace_event_call *call, proto) \
	{										\
		struct trace_event_raw_##name *entry;					\
		struct trace_event_buffer fbuffer;					\
		u32 size = offsetof(struct trace_event_raw_##name, __data);		\
											\
		tstruct									\
		size += sizeof(*entry) - offsetof(struct trace_event_raw_##name, __data); \
		for (struct trace_event_file *file = READ_ONCE(call->files); file; file = READ_ONCE(file->next)) { \
			entry = trace_event_buffer_reserve(&fbuffer, file, size);	\
			if (!entry)							\
				continue;						\
			assign								\
			trace_event_buffer_commit(&fbuffer);				\
		}									\
	}
#undef DEFINE_EVENT_PRINT
#define DEFINE_EVENT_PRINT(template, name, proto, args, print)				\
	DEFINE_EVENT(template, name, PARAMS(proto), PARAMS(args))
#undef __field
#define __field(type, item)
#undef __array
#define __array(type, item, len)
#undef __dynamic_array
#define __dynamic_array(type, item, len)	u32 __data_loc_##item = trace_data_loc(&size, sizeof(type) * (len));
#undef __string
#define __string(item, src)			__dynamic_array(char, item, trace_string_size(src))
#define __entry					entry
#define __get_dynamic_array(item) \
	((void *)entry + ((entry->__data_loc_##item = __data_loc_##item) & 0xffff))
#define __assign_str(item, src)			trace_assign_str(__get_dynamic_array(item), src)
#include TRACE_INCLUDE

/* The event, its tracepoint, and a place in the list of them. */
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(name, proto, args, tstruct, assign, print)
#undef DEFINE_EVENT
#define DEFINE_EVENT(template, name, proto, args)					\
	TRACE_EVENT_CALL(template, name, print_fmt_##template, PARAMS(proto), PARAMS(args))
#undef DEFINE_EVENT_PRINT
#define DEFINE_EVENT_PRINT(template, name, proto, args, print)				\
	TRACE_EVENT_CALL(template, name, print_fmt_event_##name, PARAMS(proto), PARAMS(args))
#include TRACE_INCLUDE

#undef TRACE_HEADER_MULTI_READ
#endif
