/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SYSCALLS_H
#define _LINUX_SYSCALLS_H
#include <linux/types.h>
#include <linux/errno.h>
#include <asm/ptrace.h>
#include <trace/syscall.h>
/*
 * SYSCALL_DEFINE3(read, unsigned int, fd, char __user *, buf, size_t, count) { ... } makes
 * long __x64_sys_read(const struct pt_regs *) (sys_read on i386), the function that a trace shows, and inlines
 * the body into it.
 */
#ifdef __x86_64__
#define __SYS(name)	__x64_sys_##name
#define __SC_R1	di
#define __SC_R2	si
#define __SC_R3	dx
#define __SC_R4	r10
#define __SC_R5	r8
#define __SC_R6	r9
#else
#define __SYS(name)	sys_##name
#define __SC_R1	bx
#define __SC_R2	cx
#define __SC_R3	dx
#define __SC_R4	si
#define __SC_R5	di
#define __SC_R6	bp
#endif
#define __SC_P0()
#define __SC_P1(t, a)		t a
#define __SC_P2(t, a, r...)	t a, __SC_P1(r)
#define __SC_P3(t, a, r...)	t a, __SC_P2(r)
#define __SC_P4(t, a, r...)	t a, __SC_P3(r)
#define __SC_P5(t, a, r...)	t a, __SC_P4(r)
#define __SC_P6(t, a, r...)	t a, __SC_P5(r)
#define __SC_C(t, reg)		(t)regs->reg
#define __SC_A1(t, a)		__SC_C(t, __SC_R1)
#define __SC_A2(t, a, t2, b)	__SC_A1(t, a), __SC_C(t2, __SC_R2)
#define __SC_A3(t, a, t2, b, t3, c) __SC_A2(t, a, t2, b), __SC_C(t3, __SC_R3)
#define __SC_A4(t, a, t2, b, t3, c, t4, d) __SC_A3(t, a, t2, b, t3, c), __SC_C(t4, __SC_R4)
#define __SC_A5(t, a, t2, b, t3, c, t4, d, t5, e) __SC_A4(t, a, t2, b, t3, c, t4, d), __SC_C(t5, __SC_R5)
#define __SC_A6(t, a, t2, b, t3, c, t4, d, t5, e, t6, f) __SC_A5(t, a, t2, b, t3, c, t4, d, t5, e), __SC_C(t6, __SC_R6)
/* Alone, for calls that are this project's own: they have no events. */
#define __SYSCALL_DEFINE(x, name, args...) \
	static __always_inline long __do_sys_##name(__SC_P##x(args)); \
	long __SYS(name)(const struct pt_regs *regs); \
	long __SYS(name)(const struct pt_regs *regs) { return __do_sys_##name(__SC_A##x(args)); } \
	static __always_inline long __do_sys_##name(__SC_P##x(args))
#define SYSCALL_DEFINE0(name) \
	SYSCALL_METADATA(0, name) \
	long __SYS(name)(const struct pt_regs *regs); \
	long __SYS(name)(const struct pt_regs *regs)
#define SYSCALL_DEFINE1(name, a...)	SYSCALL_METADATA(1, name, a) __SYSCALL_DEFINE(1, name, a)
#define SYSCALL_DEFINE2(name, a...)	SYSCALL_METADATA(2, name, a) __SYSCALL_DEFINE(2, name, a)
#define SYSCALL_DEFINE3(name, a...)	SYSCALL_METADATA(3, name, a) __SYSCALL_DEFINE(3, name, a)
#define SYSCALL_DEFINE4(name, a...)	SYSCALL_METADATA(4, name, a) __SYSCALL_DEFINE(4, name, a)
#define SYSCALL_DEFINE5(name, a...)	SYSCALL_METADATA(5, name, a) __SYSCALL_DEFINE(5, name, a)
#define SYSCALL_DEFINE6(name, a...)	SYSCALL_METADATA(6, name, a) __SYSCALL_DEFINE(6, name, a)
#endif
