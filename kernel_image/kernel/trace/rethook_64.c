// SPDX-License-Identifier: MIT
/* Returns hooked for probes: the return address is kept in a node, and the trampoline's put in its place. */
#include <linux/atomic.h>
#include <linux/rethook.h>
#include <linux/sched.h>
#include <asm/ptrace.h>
#include "trace_probe.h"

/* False: all nodes are in use. */
bool rethook_hook(struct rethook_node *nodes, u32 count, void *data, unsigned long *retp)
{
	struct task_struct *task = current;
	struct rethook_node *node = nodes;

	while (count && cmpxchg(&node->task, NULL, task))
		node++, count--;
	if (!count)
		return false;
	node->data = data;
	node->ret_addr = *retp;
	node->next = task->rethooks;
	barrier();
	task->rethooks = node;
	*retp = (unsigned long)arch_rethook_trampoline;
	return true;
}

/* From the trampoline: where to go on.  Several probes of one call have hooked one another. */
unsigned long rethook_trampoline_handler(struct pt_regs *regs)
{
	struct task_struct *task = current;
	bool running = task->kprobe_running;
	struct rethook_node *node;
	unsigned long ret;

	task->kprobe_running = true;
	do {
		node = task->rethooks;
		ret = node->ret_addr;
		if (READ_ONCE(node->data))
			kretprobe_dispatcher(node, regs);
		task->rethooks = node->next;
		barrier();
		WRITE_ONCE(node->task, NULL);
	} while (ret == (unsigned long)arch_rethook_trampoline);
	task->kprobe_running = running;
	return ret;
}

/* A task that ends has calls that never return. */
void rethook_flush_task(struct task_struct *task)
{
	for (struct rethook_node *node = task->rethooks, *next; node; node = next) {
		next = node->next;
		WRITE_ONCE(node->task, NULL);
	}
	task->rethooks = NULL;
}

ABI_DEFS(rethook)
{
	ABI_SIZE(rethook_node);
	ABI_OFFSET(rethook_node, task);
	ABI_OFFSET(rethook_node, data);
}
