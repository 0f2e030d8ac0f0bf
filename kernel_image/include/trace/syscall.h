/* SPDX-License-Identifier: MIT */
#ifndef _TRACE_SYSCALL_H
#define _TRACE_SYSCALL_H
/* SYSCALL_DEFINE describes the call: its events, sys_enter_NAME and sys_exit_NAME.  trace_syscalls.c records them. */
#include <linux/trace_events.h>

struct syscall_metadata {
	struct trace_event_call *enter_event, *exit_event;
	unsigned int nb_args;
};

extern struct tracepoint __tracepoint_sys_enter, __tracepoint_sys_exit;
extern const struct trace_event_fields syscall_exit_fields[];
struct pt_regs;
void ftrace_syscall_enter(struct pt_regs *regs, long id);
void ftrace_syscall_exit(struct pt_regs *regs, long ret);

#define __SC_FIELD(t, a)	{ .type = #t, .name = #a, .size = sizeof(long), .align = __alignof__(long), .is_signed = 0 },
#define __SC_FMT(t, a)		#a ": 0x%08lx"
#define __SC_REC(t, a)		", ((unsigned long)(REC->" #a "))"
#define __SC_MAP0(m, sep)
#define __SC_MAP1(m, sep, t, a)		m(t, a)
#define __SC_MAP2(m, sep, t, a, r...)	m(t, a) sep __SC_MAP1(m, sep, r)
#define __SC_MAP3(m, sep, t, a, r...)	m(t, a) sep __SC_MAP2(m, sep, r)
#define __SC_MAP4(m, sep, t, a, r...)	m(t, a) sep __SC_MAP3(m, sep, r)
#define __SC_MAP5(m, sep, t, a, r...)	m(t, a) sep __SC_MAP4(m, sep, r)
#define __SC_MAP6(m, sep, t, a, r...)	m(t, a) sep __SC_MAP5(m, sep, r)

#if defined(__x86_64__) && !defined(MODULE)
#define SYSCALL_METADATA(n, _name, args...)						\
	static const struct trace_event_fields syscall_fields_##_name[] = {		\
		{ .type = "int", .name = "__syscall_nr", .size = sizeof(int), .align = __alignof__(int), .is_signed = 1 }, \
		__SC_MAP##n(__SC_FIELD, , ##args) {}					\
	};										\
	static struct trace_event_call event_enter_##_name = {				\
		.name = "sys_enter_" #_name, .system = "syscalls", .fields = syscall_fields_##_name, \
		.print_fmt = "\"" __SC_MAP##n(__SC_FMT, ", ", ##args) "\"" __SC_MAP##n(__SC_REC, , ##args), \
		.tp = &__tracepoint_sys_enter, .probe = ftrace_syscall_enter,		\
	};										\
	static struct trace_event_call event_exit_##_name = {				\
		.name = "sys_exit_" #_name, .system = "syscalls", .fields = syscall_exit_fields, \
		.print_fmt = "\"0x%lx\", REC->ret",					\
		.tp = &__tracepoint_sys_exit, .probe = ftrace_syscall_exit,		\
	};										\
	static struct trace_event_call *__event_enter_##_name __used __section("_ftrace_events") = &event_enter_##_name; \
	static struct trace_event_call *__event_exit_##_name __used __section("_ftrace_events") = &event_exit_##_name; \
	const struct syscall_metadata __syscall_meta__##_name = { &event_enter_##_name, &event_exit_##_name, n };
#else
#define SYSCALL_METADATA(n, _name, args...)
#endif
#endif
