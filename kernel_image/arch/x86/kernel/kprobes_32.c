// SPDX-License-Identifier: MIT
/*
 * Probes at call sites, as kprobes: a breakpoint stands where the site's first byte was.  The host sets and removes
 * them; each has a slot of code that does what the site did, for the breakpoint may hide a nop or a call.
 */
#include <linux/types.h>
#include <linux/compiler.h>
#include <asm/ptrace.h>
#include <asm/traps.h>

#define NR_KPROBES	16

struct kprobe {
	unsigned long addr;	/* 0: none */
	unsigned long slot;
	u32 hits;
} kprobe_table[NR_KPROBES];

notrace int kprobe_int3_handler(struct pt_regs *regs)
{
	unsigned long addr = regs->ip - 1;

	for (struct kprobe *p = kprobe_table; p < kprobe_table + NR_KPROBES; p++)
		if (p->addr == addr) {
			p->hits++;
			regs->ip = p->slot;
			return 1;
		}
	return 0;
}

ABI_DEFS(kprobes)
{
	ABI_SIZE(kprobe);
	ABI_OFFSET(kprobe, addr);
	ABI_OFFSET(kprobe, slot);
	ABI_OFFSET(kprobe, hits);
	ABI_CONST(NR_KPROBES);
}
