// SPDX-License-Identifier: MIT
/*
 * How a call site was replaced before it was done right.  The host replaces sites itself, by accessors; when one of
 * these bugs is brought back (tracefs bugs) it calls the function here instead, interrupts off.  Each gets the site,
 * the five bytes that should stand there, and the five to write; 0 is success.
 */
#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/jiffies.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/kdebug.h>
#include <linux/atomic.h>
#include <asm/asm.h>
#include <asm/hypercall.h>
#include "../../../kernel/trace/trace.h"

#define MCOUNT_INSN_SIZE	5

/*
 * The assembly of the first versions: a locked compare of four bytes, whose write cycle happens either way, then the
 * fifth byte, which is never compared (S20).  1: it faulted, 2: other bytes.  `fixup` is where a fault goes on.
 */
#define CMPXCHG(fixup)											\
({	int faulted = 0;										\
	u32 found = *(const u32 *)old;									\
	asm volatile("1: lock cmpxchgl %[four], (%[ip])\n"						\
		     " jnz 2f\n"									\
		     " movb %b[fifth], 4(%[ip])\n"							\
		     "2:\n"										\
		     " .pushsection .text.unlikely, \"ax\"\n"						\
		     fixup										\
		     " .popsection\n"									\
		     _ASM_EXTABLE(1b, 3b)								\
		     : [faulted] "+r"(faulted), "+a"(found)						\
		     : [four] "r"(*(const u32 *)new), [ip] "r"(ip), [fifth] "q"((u32)new[4]) : "memory", "cc");	\
	found != *(const u32 *)old ? 2 : faulted; })

int ftrace_modify_code_cmpxchg(unsigned long ip, const u8 *old, const u8 *new)
{
	return CMPXCHG("3: movl $1, %[faulted]\n jmp 2b\n");
}

/* The label stands behind what sets the result (S24). */
int ftrace_modify_code_label(unsigned long ip, const u8 *old, const u8 *new)
{
	return CMPXCHG("movl $1, %[faulted]\n 3: jmp 2b\n");
}

/* What copy_from_user and copy_to_user begin with: they may sleep, and say so where that cannot be. */
noinline void __might_sleep(const char *file, int line)
{
	static unsigned long said;

	if (system_state != SYSTEM_RUNNING || (!in_atomic() && !irqs_disabled()))
		return;
	if (said && time_before(jiffies, said + HZ))
		return;
	said = jiffies;
	pr_err("BUG: sleeping function called from invalid context at %s:%d\n", file, line);
	pr_err("in_atomic():%d, irqs_disabled():%d\n", in_atomic(), irqs_disabled());
	pr_err("Pid: %d, comm: %s\n", current->pid, current->comm);
	show_stack(NULL, NULL, "");
}

/* In C, by functions that may sleep, and in a place where nothing may (S18). */
int ftrace_modify_code_user(unsigned long ip, const u8 *old, const u8 *new)
{
	u8 replaced[MCOUNT_INSN_SIZE];

	__might_sleep("include/asm/uaccess_32.h", __LINE__);
	if (copy_from_user(replaced, (const void __user *)ip, MCOUNT_INSN_SIZE))
		return 1;
	if (memcmp(replaced, old, MCOUNT_INSN_SIZE))
		return 2;
	return copy_to_user((void __user *)ip, new, MCOUNT_INSN_SIZE) ? 1 : 0;
}

/* The write stands inside a macro that some configurations make nothing of (S16). */
#undef WARN_ON_ONCE
#define WARN_ON_ONCE(condition)	do { } while (0)

int ftrace_modify_code_warn(unsigned long ip, const u8 *old, const u8 *new)
{
	u8 replaced[MCOUNT_INSN_SIZE];

	if (__copy_from_user_inatomic(replaced, (const void __user *)ip, MCOUNT_INSN_SIZE))
		return 1;
	if (memcmp(replaced, old, MCOUNT_INSN_SIZE))
		return 2;
	WARN_ON_ONCE(__copy_to_user_inatomic((void __user *)ip, new, MCOUNT_INSN_SIZE));
	return 0;
}

/* Without accessors: a fault is the kernel's own (S13). */
int ftrace_modify_code_plain(unsigned long ip, const u8 *old, const u8 *new)
{
	if (memcmp((const void *)ip, old, MCOUNT_INSN_SIZE))
		return 2;
	memcpy((void *)ip, new, MCOUNT_INSN_SIZE);
	return 0;
}

/* Counts on itself not to be traced, as all of the tracer does; ftrace_traced_helper is a part that is (S11). */
void ftrace_traced_helper(void);
u32 ftrace_recursions;
static DEFINE_PER_CPU(int, ftrace_depth);

void function_trace_call_traced(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
				struct ftrace_regs *fregs)
{
	int cpu;

	this_hot->preempt_count++;
	cpu = raw_smp_processor_id();
	if (ftrace_depth[cpu]++) {
		if (!ftrace_recursions++)
			pr_warn("ftrace: recursion detected: the tracer is called from [<%lx>]\n", ip);
	} else {
		ftrace_traced_helper();
		function_trace_call(ip, parent_ip, op, fregs);
	}
	ftrace_depth[cpu]--;
	this_hot->preempt_count--;
}

/*
 * A pop that lowers the index before it has read the slot (S3).  Interrupts come where the host is asked for them:
 * here, in between, so that their functions, too, are pushed into that slot.
 */
unsigned long ftrace_return_to_handler_lowered(void)
{
	struct task_struct *task = current;
	struct ftrace_ret_stack *slot = task->ret_stack ?: task->return_stack;
	struct ftrace_graph_ret trace;
	unsigned long ret;

	if (unlikely(task->curr_ret_stack < 0))
		panic("function return: nowhere to return to\n");
	trace.depth = task->curr_ret_stack--;
	slot += trace.depth;
	barrier();
	if (this_hot->host_poll && !irqs_disabled())
		hypercall(HC_POLL, 0, 0, 0, 0);
	ret = slot->ret;
	trace.func = slot->func;
	trace.calltime = slot->calltime;
	trace.overrun = atomic_read(&task->trace_overrun);
	trace.rettime = cpu_clock(raw_smp_processor_id());
	if (ftrace_graph_active)
		trace_graph_return(&trace);
	else if (ftrace_return_active)
		trace_function_return(&trace, ret);
	return ret;
}
