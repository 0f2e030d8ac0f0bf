// SPDX-License-Identifier: MIT
/*
 * The function tracer.
 *
 * There are two ways.  The fast one is for what nearly every call is: nobody is writing on this CPU, the
 * clock is the scaled TSC and not long after the last event, there is no pid filter, no interrupt is being
 * served, and the event is neither the first nor beyond the last on the page.  It is ring_buffer_lock_reserve and _unlock_commit unrolled for
 * 20 bytes, in the order that ring_buffer.c explains.  On this machine a branch costs as much as several
 * memory accesses, and those are what else costs: hence assembly, with three tests in all.  The rest goes
 * the general way.
 */
#include <linux/ftrace.h>
#include <asm/percpu.h>
#include "trace.h"

/* As ftrace_pid_func: whether this CPU's task is not to be traced. */
bool function_trace_ignored(struct trace_array *tr)
{
	int pid = tr->data[raw_smp_processor_id()].ftrace_ignore_pid;

	/* The second test: between sched_switch and the switch, prev is still running. */
	return pid == FTRACE_PID_IGNORE || (pid != FTRACE_PID_TRACE && pid != current->pid);
}

void trace_function(struct trace_array *tr, unsigned long ip, unsigned long parent_ip, u64 trace_ctx)
{
	struct ring_buffer_event *event;
	struct ftrace_entry *entry;

	event = ring_buffer_lock_reserve(tr->buffer, sizeof(*entry));
	if (!event)
		return;
	entry = ring_buffer_event_data(event);
	*(u64 *)&entry->ent = trace_ctx;
	entry->ip = ip;
	entry->parent_ip = parent_ip;
	ring_buffer_unlock_commit(tr->buffer, event);
}

static no_caller_saved void function_trace_general(unsigned long ip, unsigned long parent_ip, struct trace_array *tr)
{
	struct trace_array_cpu *data = &tr->data[raw_smp_processor_id()];

	/* Nested in a fast path that then retreated: nobody else would commit it. */
	if (unlikely(rb_flags(data->buffer) & RB_FLAG(RB_NESTED)) && !rb_depth(data->buffer))
		__rb_end_commit(data->buffer);
	if (!function_trace_ignored(tr))
		trace_function(tr, ip, parent_ip, tracing_gen_ctx(TRACE_FN));
}

#ifdef __x86_64__

/* Where FAST_PATH gave up; it has no register left to remember the trace array. */
static no_caller_saved __used void function_trace_retry(unsigned long ip, unsigned long parent_ip,
							struct ring_buffer_per_cpu *cpu_buffer)
{
	struct trace_array *tr = ftrace_trace_arrays;

	while (tr && tr->data[cpu_buffer->cpu].buffer != cpu_buffer)
		tr = tr->next;
	if (tr)
		function_trace_general(ip, parent_ip, tr);
}

#define FN_LENGTH	(RB_EVNT_HDR_SIZE + sizeof(struct ftrace_entry))

/*
 * n: a suffix for labels.  BUF, the struct ring_buffer_per_cpu, is found from TR, the trace array.  rax, rcx,
 * rdx and PAGE are free.  LOAD_IP and LOAD_PARENT leave those in rax.
 */
#define FAST_PATH(n, TR, BUF, PAGE, PAGE32, LOAD_IP, LOAD_PARENT)						\
	"	movq	%%gs:%c[preempt_count], %%rax\n"	/* and cpu_number above it */		\
	"	movl	%%eax, " PAGE32 "\n"								\
	"	shrq	$32, %%rax\n"									\
	"	andl	$~15, " PAGE32 "\n"			/* not 0: an unusual context */		\
	"	shll	$5, %%eax\n"				/* sizeof(struct trace_array_cpu) */	\
	"	movq	%c[data](" TR ",%%rax), " BUF "\n"						\
	"	movl	$1, %%ecx\n"									\
	"	xaddl	%%ecx, %c[state](" BUF ")\n"		/* one deeper */			\
	"	movl	%%gs:%c[need_resched], %%eax\n"		/* and migrate_disable */		\
	"	andl	$0x00ff00ff, %%eax\n"								\
	"	orl	%%eax, %%ecx\n"									\
	"	orl	" PAGE32 ", %%ecx\n"								\
	"	rdtsc\n"										\
	"	shlq	$32, %%rdx\n"									\
	"	orq	%%rdx, %%rax\n"									\
	"	subq	%c[tsc_base](" BUF "), %%rax\n"							\
	"	mulq	%c[tsc_frac](" BUF ")\n"		/* rdx: the time */			\
	"	movq	%%rdx, %%rax\n"									\
	"	subq	%c[write_stamp](" BUF "), %%rax\n"	/* rax: since the last event */		\
	"	movq	%%rax, " PAGE "\n"								\
	"	shrq	%[ts_shift], " PAGE "\n"		/* not 0: too long, or negative */	\
	"	orq	" PAGE ", %%rcx\n"								\
	"	jne	.Lretreat" n "\n"								\
	"	movq	%c[tail_page](" BUF "), " PAGE "\n"						\
	"	movl	%[one], %%ecx\n"								\
	"	movq	%%rdx, %c[write_stamp](" BUF ")\n"						\
	"	xaddl	%%ecx, %c[write](" PAGE ")\n"		/* the reservation */			\
	"	movzwl	%%cx, %%ecx\n"									\
	"	cmpl	%[last], %%ecx\n"								\
	"	ja	.Lcrossed" n "\n"			/* beyond the page */			\
	"	movq	%c[page](" PAGE "), " PAGE "\n"							\
	"	addl	%[length], %%ecx\n"			/* index of the event's end */		\
	"	shll	$5, %%eax\n"									\
	"	orl	%[type_len], %%eax\n"								\
	"	movl	%%eax, %c[event](" PAGE ",%%rcx)\n"						\
	"	movl	%%gs:%c[preempt_count], %%eax\n"						\
	"	shll	$24, %%eax\n"									\
	"	pushfq\n"										\
	"	popq	%%rdx\n"									\
	"	notl	%%edx\n"									\
	"	andl	$0x200, %%edx\n"			/* IF clear: TRACE_FLAG_IRQS_OFF */	\
	"	shll	$7, %%edx\n"									\
	"	orl	%%edx, %%eax\n"									\
	"	orl	%[type], %%eax\n"								\
	"	movl	%%eax, %c[event]+4(" PAGE ",%%rcx)\n"						\
	"	movq	%%gs:%c[current_task], %%rax\n"							\
	"	movl	%c[pid](%%rax), %%eax\n"							\
	"	movl	%%eax, %c[event]+8(" PAGE ",%%rcx)\n"						\
	LOAD_IP												\
	"	movq	%%rax, %c[event]+12(" PAGE ",%%rcx)\n"						\
	LOAD_PARENT											\
	"	movq	%%rax, %c[event]+20(" PAGE ",%%rcx)\n"						\
	"	movq	%%rcx, %c[commit](" PAGE ")\n"							\
	"	decl	%c[state](" BUF ")\n"								\
	"	jne	.Lnested" n "\n"			/* RB_NESTED, or the host set a flag */	\
	".Lout" n ":\n"

/* Where FAST_PATH branches to; what follows does it the general way, and ends at .Lout. */
#define SLOW_PATHS(n, BUF, PAGE)									\
	".Lnested" n ":\n"						/* commits are left to do */	\
	"	pushq	%%rdi\n"									\
	"	movq	" BUF ", %%rdi\n"								\
	"	call	__rb_end_commit\n"								\
	"	popq	%%rdi\n"									\
	"	jmp	.Lout" n "\n"									\
	".Lcrossed" n ":\n"										\
	"	pushq	%%rdi\n"									\
	"	pushq	%%rsi\n"									\
	"	pushq	" BUF "\n"									\
	"	pushq	" PAGE "\n"									\
	"	popq	%%rsi\n"									\
	"	popq	%%rdi\n"									\
	"	movl	%%ecx, %%edx\n"									\
	"	movl	%[length], %%ecx\n"								\
	"	call	__rb_reservation_failed\n"							\
	"	popq	%%rsi\n"									\
	"	popq	%%rdi\n"									\
	"	jmp	.Lgeneral" n "\n"								\
	".Lretreat" n ":\n"										\
	"	decl	%c[state](" BUF ")\n"								\
	".Lgeneral" n ":\n"

#define FAST_PATH_OPERANDS										\
	[preempt_count] "i"(offsetof(struct pcpu_hot, preempt_count)),					\
	[need_resched] "i"(offsetof(struct pcpu_hot, need_resched)),					\
	[current_task] "i"(offsetof(struct pcpu_hot, current_task)),					\
	[pid] "i"(offsetof(struct task_struct, pid)),							\
	[private] "i"(offsetof(struct ftrace_ops, private)),						\
	[data] "i"(offsetof(struct trace_array, data)),							\
	[state] "i"(offsetof(struct ring_buffer_per_cpu, state)),					\
	[tail_page] "i"(offsetof(struct ring_buffer_per_cpu, tail_page)),				\
	[write_stamp] "i"(offsetof(struct ring_buffer_per_cpu, write_stamp)),				\
	[tsc_base] "i"(offsetof(struct ring_buffer_per_cpu, tsc_base)),					\
	[tsc_frac] "i"(offsetof(struct ring_buffer_per_cpu, tsc_frac)),					\
	[write] "i"(offsetof(struct buffer_page, write)),						\
	[page] "i"(offsetof(struct buffer_page, page)),							\
	[commit] "i"(offsetof(struct buffer_data_page, commit)),					\
	[event] "i"(BUF_PAGE_HDR_SIZE - FN_LENGTH),		/* from the event's end */		\
	[length] "i"(FN_LENGTH), [one] "i"(RB_WRITE_ENTRY + FN_LENGTH),					\
	[last] "i"(BUF_PAGE_SIZE - FN_LENGTH), [ts_shift] "i"(TS_SHIFT),				\
	[type_len] "i"(sizeof(struct ftrace_entry) / RB_ALIGNMENT), [type] "i"(TRACE_FN)

/* (rdi = ip, rsi = parent_ip, rdx = op, rcx unused); keeps all registers but rcx and rdx, which trampolines save. */
__attribute__((naked)) void function_trace_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
						struct ftrace_regs *fregs)
{
	asm volatile(
	"	pushq	%%rax\n"
	"	pushq	%%r8\n"
	"	pushq	%%r9\n"
	"	movq	%c[private](%%rdx), %%rdx\n"
	FAST_PATH("0", "%%rdx", "%%r8", "%%r9", "%%r9d", "	movq	%%rdi, %%rax\n", "	movq	%%rsi, %%rax\n")
	"	popq	%%r9\n"
	"	popq	%%r8\n"
	"	popq	%%rax\n"
	"	ret\n"
	SLOW_PATHS("0", "%%r8", "%%r9")
	"	movq	%%r8, %%rdx\n"
	"	call	function_trace_retry\n"
	"	jmp	.Lout0\n"
	:: FAST_PATH_OPERANDS);
}

/*
 * The same for a trampoline that is only `push %rdi; mov ops, %rdi; jmp function_trace_entry`, which saves
 * a call and a return: 0(%rsp) is rdi, 8(%rsp) the site's end, 16(%rsp) where the traced function returns to.
 */
__attribute__((naked)) void function_trace_entry(void)
{
	asm volatile(
	"	pushq	%%rsi\n"
	"	pushq	%%rdx\n"
	"	pushq	%%rcx\n"
	"	pushq	%%rax\n"
	"	movq	%c[private](%%rdi), %%rdi\n"
	FAST_PATH("1", "%%rdi", "%%rdi", "%%rsi", "%%esi",
		  "	movq	40(%%rsp), %%rax\n	subq	$5, %%rax\n", "	movq	48(%%rsp), %%rax\n")
	"	popq	%%rax\n"
	"	popq	%%rcx\n"
	"	popq	%%rdx\n"
	"	popq	%%rsi\n"
	"	popq	%%rdi\n"
	"	ret\n"
	SLOW_PATHS("1", "%%rdi", "%%rsi")
	"	movq	%%rdi, %%rdx\n"
	"	movq	40(%%rsp), %%rdi\n"
	"	subq	$5, %%rdi\n"
	"	movq	48(%%rsp), %%rsi\n"
	"	call	function_trace_retry\n"
	"	jmp	.Lout1\n"
	:: FAST_PATH_OPERANDS);
}
_Static_assert(sizeof(struct trace_array_cpu) == 32, "FAST_PATH shifts by 5");
_Static_assert(offsetof(struct pcpu_hot, cpu_number) == offsetof(struct pcpu_hot, preempt_count) + 4, "FAST_PATH");
_Static_assert(offsetof(struct pcpu_hot, migrate_disable) == offsetof(struct pcpu_hot, need_resched) + 2, "FAST_PATH");

#else

void function_trace_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op, struct ftrace_regs *fregs)
{
	function_trace_general(ip, parent_ip, op->private);
}

#endif
