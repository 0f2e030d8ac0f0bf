/* SPDX-License-Identifier: MIT */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM printk
#if !defined(_TRACE_PRINTK_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_PRINTK_H
#include <linux/tracepoint.h>

/* A line of the kernel log, without its newline. */
TRACE_EVENT(console,
	TP_PROTO(const char *text, size_t len),
	TP_ARGS(text, len),
	TP_STRUCT__entry(
		__dynamic_array(char, msg, len + 1)
	),
	TP_fast_assign(
		char *msg = __get_dynamic_array(msg);

		memcpy(msg, text, len);
		msg[len && text[len - 1] == '\n' ? len - 1 : len] = '\0';
	),
	TP_printk("%s", __get_str(msg))
);
#endif
#include <trace/define_trace.h>
