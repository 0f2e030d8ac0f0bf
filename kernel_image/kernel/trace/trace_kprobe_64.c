// SPDX-License-Identifier: MIT
/* Events that probes record.  The host makes them from lines of kprobe_events. */
#include <linux/kprobes.h>
#include <linux/rethook.h>
#include <asm/ptrace.h>
#include "trace.h"
#include "trace_probe.h"

/* One probe of an event, which may have several. */
struct trace_kprobe {
	struct kprobe kp;
	struct trace_event_call *call;
	unsigned long nhit;
	struct rethook_node *nodes;	/* of a probe of returns */
	u32 maxactive;			/* how many of them */
	u32 size;			/* of the arguments' fixed part */
	u32 nr_args;
	struct probe_arg args[];
};

struct kprobe_trace_entry_head {
	struct trace_entry ent;
	unsigned long ip;
};

struct kretprobe_trace_entry_head {
	struct trace_entry ent;
	unsigned long func, ret_ip;
};

static void __kprobe_trace_func(struct trace_kprobe *tk, struct pt_regs *regs, struct trace_event_file *file)
{
	u32 dsize = get_dsize(tk->args, tk->nr_args, regs);
	struct kprobe_trace_entry_head *entry;
	struct trace_event_buffer fbuffer;

	entry = trace_event_buffer_reserve(&fbuffer, file, sizeof(*entry) + tk->size + dsize);
	if (!entry)
		return;
	entry->ip = tk->kp.addr;
	store_trace_args(entry + 1, tk->args, tk->nr_args, tk->size, regs, sizeof(*entry), dsize);
	trace_event_buffer_commit(&fbuffer);
}

void kprobe_dispatcher(struct kprobe *kp, struct pt_regs *regs)
{
	struct trace_kprobe *tk = container_of(kp, struct trace_kprobe, kp);

	__sync_fetch_and_add(&tk->nhit, 1);
	for (struct trace_event_file *file = READ_ONCE(tk->call->files); file; file = READ_ONCE(file->next))
		__kprobe_trace_func(tk, regs, file);
}

/* At the entry of a function whose return is to be recorded. */
void kretprobe_pre_handler(struct kprobe *kp, struct pt_regs *regs)
{
	struct trace_kprobe *tk = container_of(kp, struct trace_kprobe, kp);

	if (!rethook_hook(tk->nodes, tk->maxactive, tk, (unsigned long *)kernel_stack_pointer(regs)))
		__sync_fetch_and_add(&kp->nmissed, 1);
}

static void __kretprobe_trace_func(struct trace_kprobe *tk, struct rethook_node *node, struct pt_regs *regs,
				   struct trace_event_file *file)
{
	u32 dsize = get_dsize(tk->args, tk->nr_args, regs);
	struct kretprobe_trace_entry_head *entry;
	struct trace_event_buffer fbuffer;

	entry = trace_event_buffer_reserve(&fbuffer, file, sizeof(*entry) + tk->size + dsize);
	if (!entry)
		return;
	entry->func = tk->kp.addr;
	entry->ret_ip = node->ret_addr;
	store_trace_args(entry + 1, tk->args, tk->nr_args, tk->size, regs, sizeof(*entry), dsize);
	trace_event_buffer_commit(&fbuffer);
}

void kretprobe_dispatcher(struct rethook_node *node, struct pt_regs *regs)
{
	struct trace_kprobe *tk = node->data;

	__sync_fetch_and_add(&tk->nhit, 1);
	for (struct trace_event_file *file = READ_ONCE(tk->call->files); file; file = READ_ONCE(file->next))
		__kretprobe_trace_func(tk, node, regs, file);
}

ABI_DEFS(trace_kprobe)
{
	ABI_OFFSET(trace_kprobe, nodes);
	ABI_OFFSET(trace_kprobe, maxactive);
	ABI_SIZE(trace_kprobe);
	ABI_OFFSET(trace_kprobe, call);
	ABI_OFFSET(trace_kprobe, nhit);
	ABI_OFFSET(trace_kprobe, size);
	ABI_OFFSET(trace_kprobe, nr_args);
	ABI_SIZE(trace_event_call);
}
