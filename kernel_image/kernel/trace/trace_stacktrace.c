// SPDX-License-Identifier: MIT
/*
 * Stacks in the trace.  Every function keeps a frame pointer: a frame is the caller's frame pointer and, above
 * it, the return address.  A frame pointer with bit 0 set stands for a struct pt_regs: what was interrupted.
 */
#include <linux/ftrace.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <asm/ptrace.h>
#include "trace.h"

#define STACK_ENTRIES	64

struct stack_walk {
	unsigned long stack;			/* where the stack begins; they are aligned */
	unsigned int nr;
	unsigned long calls[STACK_ENTRIES];
};

static bool on_stack(struct stack_walk *walk, const void *p, unsigned long size)
{
	return (unsigned long)p - walk->stack <= THREAD_SIZE - size;
}

static void walk_add(struct stack_walk *walk, unsigned long addr)
{
	if (walk->nr < STACK_ENTRIES)
		walk->calls[walk->nr++] = addr;
}

/* A return address that the graph tracer has taken away. */
unsigned long ftrace_graph_ret_addr(unsigned long ret, unsigned long *retp)
{
	struct ftrace_ret_stack *ret_stack = current->ret_stack;

	if (likely(ret != (unsigned long)return_to_handler) || !ret_stack)
		return ret;
	for (int i = current->curr_ret_stack; i >= 0; i--)
		if (ret_stack[i].retp == retp)
			return ret_stack[i].ret;
	return ret;
}

/* From a frame outwards, up to user mode or to where the task began. */
static void walk_frames(struct stack_walk *walk, unsigned long *frame)
{
	while (walk->nr < STACK_ENTRIES && on_stack(walk, frame, 2 * sizeof(*frame))) {
		unsigned long next = frame[0];

		walk_add(walk, ftrace_graph_ret_addr(frame[1], frame + 1));
		if (next & 1) {
			struct pt_regs *regs = (struct pt_regs *)(next - 1);

			if (!on_stack(walk, regs, sizeof(*regs)) || user_mode(regs))
				break;
			walk_add(walk, regs->ip);
			next = regs->bp;
		}
		if (next <= (unsigned long)frame)
			break;
		frame = (unsigned long *)next;
	}
}

#ifdef __x86_64__
/*
 * The site comes before the function's frame is made.  So the trampoline's and the tracer's own frames are on the
 * stack, then the two return addresses that show where those end: behind the site, and the function's own.
 */
#define SITE_SIZE	5
#define TRACER_WORDS	160

/*
 * Where those addresses are; NULL: not on this stack.  *frame, which a tracer's function has, becomes that of the
 * traced function's caller.
 */
unsigned long *ftrace_find_site(unsigned long **frame, unsigned long ip, unsigned long parent_ip)
{
	unsigned long *sp = *frame + 1, *end = *frame + TRACER_WORDS, *f = *frame;
	struct stack_walk walk = { .stack = (unsigned long)f & -THREAD_SIZE };

	while (!(sp[0] == ip + SITE_SIZE && (sp[1] == parent_ip || sp[1] == (unsigned long)return_to_handler)))
		if (++sp >= end || !on_stack(&walk, sp, 2 * sizeof(*sp)))
			return NULL;
	while (f < sp && on_stack(&walk, f, 2 * sizeof(*f)))
		f = (unsigned long *)f[0];
	*frame = f;
	return sp;
}

static void walk_function(struct stack_walk *walk, unsigned long ip, unsigned long parent_ip, unsigned long *frame,
			  bool tracer)
{
	unsigned long *inner = frame, *sp = ftrace_find_site(&frame, ip, parent_ip);

	if (!sp)
		return;
	for (; tracer && inner != frame; inner = (unsigned long *)inner[0])
		walk_add(walk, inner[1]);
	walk_add(walk, sp[0]);
	walk_add(walk, ftrace_graph_ret_addr(sp[1], sp + 1));
	walk_frames(walk, frame);
}
#else
/* The function has its frame when it calls mcount; the frames inside it are the tracer's. */
static void walk_function(struct stack_walk *walk, unsigned long ip, unsigned long parent_ip, unsigned long *frame,
			  bool tracer)
{
	for (; on_stack(walk, frame, 2 * sizeof(*frame)); frame = (unsigned long *)frame[0]) {
		if (frame[1] == parent_ip) {
			walk_add(walk, ip);
			walk_frames(walk, frame);
			return;
		}
		if (tracer)
			walk_add(walk, frame[1]);
	}
}
#endif

static void record_stack(struct trace_array *tr, u64 trace_ctx, struct stack_walk *walk)
{
	struct ring_buffer_event *event;
	struct stack_entry *entry;

	event = ring_buffer_lock_reserve(tr->buffer, sizeof(*entry) + walk->nr * sizeof(walk->calls[0]));
	if (!event)
		return;
	entry = ring_buffer_event_data(event);
	*(u64 *)&entry->ent = (trace_ctx & ~0xffffULL) | TRACE_STACK;
	entry->size = walk->nr;
	__builtin_memcpy(entry->caller, walk->calls, walk->nr * sizeof(walk->calls[0]));
	ring_buffer_unlock_commit(tr->buffer, event);
}

void __trace_stack(struct trace_array *tr, u64 trace_ctx, unsigned long *frame)
{
	struct stack_walk walk = { .stack = (unsigned long)frame & -THREAD_SIZE, .nr = 0 };

	walk_frames(&walk, frame);
	record_stack(tr, trace_ctx, &walk);
}

/* User mode is one place of code without a stack (see asm/ptrace.h): that is what a user's task has.  Threads have none. */
void ftrace_trace_userstack(struct trace_array *tr, u64 trace_ctx)
{
	struct ring_buffer_event *event;
	struct userstack_entry *entry;

	if (in_nmi())
		return;
	event = ring_buffer_lock_reserve(tr->buffer, sizeof(*entry));
	if (!event)
		return;
	entry = ring_buffer_event_data(event);
	__builtin_memset(entry, 0, sizeof(*entry));
	*(u64 *)&entry->ent = (trace_ctx & ~0xffffULL) | TRACE_USER_STACK;
	entry->tgid = current->tgid;
	if (!(current->flags & PF_KTHREAD))
		entry->caller[0] = instruction_pointer(current_pt_regs());
	ring_buffer_unlock_commit(tr->buffer, event);
}

/* With itself as the innermost, as 6.1 does where it skips nothing. */
noinline void __ftrace_trace_stack(struct trace_array *tr, u64 trace_ctx)
{
	unsigned long *frame = __builtin_frame_address(0);
	struct stack_walk walk = { .stack = (unsigned long)frame & -THREAD_SIZE, .nr = 0 };

	walk_add(&walk, (unsigned long)__ftrace_trace_stack);
	walk_frames(&walk, frame);
	record_stack(tr, trace_ctx, &walk);
}

/* The stack of the traced function at ip; with `tracer`, what is tracing it comes first. */
void trace_function_stack(struct trace_array *tr, u64 trace_ctx, unsigned long ip, unsigned long parent_ip,
			  unsigned long *frame, bool tracer)
{
	struct stack_walk walk = { .stack = (unsigned long)frame & -THREAD_SIZE, .nr = 0 };

	walk_function(&walk, ip, parent_ip, frame, tracer);
	record_stack(tr, trace_ctx, &walk);
}

void trace_stack_above(struct trace_array *tr, u64 trace_ctx, unsigned long a0)
{
	unsigned long *frame = __builtin_frame_address(0);
	struct stack_walk walk = { .stack = (unsigned long)frame & -THREAD_SIZE, .nr = 0 };

	while (on_stack(&walk, frame, 2 * sizeof(*frame)) && frame[1] != a0 && frame[0] > (unsigned long)frame)
		frame = (unsigned long *)frame[0];
	if (on_stack(&walk, frame, 2 * sizeof(*frame)))
		walk_frames(&walk, (unsigned long *)frame[0]);
	record_stack(tr, trace_ctx, &walk);
}
