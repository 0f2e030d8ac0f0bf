// SPDX-License-Identifier: MIT
/*
 * Call sites that are being changed begin with a breakpoint: whoever comes there does what the new instruction
 * will do.  The host writes the table below, then the sites; other CPUs go on meanwhile.
 */
#include <linux/types.h>
#include <linux/ftrace.h>
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <asm/ptrace.h>
#include <asm/traps.h>

#define INT3_INSN_SIZE	1
#define CALL_INSN_SIZE	5

/* What a site will be; target 0: a nop. */
struct text_poke_loc {
	unsigned long ip, target;
};

/* Sorted by ip.  The host empties it when every CPU fetches the new instructions. */
struct {
	const struct text_poke_loc *vec;
	unsigned long nr_entries;
} bp_desc;
atomic_t ftrace_int3_hits;		/* how often somebody came to such a site */

static const struct text_poke_loc *text_poke_find(unsigned long ip)
{
	unsigned long low = 0, high = READ_ONCE(bp_desc.nr_entries);

	while (low < high) {
		unsigned long middle = (low + high) / 2;
		const struct text_poke_loc *tp = &bp_desc.vec[middle];

		if (tp->ip == ip)
			return tp;
		if (tp->ip < ip)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* From exc_int3, in any context.  The entry has left room for the return address above the registers. */
int ftrace_int3_handler(struct pt_regs *regs)
{
	unsigned long ip = regs->ip - INT3_INSN_SIZE;
	const struct text_poke_loc *tp;

	if (!READ_ONCE(bp_desc.nr_entries))
		return 0;
	tp = text_poke_find(ip);
	if (!tp)
		return 0;
	atomic_inc(&ftrace_int3_hits);
	regs->ip = ip + CALL_INSN_SIZE;
	if (tp->target) {
		regs->sp -= sizeof(unsigned long);
		*(unsigned long *)regs->sp = regs->ip;
		regs->ip = tp->target;
	}
	return 1;
}

/* What the host calls where the patching CPU is to take an NMI. */
void do_sync_core(void)
{
}

ABI_DEFS(text_poke)
{
	ABI_SIZE(text_poke_loc);
	ABI_OFFSET(text_poke_loc, ip);
	ABI_OFFSET(text_poke_loc, target);
}
