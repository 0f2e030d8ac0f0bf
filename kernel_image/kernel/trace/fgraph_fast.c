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

#define SITE_SIZE	5
#define SITE_IP(frame)		((frame)[1] - SITE_SIZE)
#define SITE_PARENT(frame)	((frame)[2])

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
	struct buffer_data_page *page;
	u64 ts;
	u32 delta, where, preempt_count;
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
	r->preempt_count = pc_and_cpu;
	unusual |= (u32)pc_and_cpu & ~15U;
	unusual |= *(u32 __seg_gs *)offsetof(struct pcpu_hot, need_resched) & 0x00ff00ff;	/* and migrate_disable */
	unusual |= fgraph_unusual;
	unusual |= task->trace_recursion & (TRACE_GRAPH | TRACE_GRAPH_NOTRACE);
	unusual |= *(u32 *)&task->tracing_graph_pause;
	if (unlikely(unusual))
		asm volatile("decl %0" : "+m"(cpu_buffer->state) :: "memory", "cc");
	return unusual;
}

/* False: the event does not fit, which __rb_reservation_failed has to be told. */
static __always_inline bool reserve(struct reservation *r, u32 length)
{
	struct ring_buffer_per_cpu *cpu_buffer = r->cpu_buffer;
	struct buffer_page *tail_page = READ_ONCE(cpu_buffer->tail_page);

	WRITE_ONCE(cpu_buffer->write_stamp, r->ts);
	r->where = RB_WRITE_INDEX(xadd_local(&tail_page->write, RB_WRITE_ENTRY + length));
	r->tail_page = tail_page;
	return likely(r->where <= BUF_PAGE_SIZE - length);
}

/* The event's headers; returns its data, which begins with the second. */
static __always_inline void *fill(struct reservation *r, struct task_struct *task, u32 type, u32 length)
{
	struct buffer_data_page *page = r->page = r->tail_page->page;
	u32 *event = (u32 *)(page->data + r->where);
	struct trace_entry *ent = (struct trace_entry *)(event + 1);
	unsigned long flags;

	*event = r->delta << 5 | (length - RB_EVNT_HDR_SIZE) / RB_ALIGNMENT;
	asm volatile("pushfq; popq %0" : "=r"(flags));
	*(u32 *)ent = type | r->preempt_count << 24 | (~(u32)flags & 0x200) << 7;
	ent->pid = task->pid;
	return ent;
}

/* False: something nested, and there is more to commit. */
static __always_inline bool commit(struct reservation *r, u32 length)
{
	bool alone;

	WRITE_ONCE(r->page->commit, r->where + length);
	asm volatile("decl %1" : "=@ccz"(alone), "+m"(r->cpu_buffer->state) :: "memory");
	return likely(alone);
}

/*
 * ftrace_graph_entry jumps here, as if the traced function had called this: above the frame pointer are the address
 * after the site and, there, where the function returns to.
 */
no_caller_saved __used void ftrace_graph_entry_fast(void)
{
	unsigned long *frame = __builtin_frame_address(0);
	struct task_struct *task = current;
	int index = task->curr_ret_stack + 1, depth;
	struct ftrace_graph_ent_entry *entry;
	struct ftrace_ret_stack *slot;
	struct reservation r;

	if (unlikely(begin(&r, task, (index >= FTRACE_RETFUNC_DEPTH) | !task->ret_stack)))
		goto general;
	WRITE_ONCE(task->curr_ret_stack, index);
	depth = task->curr_ret_depth + 1;
	WRITE_ONCE(task->curr_ret_depth, depth);
	slot = &task->ret_stack[index];
	slot->ret = SITE_PARENT(frame);
	slot->func = SITE_IP(frame);
	slot->calltime = r.ts;
	slot->retp = &SITE_PARENT(frame);
	if (unlikely(!reserve(&r, ENTRY_LENGTH))) {
		__rb_reservation_failed(r.cpu_buffer, r.tail_page, r.where, ENTRY_LENGTH);
		current->curr_ret_stack--;
		current->curr_ret_depth--;
		goto general;
	}
	SITE_PARENT(frame) = (unsigned long)return_to_handler;
	entry = fill(&r, task, TRACE_GRAPH_ENT, ENTRY_LENGTH);
	entry->graph_ent.func = SITE_IP(frame);
	entry->graph_ent.depth = depth;
	if (!commit(&r, ENTRY_LENGTH))
		__rb_end_commit(r.cpu_buffer);
	return;
general:
	prepare_ftrace_return(SITE_IP(frame), &SITE_PARENT(frame));
}

static noinline unsigned long return_nested(struct ring_buffer_per_cpu *cpu_buffer, struct task_struct *task,
					    unsigned long ret)
{
	__rb_end_commit(cpu_buffer);
	WRITE_ONCE(task->curr_ret_stack, task->curr_ret_stack - 1);
	return ret;
}

static noinline unsigned long return_elsewhere(struct ring_buffer_per_cpu *cpu_buffer, struct buffer_page *tail_page,
					       u32 where)
{
	__rb_reservation_failed(cpu_buffer, tail_page, where, RETURN_LENGTH);
	current->curr_ret_depth++;
	return ftrace_pop_return_trace();
}

/* For return_to_handler: where to go on.  Calls in it are its last, so that it has no registers to save. */
unsigned long ftrace_return_to_handler(void)
{
	struct task_struct *task = current;
	int index = task->curr_ret_stack, depth;
	struct ftrace_ret_stack *slot = &task->ret_stack[index];
	struct ftrace_graph_ret_entry *entry;
	struct reservation r;
	unsigned long ret;

	if (unlikely(begin(&r, task, index < 0)))
		return ftrace_pop_return_trace();
	depth = task->curr_ret_depth;
	WRITE_ONCE(task->curr_ret_depth, depth - 1);
	if (unlikely(!reserve(&r, RETURN_LENGTH)))
		return return_elsewhere(r.cpu_buffer, r.tail_page, r.where);
	entry = fill(&r, task, TRACE_GRAPH_RET, RETURN_LENGTH);
	entry->ret.func = slot->func;
	entry->ret.depth = depth;
	entry->ret.overrun = *(u32 *)&task->trace_overrun;
	entry->ret.calltime = slot->calltime;
	entry->ret.rettime = r.ts;
	ret = slot->ret;
	if (!commit(&r, RETURN_LENGTH))
		return return_nested(r.cpu_buffer, task, ret);
	barrier();
	WRITE_ONCE(task->curr_ret_stack, index - 1);
	return ret;
}

#endif
