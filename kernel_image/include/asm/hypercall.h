/* SPDX-License-Identifier: MIT */
#ifndef _ASM_HYPERCALL_H
#define _ASM_HYPERCALL_H
/*
 * How the guest speaks to the machine it runs on.
 *
 *   int $0x30	stops this CPU; number in eax, arguments in rdi, rsi, rdx, rcx (i386: ebx, ecx, edx, esi),
 *		the result comes back in rax.  Used where the host must act before the next instruction.
 *   out 0x30	posts an inter-processor interrupt: value = cpu << 8 | vector.  No stop.
 *   hlt	this CPU is idle until an interrupt.
 */
#define HYPERCALL_VECTOR	0x30
#define IPI_PORT		0x30

#define HC_USER			0	/* the current task is in user mode: the host may start a system call;
					 * (result of the last system call) */
#define HC_HOST_OP		1	/* a file operation that the host implements: (file cookie, op, arg, len) */
#define HC_YIELD		2	/* spinning on something that another CPU must do */
#define HC_POLL			3	/* host_poll was set: take pending interrupts (IF is 1) */
#define HC_DIE			4	/* oops or panic: (struct pt_regs *, const char *why, long error) */
#define HC_RETURN		5	/* a function called by the host has returned: result in rdi */
#define HC_BOOTED		6	/* start_kernel is done on this CPU */
#define HC_MODULE		7	/* load_module/free_module: (op, name, struct module *) */
#define HC_FTRACE_INIT		8	/* exceptions can be handled: find the call sites, make them nops */
#define HC_FTRACE_PROBE		9	/* a function command that the host carries out: (probe, ip, parent_ip) */
#define HC_FTRACED		10	/* ftraced has woken: turn recorded call sites into nops */
#define HC_TRACEPOINT_PRINTK	16	/* tp_printk: tell the log of an event: (its entry, length) */
#define HC_FTRACE_OPS		15	/* what this kernel's own code asks of the ftrace core: (op, struct ftrace_ops *, a, b) */
#define HC_TRACE_MAX		14	/* the longest latency so far: (struct trace_array *, struct max_trace *, one CPU's) */

#ifndef __ASSEMBLER__
#include <linux/types.h>
static __always_inline notrace long hypercall(long nr, long a, long b, long c, long d)
{
	long ret;
#ifdef __x86_64__
	asm volatile("int $0x30" : "=a"(ret) : "0"(nr), "D"(a), "S"(b), "d"(c), "c"(d) : "memory");
#else
	asm volatile("int $0x30" : "=a"(ret) : "0"(nr), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
#endif
	return ret;
}
#endif
#endif
