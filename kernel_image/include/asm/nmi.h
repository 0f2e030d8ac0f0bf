/* SPDX-License-Identifier: MIT */
#ifndef _ASM_NMI_H
#define _ASM_NMI_H
#include <linux/list.h>
#include <asm/percpu.h>
#include <asm/ptrace.h>
enum { NMI_LOCAL, NMI_UNKNOWN, NMI_SERR, NMI_IO_CHECK, NMI_MAX };
#define NMI_DONE	0
#define NMI_HANDLED	1
typedef int (*nmi_handler_t)(unsigned int type, struct pt_regs *regs);
struct nmiaction { struct list_head list; nmi_handler_t handler; u64 max_duration; unsigned long flags; const char *name; };
int __register_nmi_handler(unsigned int type, struct nmiaction *action);
#define register_nmi_handler(t, fn, fg, n) ({ \
	static struct nmiaction fn##_na = { .list = LIST_HEAD_INIT(fn##_na.list), .handler = (fn), .name = (n), .flags = (fg) }; \
	__register_nmi_handler((t), &fn##_na); })
void unregister_nmi_handler(unsigned int type, const char *name);
DECLARE_PER_CPU(unsigned int, nmi_counts);
#endif
