// SPDX-License-Identifier: MIT
/* Probes by address, and their handlers. */
#include <linux/kprobes.h>
#include <linux/compiler.h>
#include <linux/sched.h>

/* Armed probes.  The host links and unlinks while the machine stands; whoever stands in one still finds the way on. */
struct kprobe *kprobe_table[1 << KPROBE_HASH_BITS];

/* Those of an address lie in one bucket, the first of them behind what this returns. */
struct kprobe *get_kprobe(unsigned long addr)
{
	struct kprobe *p = READ_ONCE(kprobe_table[((u32)addr * 0x9e3779b1U) >> (32 - KPROBE_HASH_BITS)]);

	while (p && p->addr != addr)
		p = p->next;
	return p;
}

/* Runs the handlers of all probes at an address.  A probe inside of a handler is counted, and no more. */
void kprobes_hit(unsigned long addr, struct pt_regs *regs)
{
	struct task_struct *task = current;
	bool running = task->kprobe_running;

	task->kprobe_running = true;
	barrier();
	for (struct kprobe *p = get_kprobe(addr); p; p = READ_ONCE(p->next)) {
		if (p->addr != addr)
			continue;
		if (running)
			p->nmissed++;
		else
			p->pre_handler(p, regs);
	}
	barrier();
	task->kprobe_running = running;
}

ABI_DEFS(kprobes)
{
	ABI_SIZE(kprobe);
	ABI_OFFSET(kprobe, next);
	ABI_OFFSET(kprobe, addr);
	ABI_OFFSET(kprobe, pre_handler);
	ABI_OFFSET(kprobe, slot);
	ABI_OFFSET(kprobe, nmissed);
	ABI_CONST(KPROBE_HASH_BITS);
}
