// SPDX-License-Identifier: MIT
/*
 * The function tracer.
 *
 * function_trace_call has two ways.  The fast one is for what nearly every call is: nobody is writing on
 * this CPU, the clock is the scaled TSC, there is no pid filter, and the event fits on the page (all but the
 * last: one test of ring_buffer_per_cpu.state).  It is ring_buffer_lock_reserve and _unlock_commit unrolled
 * for 20 bytes, in the order that ring_buffer.c explains.  All else goes the general way.
 */
#include <linux/ftrace.h>
#include <asm/percpu.h>
#include "trace.h"

/* rbp is worth more as a register here, and nobody walks these frames. */
#pragma GCC optimize("omit-frame-pointer")

static no_caller_saved noinline void function_trace_general(unsigned long ip, unsigned long parent_ip,
							     struct ftrace_ops *op)
{
	struct trace_array *tr = op->private;
	int pid = tr->data[raw_smp_processor_id()].ftrace_ignore_pid;
	struct ring_buffer_event *event;
	struct ftrace_entry *entry;

	/* As ftrace_pid_func.  The second test: between sched_switch and the switch, prev is still running. */
	if (pid == FTRACE_PID_IGNORE || (pid != FTRACE_PID_TRACE && pid != current->pid))
		return;
	event = ring_buffer_lock_reserve(tr->buffer, sizeof(*entry));
	if (!event)
		return;
	entry = ring_buffer_event_data(event);
	*(u64 *)&entry->ent = tracing_gen_ctx(TRACE_FN);
	entry->ip = ip;
	entry->parent_ip = parent_ip;
	ring_buffer_unlock_commit(tr->buffer, event);
}

#ifdef __x86_64__

#define FN_LENGTH	(RB_EVNT_HDR_SIZE + (u32)sizeof(struct ftrace_entry))

struct fn_event {
	u32 header;
	u64 ent;
	u64 ip, parent_ip;
} __packed;

static __always_inline u64 tsc_to_ns(u64 base, u64 frac)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return ((unsigned __int128)(((u64)high << 32 | low) - base) * frac) >> 64;
}

/* tracing_gen_ctx, with its usual outcome first: at most some preempt depth, and interrupts on or off. */
static no_caller_saved noinline u64 trace_ctx_rare(void)
{
	return tracing_gen_ctx(TRACE_FN);
}

static __always_inline u64 trace_ctx(void)
{
	u32 pc = this_hot->preempt_count;
	u32 more = *(u32 __seg_gs *)offsetof(struct pcpu_hot, need_resched) & 0x00ff00ff;	/* and migrate_disable */
	unsigned long flags;

	if (unlikely(pc >> 4 | more))
		return trace_ctx_rare();
	asm volatile("pushfq; popq %0" : "=r"(flags));
	return (u64)(u32)current->pid << 32 | pc << 24 | (~(u32)flags & 0x200) << 7 | TRACE_FN;
}

no_caller_saved void function_trace_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
					 struct ftrace_regs *fregs)
{
	struct trace_array *tr = op->private;
	struct ring_buffer_per_cpu *cpu_buffer = tr->data[raw_smp_processor_id()].buffer;
	struct buffer_page *tail_page;
	struct fn_event *event;
	u32 write, at = FN_LENGTH + RB_WRITE_ENTRY;
	u64 ts, delta;

	if (unlikely(READ_ONCE(cpu_buffer->state)))
		goto general;
	rb_set_depth(cpu_buffer, 1);
	tail_page = READ_ONCE(cpu_buffer->tail_page);
	write = READ_ONCE(tail_page->write);
	ts = tsc_to_ns(cpu_buffer->tsc_base, cpu_buffer->tsc_frac);
	delta = ts - cpu_buffer->write_stamp;
	/* Not for the first event of a page, nor the one that fills it, nor a long or negative delta. */
	if (unlikely(delta > TS_MASK || RB_WRITE_INDEX(write) - 1 >= BUF_PAGE_SIZE - FN_LENGTH))
		goto retreat;
	WRITE_ONCE(cpu_buffer->write_stamp, ts);
	asm volatile("xaddl %0, %1" : "+r"(at), "+m"(tail_page->write) :: "memory", "cc");
	if (unlikely(at != write && RB_WRITE_INDEX(at) > BUF_PAGE_SIZE - FN_LENGTH))
		goto crossed;
	at = RB_WRITE_INDEX(at);
	event = (void *)(tail_page->page->data + at);
	event->header = (u32)delta << 5 | sizeof(struct ftrace_entry) / RB_ALIGNMENT;
	event->ent = trace_ctx();
	event->ip = ip;
	event->parent_ip = parent_ip;
	WRITE_ONCE(tail_page->page->commit, at + FN_LENGTH);
	rb_set_depth(cpu_buffer, 0);
	if (unlikely(rb_flags(cpu_buffer)))
		__rb_end_commit(cpu_buffer);
	return;

crossed:
	/* Nested writers filled the page between our two looks at it. */
	__rb_reservation_failed(cpu_buffer, tail_page, RB_WRITE_INDEX(at), FN_LENGTH);
	goto general;
retreat:
	__rb_end_commit(cpu_buffer);
general:
	function_trace_general(ip, parent_ip, op);
}

#else

void function_trace_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op, struct ftrace_regs *fregs)
{
	function_trace_general(ip, parent_ip, op);
}

#endif
