/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_RETHOOK_H
#define _LINUX_RETHOOK_H
#include <linux/types.h>

struct pt_regs;
struct task_struct;
struct rethook_node;

typedef void (*rethook_handler_t)(struct rethook_node *node, struct pt_regs *regs);

/* A call whose return is hooked for a probe.  The host makes as many as a probe may follow at once. */
struct rethook_node {
	struct rethook_node *next;	/* the call of the same task before it */
	struct task_struct *task;	/* whose call; NULL: free */
	void *data;			/* the probe; the host makes it NULL when that goes away */
	unsigned long ret_addr;
};

bool rethook_hook(struct rethook_node *nodes, u32 count, void *data, unsigned long *retp);
void rethook_flush_task(struct task_struct *task);
void arch_rethook_trampoline(void);	/* arch/x86/kernel/rethook_64.S */
#endif
