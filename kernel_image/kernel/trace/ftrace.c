// SPDX-License-Identifier: MIT
/* What the shared trampolines call: walk the registered ops. */
#include <linux/ftrace.h>
#include "trace.h"

struct ftrace_ops *ftrace_ops_list;
struct ftrace_ops *function_trace_op;

no_caller_saved void ftrace_stub(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
				 struct ftrace_regs *fregs)
{
}

bool ftrace_hash_contains(const struct ftrace_hash *hash, unsigned long ip)
{
	u32 mask = (1U << hash->bits) - 1;
	u32 slot = hash->bits ? ((u32)ip * 0x9e3779b1U) >> (32 - hash->bits) : 0;

	for (; hash->ips[slot]; slot = (slot + 1) & mask)
		if (hash->ips[slot] == ip)
			return true;
	return false;
}

static bool ftrace_ops_test(struct ftrace_ops *op, unsigned long ip)
{
	if (op->filter_hash && op->filter_hash->count && !ftrace_hash_contains(op->filter_hash, ip))
		return false;
	return !(op->notrace_hash && op->notrace_hash->count && ftrace_hash_contains(op->notrace_hash, ip));
}

/* Bit of the context that preempt_count tells, lowest first: normal, softirq, irq, nmi. */
static u32 trace_get_context_bit(void)
{
	u32 pc = this_hot->preempt_count;

	if (pc & 0x00f00000)
		return 8;
	if (pc & 0x000f0000)
		return 4;
	return pc & 0x00000100 ? 2 : 1;
}
#define TRACE_TRANSITION_BIT	16

/*
 * Once in each context; and once more in between, since an interrupt's first functions run before
 * preempt_count says so.  Returns the bit to give back, 0: we are inside ourselves.
 */
u32 ftrace_test_recursion_trylock(void)
{
	u32 bit = trace_get_context_bit(), old = this_hot->trace_recursion;

	if (old & bit) {
		bit = TRACE_TRANSITION_BIT;
		if (old & bit)
			return 0;
	}
	this_hot->trace_recursion = old | bit;
	barrier();
	return bit;
}

void ftrace_test_recursion_unlock(u32 bit)
{
	barrier();
	this_hot->trace_recursion &= ~bit;
}

void arch_ftrace_ops_list_func(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
			       struct ftrace_regs *fregs)
{
	u32 bit = ftrace_test_recursion_trylock();

	if (!bit)
		return;
	for (op = READ_ONCE(ftrace_ops_list); op; op = READ_ONCE(op->next))
		if (!(op->flags & FTRACE_OPS_FL_STUB) && ftrace_ops_test(op, ip))
			op->func(ip, parent_ip, op, fregs);
	ftrace_test_recursion_unlock(bit);
}

/* For an ops whose func does not guard against recursion itself. */
no_caller_saved void ftrace_ops_assist_func(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
					    struct ftrace_regs *fregs)
{
	u32 bit = ftrace_test_recursion_trylock();

	if (!bit)
		return;
	op->func(ip, parent_ip, op, fregs);
	ftrace_test_recursion_unlock(bit);
}

ABI_DEFS(ftrace)
{
	ABI_SIZE(ftrace_ops);
	ABI_OFFSET(ftrace_ops, func);
	ABI_OFFSET(ftrace_ops, next);
	ABI_OFFSET(ftrace_ops, flags);
	ABI_OFFSET(ftrace_ops, private);
	ABI_OFFSET(ftrace_ops, filter_hash);
	ABI_OFFSET(ftrace_ops, notrace_hash);
	ABI_OFFSET(ftrace_hash, bits);
	ABI_OFFSET(ftrace_hash, count);
	ABI_OFFSET(ftrace_hash, ips);
}
