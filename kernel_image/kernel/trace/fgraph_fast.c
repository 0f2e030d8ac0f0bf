// SPDX-License-Identifier: MIT
/*
 * The way through the graph tracer for what nearly every call is, as trace_functions.c has one for function:
 * nobody is writing on this CPU, its clock is the scaled TSC, the last event is not long ago, there is no filter,
 * no interrupt is being served, the task has a ret_stack with a slot left, and the event is neither the first on
 * its page nor beyond the last.  One branch decides all that, another about the page, a third whether
 * something nested.  Everything else goes the general way, fgraph.c's.
 */
#include <linux/ftrace.h>
#include <asm/percpu.h>
#include "trace.h"

#ifdef __x86_64__

#define ENTRY_LENGTH	(RB_EVNT_HDR_SIZE + (u32)sizeof(struct ftrace_graph_ent_entry))
#define RETURN_LENGTH	(RB_EVNT_HDR_SIZE + (u32)sizeof(struct ftrace_graph_ret_entry))

static __always_inline u32 xadd_local(u32 *p, u32 n)
{
	asm volatile("xaddl %0, %1" : "+r"(n), "+m"(*p) :: "memory", "cc");
	return n;
}

/* One event being written. */
struct reservation {
	struct ring_buffer_per_cpu *cpu_buffer;
	struct buffer_page *tail_page;
	u64 ts;
	u32 delta, where;
};

/* Nonzero: not the usual case, and the depth is as it was. */
static __always_inline u64 begin(struct reservation *r, struct task_struct *task, u64 unusual)
{
	struct ring_buffer_per_cpu *cpu_buffer;
	u64 pc_and_cpu, delta;
	u32 low, high;

	asm volatile("movq %%gs:%c1, %0" : "=r"(pc_and_cpu) : "i"(offsetof(struct pcpu_hot, preempt_count)));
	cpu_buffer = r->cpu_buffer = graph_array->data[pc_and_cpu >> 32].buffer;
	unusual |= xadd_local(&cpu_buffer->state, 1);
	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	r->ts = (unsigned __int128)((((u64)high << 32) | low) - cpu_buffer->tsc_base) * cpu_buffer->tsc_frac >> 64;
	delta = r->ts - cpu_buffer->write_stamp;
	r->delta = delta;
	unusual |= delta >> TS_SHIFT;
	unusual |= (u32)pc_and_cpu & ~15U;
	unusual |= *(u32 __seg_gs *)offsetof(struct pcpu_hot, need_resched) & 0x00ff00ff;	/* and migrate_disable */
	unusual |= fgraph_unusual;
	unusual |= task->trace_recursion & (TRACE_GRAPH | TRACE_GRAPH_NOTRACE);
	unusual |= *(u32 *)&task->tracing_graph_pause;
	if (unlikely(unusual))
		asm volatile("decl %0" : "+m"(cpu_buffer->state) :: "memory", "cc");
	return unusual;
}

/* False: the event did not fit, and what was begun is ended. */
static __always_inline bool reserve(struct reservation *r, u32 length)
{
	struct ring_buffer_per_cpu *cpu_buffer = r->cpu_buffer;
	struct buffer_page *tail_page = READ_ONCE(cpu_buffer->tail_page);

	WRITE_ONCE(cpu_buffer->write_stamp, r->ts);
	r->where = RB_WRITE_INDEX(xadd_local(&tail_page->write, RB_WRITE_ENTRY + length));
	r->tail_page = tail_page;
	if (unlikely(r->where > BUF_PAGE_SIZE - length)) {
		__rb_reservation_failed(cpu_buffer, tail_page, r->where, length);
		return false;
	}
	return true;
}

/* The event's headers; returns its data, which begins with the second. */
static __always_inline void *fill(struct reservation *r, struct task_struct *task, u32 type, u32 length)
{
	u32 *event = (u32 *)(r->tail_page->page->data + r->where);
	struct trace_entry *ent = (struct trace_entry *)(event + 1);
	unsigned long flags;

	*event = r->delta << 5 | (length - RB_EVNT_HDR_SIZE) / RB_ALIGNMENT;
	asm volatile("pushfq; popq %0" : "=r"(flags));
	*(u32 *)ent = type | (u32)this_hot->preempt_count << 24 | (~(u32)flags & 0x200) << 7;
	ent->pid = task->pid;
	return ent;
}

static __always_inline void commit(struct reservation *r, u32 length)
{
	struct ring_buffer_per_cpu *cpu_buffer = r->cpu_buffer;
	bool alone;

	WRITE_ONCE(r->tail_page->page->commit, r->where + length);
	asm volatile("decl %1" : "=@ccz"(alone), "+m"(cpu_buffer->state) :: "memory");
	if (unlikely(!alone))
		__rb_end_commit(cpu_buffer);
}

/* ip: the call site; parent: where on the stack the function's return address is. */
no_caller_saved __used void ftrace_graph_entry_fast(unsigned long ip, unsigned long *parent)
{
	struct task_struct *task = current;
	int index = task->curr_ret_stack + 1;
	struct ftrace_graph_ent_entry *entry;
	struct ftrace_ret_stack *slot;
	struct reservation r;
	int depth;

	if (unlikely(begin(&r, task, (index >= FTRACE_RETFUNC_DEPTH) | !task->ret_stack))) {
		prepare_ftrace_return(ip, parent);
		return;
	}
	WRITE_ONCE(task->curr_ret_stack, index);
	depth = task->curr_ret_depth + 1;
	WRITE_ONCE(task->curr_ret_depth, depth);
	slot = &task->ret_stack[index];
	slot->ret = *parent;
	slot->func = ip;
	slot->calltime = r.ts;
	slot->retp = parent;
	if (unlikely(!reserve(&r, ENTRY_LENGTH))) {
		WRITE_ONCE(task->curr_ret_stack, index - 1);
		WRITE_ONCE(task->curr_ret_depth, depth - 1);
		prepare_ftrace_return(ip, parent);
		return;
	}
	*parent = (unsigned long)return_to_handler;
	entry = fill(&r, task, TRACE_GRAPH_ENT, ENTRY_LENGTH);
	entry->graph_ent.func = ip;
	entry->graph_ent.depth = depth;
	commit(&r, ENTRY_LENGTH);
}

/* For return_to_handler: where to go on. */
unsigned long ftrace_return_to_handler(void)
{
	struct task_struct *task = current;
	int index = task->curr_ret_stack;
	struct ftrace_ret_stack *slot = &task->ret_stack[index];
	struct ftrace_graph_ret_entry *entry;
	struct reservation r;
	unsigned long ret;
	int depth;

	if (unlikely(begin(&r, task, index < 0)))
		return ftrace_pop_return_trace();
	depth = task->curr_ret_depth;
	WRITE_ONCE(task->curr_ret_depth, depth - 1);
	if (unlikely(!reserve(&r, RETURN_LENGTH))) {
		WRITE_ONCE(task->curr_ret_depth, depth);
		return ftrace_pop_return_trace();
	}
	entry = fill(&r, task, TRACE_GRAPH_RET, RETURN_LENGTH);
	entry->ret.func = slot->func;
	entry->ret.depth = depth;
	entry->ret.overrun = *(u32 *)&task->trace_overrun;
	entry->ret.calltime = slot->calltime;
	entry->ret.rettime = r.ts;
	ret = slot->ret;
	commit(&r, RETURN_LENGTH);
	barrier();
	WRITE_ONCE(task->curr_ret_stack, index - 1);
	return ret;
}

#else

unsigned long ftrace_return_to_handler(void)
{
	return ftrace_pop_return_trace();
}

#endif
