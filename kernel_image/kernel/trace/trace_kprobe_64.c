// SPDX-License-Identifier: MIT
/* Events that probes record.  The host makes them from lines of kprobe_events. */
#include <linux/kprobes.h>
#include <asm/ptrace.h>
#include "trace.h"
#include "trace_probe.h"

/* One probe of an event, which may have several. */
struct trace_kprobe {
	struct kprobe kp;
	struct trace_event_call *call;
	unsigned long nhit;
	u32 size;			/* of the arguments' fixed part */
	u32 nr_args;
	struct probe_arg args[];
};

struct kprobe_trace_entry_head {
	struct trace_entry ent;
	unsigned long ip;
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

ABI_DEFS(trace_kprobe)
{
	ABI_SIZE(trace_kprobe);
	ABI_OFFSET(trace_kprobe, call);
	ABI_OFFSET(trace_kprobe, nhit);
	ABI_OFFSET(trace_kprobe, size);
	ABI_OFFSET(trace_kprobe, nr_args);
	ABI_SIZE(trace_event_call);
}
