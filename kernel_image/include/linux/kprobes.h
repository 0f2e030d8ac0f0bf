/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_KPROBES_H
#define _LINUX_KPROBES_H
#include <linux/types.h>

struct pt_regs;

/*
 * A probe at an instruction.  The host makes it, checks where it may stand, and patches: a function's entry is a
 * site of ftrace, elsewhere a breakpoint stands in the instruction's first byte.
 */
struct kprobe {
	struct kprobe *next;		/* in its bucket of kprobe_table */
	unsigned long addr;
	void (*pre_handler)(struct kprobe *p, struct pt_regs *regs);
	unsigned long slot;		/* code that does what the instruction did, and goes on behind it; 0 at entries */
	unsigned long nmissed;		/* hits while the task was in another probe's handler */
};

#define KPROBE_HASH_BITS	6

void kprobes_hit(unsigned long addr, struct pt_regs *regs);
struct kprobe *get_kprobe(unsigned long addr);
#endif
