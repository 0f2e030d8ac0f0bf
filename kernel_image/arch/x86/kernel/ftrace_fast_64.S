/* SPDX-License-Identifier: MIT */
/*
 * The tracers' ways for what nearly every call is: nobody is writing on this CPU, the clock is the scaled TSC and not
 * long after the last event, no filter has to be asked, no interrupt is being served, and the event is neither the
 * first on its page nor beyond the last.  They are ring_buffer_lock_reserve and _unlock_commit unrolled, in the
 * order that kernel/trace/ring_buffer.c explains.  Everything else goes the general way, in C.
 *
 * What costs on this machine, in ns: a call, return or jump to another page 5, a branch that is not taken 2,
 * rdtsc 9, pushfq 5, an access to memory 0.2 to 0.6; but to two pages by turns whose numbers are equal modulo 64
 * 8 more, each time.  Hence one test for all that is unusual, no C where nothing is unusual, no data in trampolines
 * (which shared such a number with the tasks'), and entries, which save a jump.  A traced call with its event takes
 * 82 ns, of which 18 without tracing, a call and its return in the graph 188; by a jump to C 94 and 222.
 *
 * An entry is not executed here.  The host copies it to the start of an ops' trampoline, as create_trampoline of 6.1
 * copies ftrace_caller: a site's call leads right here.  So it must do wherever it stands, and lead elsewhere by
 * absolute addresses only.  ENTRY says what the host relies on: the word before is the length; the nop becomes a
 * jump over it all when the ops is to call something else; the address of the ops is put behind the nop's two next
 * bytes.
 *
 * As in ftrace_caller of 6.1, r10 and r11 may change: a function's start needs neither.
 */
#define O(struct, field)	abi_##struct##__##field
#define CONST(name)		abi_const__##name

#define SITE_SIZE		5
/* Bytes of an event; trace_functions.c and fgraph.c prove them. */
#define FN_LENGTH		28
#define GRAPH_ENT_LENGTH	24
#define GRAPH_RET_LENGTH	44
#define TRACE_FN		1
#define TRACE_GRAPH_RET		10
#define TRACE_GRAPH_ENT		11
#define RET_STACK_SHIFT		5

#define TS_SHIFT		27
#define RB_WRITE_ENTRY		0x10000
#define EVENT			16	/* BUF_PAGE_HDR_SIZE: from a page's address plus an event's index */

.macro ENTRY name
	.globl	\name
	.type	\name, @function
	.long	.Lend_\name - \name
\name:
	.byte	0x0f, 0x1f, 0x44, 0, 0
	movabsq	$0, %r10
.endm

.macro END name
.Lend_\name:
	.size	\name, .-\name
.endm

/* From an entry to code that is not copied. */
.macro leave label, to
\label:
	pushq	$\to
	ret
.endm

/*
 * In: r10, the trace_array.  Out: r10, this CPU's buffer, one writer deeper; r11d, zero if all is usual.
 * Keeps rcx, rsi, rdi.  more: r11d already holds something that may be unusual.
 */
.macro rb_enter more=0
	movq	%gs:O(pcpu_hot, preempt_count), %rdx		/* and cpu_number above it */
	movl	%edx, %eax
	andl	$~15, %eax					/* softirq, hardirq, nmi: an unusual context */
	.if \more
	orl	%eax, %r11d
	.else
	movl	%eax, %r11d
	.endif
	shrq	$32, %rdx
	shll	$5, %edx					/* sizeof(struct trace_array_cpu) */
	movq	O(trace_array, data)(%r10,%rdx), %r10
	movl	$1, %eax
	xaddl	%eax, O(ring_buffer_per_cpu, state)(%r10)
	orl	%eax, %r11d
	movl	%gs:O(pcpu_hot, need_resched), %eax		/* and migrate_disable */
	andl	$0x00ff00ff, %eax
	orl	%eax, %r11d
.endm

/* Out: rdx, the time; rax, how long ago the last event was.  To `unusual` if that is too long, or r11d not zero. */
.macro rb_clock unusual
	rdtsc
	shlq	$32, %rdx
	orq	%rdx, %rax
	subq	O(ring_buffer_per_cpu, tsc_base)(%r10), %rax
	mulq	O(ring_buffer_per_cpu, tsc_frac)(%r10)
	movq	%rdx, %rax
	subq	O(ring_buffer_per_cpu, write_stamp)(%r10), %rax
	shlq	$TS_SHIFT, %r11
	orq	%rax, %r11
	shrq	$TS_SHIFT, %r11
	jne	\unusual
.endm

/* In: rdx and rax of rb_clock.  Out: the event's headers are written, EVENT(%rdx) is where.  Keeps rcx, rsi, rdi. */
.macro rb_reserve length, type, crossed
	movq	%rdx, O(ring_buffer_per_cpu, write_stamp)(%r10)
	movq	O(ring_buffer_per_cpu, tail_page)(%r10), %r11
	movl	$RB_WRITE_ENTRY + \length, %edx
	xaddl	%edx, O(buffer_page, write)(%r11)
	movzwl	%dx, %edx
	cmpl	$4096 - EVENT - \length, %edx
	ja	\crossed
	addq	O(buffer_page, page)(%r11), %rdx
	shll	$5, %eax
	orl	$(\length - 4) / 4, %eax
	movl	%eax, EVENT(%rdx)
	movl	%gs:O(pcpu_hot, preempt_count), %r11d
	shll	$24, %r11d
	orl	$\type, %r11d
	pushfq
	popq	%rax
	notl	%eax
	andl	$0x200, %eax					/* IF clear: TRACE_FLAG_IRQS_OFF */
	shll	$7, %eax
	orl	%r11d, %eax
	movl	%eax, EVENT+4(%rdx)
	movq	%gs:O(pcpu_hot, current_task), %rax
	movl	O(task_struct, pid)(%rax), %eax
	movl	%eax, EVENT+8(%rdx)
.endm

/* `nested`: a writer that interrupted this one left it to commit, or the host set a flag. */
.macro rb_commit length, nested
	movl	%edx, %eax
	andl	$4095, %eax
	addl	$\length, %eax
	andq	$-4096, %rdx
	movq	%rax, O(buffer_data_page, commit)(%rdx)
	decl	O(ring_buffer_per_cpu, state)(%r10)
	jne	\nested
.endm

	.text

/* Arguments of __rb_reservation_failed, from where rb_reserve gave up. */
.macro rb_failed length
	movq	%r10, %rdi
	movq	%r11, %rsi
	movl	$\length, %ecx
	call	__rb_reservation_failed
.endm

/* The function tracer.  On the stack: rdx, rax, the site's end, where the traced function returns to. */
ENTRY function_trace_entry
	pushq	%rax
	pushq	%rdx
	movq	O(ftrace_ops, private)(%r10), %r10
	rb_enter
	rb_clock .Lfunction_unusual
	rb_reserve FN_LENGTH, TRACE_FN, .Lfunction_crossed
	movq	16(%rsp), %rax
	subq	$SITE_SIZE, %rax
	movq	%rax, EVENT+12(%rdx)
	movq	24(%rsp), %rax
	movq	%rax, EVENT+20(%rdx)
	rb_commit FN_LENGTH, .Lfunction_nested
	popq	%rdx
	popq	%rax
	ret
	leave .Lfunction_unusual, function_trace_unusual
	leave .Lfunction_crossed, function_trace_crossed
	leave .Lfunction_nested, function_trace_nested
END function_trace_entry

function_trace_nested:
	pushq	%rdi
	movq	%r10, %rdi
	call	__rb_end_commit
	popq	%rdi
	popq	%rdx
	popq	%rax
	ret

function_trace_crossed:
	pushq	%rcx
	pushq	%rsi
	pushq	%rdi
	rb_failed FN_LENGTH
	jmp	1f
function_trace_unusual:
	decl	O(ring_buffer_per_cpu, state)(%r10)
	pushq	%rcx
	pushq	%rsi
	pushq	%rdi
1:	movq	40(%rsp), %rdi
	subq	$SITE_SIZE, %rdi
	movq	48(%rsp), %rsi
	movq	%r10, %rdx
	call	function_trace_retry
	popq	%rdi
	popq	%rsi
	popq	%rcx
	popq	%rdx
	popq	%rax
	ret

/*
 * void function_trace_call(ip, parent_ip, op, fregs): the same for sites with several tracers.  Keeps all registers
 * but r10, r11 and those of its arguments.
 */
	.globl	function_trace_call
	.type	function_trace_call, @function
function_trace_call:
	pushq	%rax
	movq	O(ftrace_ops, private)(%rdx), %r10
	rb_enter
	rb_clock 3f
	rb_reserve FN_LENGTH, TRACE_FN, 2f
	movq	%rdi, EVENT+12(%rdx)
	movq	%rsi, EVENT+20(%rdx)
	rb_commit FN_LENGTH, 1f
	popq	%rax
	ret
1:	movq	%r10, %rdi
	call	__rb_end_commit
	popq	%rax
	ret
2:	pushq	%rsi
	pushq	%rdi
	rb_failed FN_LENGTH
	popq	%rdi
	popq	%rsi
	jmp	4f
3:	decl	O(ring_buffer_per_cpu, state)(%r10)
4:	movq	%r10, %rdx
	call	function_trace_retry
	popq	%rax
	ret
	.size	function_trace_call, .-function_trace_call

/* The tracers of kernel/trace/trace_irqsoff.c.  On the stack: the site's end, where the traced function returns to. */
ENTRY irqsoff_tracer_entry
	cmpb	$0, %gs:O(pcpu_hot, tracing_cpu)
	jne	.Lirqsoff_inside
	ret
	leave .Lirqsoff_inside, irqsoff_tracer_inside
END irqsoff_tracer_entry

/* Those of trace_sched_wakeup.c. */
ENTRY wakeup_tracer_entry
	cmpq	$0, wakeup_task
	jne	.Lwakeup_waiting
	ret
	leave .Lwakeup_waiting, wakeup_tracer_waiting
END wakeup_tracer_entry

.macro call_with_site func
	pushq	%rdi
	pushq	%rsi
	movq	16(%rsp), %rdi
	subq	$SITE_SIZE, %rdi
	movq	24(%rsp), %rsi
	call	\func
	popq	%rsi
	popq	%rdi
	ret
.endm

irqsoff_tracer_inside:
	call_with_site irqsoff_tracer_call
wakeup_tracer_waiting:
	call_with_site wakeup_tracer_call

/* In: rdi, the task.  Or what is unusual about graph tracing into r11d. */
.macro graph_unusual
	orl	fgraph_unusual, %r11d
	movl	O(task_struct, trace_recursion)(%rdi), %eax
	andl	$CONST(TRACE_GRAPH_BITS), %eax
	orl	%eax, %r11d
	orl	O(task_struct, tracing_graph_pause)(%rdi), %r11d
.endm

/* The graph tracer, at a call.  On the stack: rdi, rsi, rcx, rdx, rax, the site's end, where the function returns. */
ENTRY ftrace_graph_entry
	pushq	%rax
	pushq	%rdx
	pushq	%rcx
	pushq	%rsi
	pushq	%rdi
	movq	O(ftrace_ops, private)(%r10), %r10
	movq	%gs:O(pcpu_hot, current_task), %rdi
	movl	O(task_struct, curr_ret_stack)(%rdi), %ecx
	incl	%ecx
	movl	$CONST(FTRACE_RETFUNC_DEPTH) - 1, %r11d
	subl	%ecx, %r11d
	sarl	$31, %r11d					/* not 0: no slot left */
	cmpq	$1, O(task_struct, ret_stack)(%rdi)
	sbbl	%eax, %eax					/* not 0: no ret_stack */
	orl	%eax, %r11d
	graph_unusual
	rb_enter more=1
	rb_clock .Lgraph_unusual
	movl	%ecx, O(task_struct, curr_ret_stack)(%rdi)	/* before the slot is filled: fgraph.c */
	movl	O(task_struct, curr_ret_depth)(%rdi), %esi
	incl	%esi
	movl	%esi, O(task_struct, curr_ret_depth)(%rdi)
	shll	$RET_STACK_SHIFT, %ecx
	addq	O(task_struct, ret_stack)(%rdi), %rcx
	movq	48(%rsp), %rdi
	movq	%rdi, O(ftrace_ret_stack, ret)(%rcx)
	movq	40(%rsp), %rdi
	subq	$SITE_SIZE, %rdi
	movq	%rdi, O(ftrace_ret_stack, func)(%rcx)
	movq	%rdx, O(ftrace_ret_stack, calltime)(%rcx)
	leaq	48(%rsp), %r11
	movq	%r11, O(ftrace_ret_stack, retp)(%rcx)
	rb_reserve GRAPH_ENT_LENGTH, TRACE_GRAPH_ENT, .Lgraph_crossed
	movq	$return_to_handler, 48(%rsp)
	movq	%rdi, EVENT+12(%rdx)
	movl	%esi, EVENT+20(%rdx)
	rb_commit GRAPH_ENT_LENGTH, .Lgraph_nested
	popq	%rdi
	popq	%rsi
	popq	%rcx
	popq	%rdx
	popq	%rax
	ret
	leave .Lgraph_unusual, graph_entry_unusual
	leave .Lgraph_crossed, graph_entry_crossed
	leave .Lgraph_nested, graph_entry_nested
END ftrace_graph_entry

graph_entry_nested:
	movq	%r10, %rdi
	call	__rb_end_commit
	jmp	2f
graph_entry_crossed:
	rb_failed GRAPH_ENT_LENGTH
	movq	%gs:O(pcpu_hot, current_task), %rdi
	decl	O(task_struct, curr_ret_stack)(%rdi)
	decl	O(task_struct, curr_ret_depth)(%rdi)
	jmp	1f
graph_entry_unusual:
	decl	O(ring_buffer_per_cpu, state)(%r10)
1:	movq	40(%rsp), %rdi
	subq	$SITE_SIZE, %rdi
	leaq	48(%rsp), %rsi
	call	prepare_ftrace_return
2:	popq	%rdi
	popq	%rsi
	popq	%rcx
	popq	%rdx
	popq	%rax
	ret

/* void return_to_handler(void): what a hooked function returns to, with its result in rax and rdx. */
	.globl	return_to_handler
	.type	return_to_handler, @function
return_to_handler:
	pushq	%rax
	pushq	%rdx
	movq	%gs:O(pcpu_hot, current_task), %rdi
	movslq	O(task_struct, curr_ret_stack)(%rdi), %rcx
	movl	%ecx, %r11d
	sarl	$31, %r11d					/* not 0: nowhere to return to */
	graph_unusual
	movq	graph_array, %r10
	rb_enter more=1
	rb_clock graph_return_unusual
	shlq	$RET_STACK_SHIFT, %rcx
	addq	O(task_struct, ret_stack)(%rdi), %rcx
	movl	O(task_struct, curr_ret_depth)(%rdi), %esi
	decl	O(task_struct, curr_ret_depth)(%rdi)
	movq	%rdx, %r8
	rb_reserve GRAPH_RET_LENGTH, TRACE_GRAPH_RET, graph_return_crossed
	movq	O(ftrace_ret_stack, func)(%rcx), %rax
	movq	%rax, EVENT+12(%rdx)
	movl	%esi, EVENT+20(%rdx)
	movl	O(task_struct, trace_overrun)(%rdi), %eax
	movl	%eax, EVENT+24(%rdx)
	movq	O(ftrace_ret_stack, calltime)(%rcx), %rax
	movq	%rax, EVENT+28(%rdx)
	movq	%r8, EVENT+36(%rdx)
	movq	O(ftrace_ret_stack, ret)(%rcx), %rcx
	decl	O(task_struct, curr_ret_stack)(%rdi)		/* after the slot was read: fgraph.c */
	rb_commit GRAPH_RET_LENGTH, graph_return_nested
2:	popq	%rdx
	popq	%rax
	jmp	*%rcx

graph_return_nested:
	movq	%r10, %rdi
	call	__rb_end_commit
	jmp	2b
graph_return_crossed:
	rb_failed GRAPH_RET_LENGTH
	movq	%gs:O(pcpu_hot, current_task), %rdi
	incl	O(task_struct, curr_ret_depth)(%rdi)
	jmp	1f
graph_return_unusual:
	decl	O(ring_buffer_per_cpu, state)(%r10)
1:	call	ftrace_return_to_handler
	movq	%rax, %rcx
	jmp	2b
	.size	return_to_handler, .-return_to_handler

	.section .note.GNU-stack, "", @progbits
