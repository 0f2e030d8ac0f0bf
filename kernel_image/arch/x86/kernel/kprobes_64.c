// SPDX-License-Identifier: MIT
/* How a probe is hit: at a function's entry by ftrace, elsewhere by a breakpoint. */
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <asm/ptrace.h>
#include <asm/traps.h>
#include "../../../kernel/trace/trace.h"

#define INT3_INSN	0xcc

/* A handler sees the registers as a breakpoint in place of the site would have left them. */
static void kprobe_ftrace_handler(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
				  struct ftrace_regs *fregs)
{
	struct pt_regs *regs = (struct pt_regs *)fregs;
	unsigned long orig_ip = regs->ip;
	u32 bit = ftrace_test_recursion_trylock();

	if (!bit)
		return;
	regs->ip = ip + 1;
	kprobes_hit(ip, regs);
	regs->ip = orig_ip;
	ftrace_test_recursion_unlock(bit);
}

/* The host registers it while a probe stands at an entry. */
struct ftrace_ops kprobe_ftrace_ops = { .func = kprobe_ftrace_handler, .flags = FTRACE_OPS_FL_SAVE_REGS };

/* From exc_int3.  The host gives every breakpoint its slot before it writes it. */
int kprobe_int3_handler(struct pt_regs *regs)
{
	unsigned long addr = regs->ip - 1;
	struct kprobe *p = get_kprobe(addr);

	if (!p) {
		if (*(const volatile u8 *)addr == INT3_INSN)
			return 0;
		regs->ip = addr;	/* it was taken away while this CPU was on its way here */
		return 1;
	}
	kprobes_hit(addr, regs);
	regs->ip = p->slot;
	return 1;
}
