/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_TRACEPOINT_H
#define _LINUX_TRACEPOINT_H
/*
 * Static tracepoints.  An event is declared once, in include/trace/events/SYSTEM.h:
 *
 *	TRACE_EVENT(name, TP_PROTO(...), TP_ARGS(...), TP_STRUCT__entry(...), TP_fast_assign(...), TP_printk(...));
 *
 * Where that is included, trace_NAME(...) tells that the event happens, which costs a load and a branch while nobody
 * wants to know.  kernel/trace/events/SYSTEM.c includes it with CREATE_TRACE_POINTS; trace/define_trace.h then makes the
 * rest of it: the entry, the probe that records it, and what the host reads to describe it.
 */
#include <linux/types.h>

#define TRACEPOINT_FUNCS	8
#define TRACEPOINT_DEFAULT_PRIO	10

struct tracepoint {
	void *func;		/* what call sites call: the only probe, or the iterator; NULL: nobody listens */
	void *iterator;		/* calls all of funcs, highest prio first */
	const char *name;
	struct tracepoint_func {
		void *func;	/* NULL ends them */
		long prio;
	} funcs[TRACEPOINT_FUNCS];
};

/* Both run where nothing else changes a tracepoint: at boot, or called by the host. */
int tracepoint_probe_register_prio(struct tracepoint *tp, void *probe, long prio);
int tracepoint_probe_unregister(struct tracepoint *tp, void *probe);

#define PARAMS(args...)			args
#define TP_PROTO(args...)		args
#define TP_ARGS(args...)		args

/* A tracepoint that is no event: for probes of tracing's own. */
#define DECLARE_TRACE(name, proto, args)						\
	extern struct tracepoint __tracepoint_##name;					\
	static __always_inline void trace_##name(proto)					\
	{										\
		void (*func)(proto) = READ_ONCE(__tracepoint_##name.func);		\
											\
		if (unlikely(func))							\
			func(args);							\
	}										\
	static __always_inline bool trace_##name##_enabled(void)			\
	{										\
		return READ_ONCE(__tracepoint_##name.func);				\
	}										\
	/* Proves the type of a probe. */						\
	static inline int register_trace_prio_##name(void (*probe)(proto), long prio)	\
	{										\
		return tracepoint_probe_register_prio(&__tracepoint_##name, probe, prio); \
	}

#define DEFINE_TRACE(_name, proto, args)						\
	static notrace void __traceiter_##_name(proto)					\
	{										\
		struct tracepoint_func *it = __tracepoint_##_name.funcs;		\
		void (*func)(proto);							\
											\
		while ((func = READ_ONCE(it++->func)))					\
			func(args);							\
	}										\
	struct tracepoint __tracepoint_##_name = { .iterator = __traceiter_##_name, .name = #_name }

#define TRACE_EVENT(name, proto, args, struct, assign, print)	DECLARE_TRACE(name, PARAMS(proto), PARAMS(args))
/* Events that differ by their name alone share a class: struct, assign and print. */
#define DECLARE_EVENT_CLASS(name, proto, args, struct, assign, print)
#define DEFINE_EVENT(template, name, proto, args)		DECLARE_TRACE(name, PARAMS(proto), PARAMS(args))
#define DEFINE_EVENT_PRINT(template, name, proto, args, print)	DECLARE_TRACE(name, PARAMS(proto), PARAMS(args))
#endif
