// SPDX-License-Identifier: MIT
/* The last words of a CPU.  Addresses are left bare: the host has the symbols. */
#include <linux/sched.h>
#include <linux/kdebug.h>
#include <linux/printk.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <asm/hypercall.h>
#include <asm/ptrace.h>

extern const char _stext[], _etext[];

static bool is_text(unsigned long a)
{
	return a >= (unsigned long)_stext && a < (unsigned long)_etext;
}

void show_stack(void *task, unsigned long *sp, const char *loglvl)
{
	struct task_struct *p = task ? task : current;
	unsigned long *end = (unsigned long *)((unsigned long)p->stack + THREAD_SIZE);
	int n = 0;

	if (!sp)
		sp = p == current ? (unsigned long *)__builtin_frame_address(0) : (unsigned long *)p->sp;
	if ((unsigned long)sp - (unsigned long)p->stack >= THREAD_SIZE)
		return;
	printk("Call Trace:\n");
	for (; sp < end && n < 32; sp++)
		if (is_text(*sp)) {
			printk(" [<%lx>]\n", *sp);
			n++;
		}
}

void show_regs(struct pt_regs *regs)
{
	printk("CPU: %d PID: %d Comm: %s\n", smp_processor_id(), current->pid, current->comm);
#ifdef __x86_64__
	printk("RIP: [<%016lx>] RSP: %016lx EFLAGS: %08lx\n", regs->ip, regs->sp, regs->flags);
	printk("RAX: %016lx RBX: %016lx RCX: %016lx\n", regs->ax, regs->bx, regs->cx);
	printk("RDX: %016lx RSI: %016lx RDI: %016lx\n", regs->dx, regs->si, regs->di);
	printk("RBP: %016lx R08: %016lx R09: %016lx\n", regs->bp, regs->r8, regs->r9);
	printk("R10: %016lx R11: %016lx R12: %016lx\n", regs->r10, regs->r11, regs->r12);
	printk("R13: %016lx R14: %016lx R15: %016lx\n", regs->r13, regs->r14, regs->r15);
#else
	printk("EIP: [<%08lx>] EFLAGS: %08lx\n", regs->ip, regs->flags);
	printk("EAX: %08lx EBX: %08lx ECX: %08lx EDX: %08lx\n", regs->ax, regs->bx, regs->cx, regs->dx);
	printk("ESI: %08lx EDI: %08lx EBP: %08lx ESP: %08lx\n", regs->si, regs->di, regs->bp, kernel_stack_pointer(regs));
#endif
}

void dump_stack(void)
{
	printk("CPU: %d PID: %d Comm: %s\n", smp_processor_id(), current->pid, current->comm);
	show_stack(NULL, NULL, "");
}

/* Does not return where it was called for: a machine that oopsed is the host's to look at. */
void die(const char *str, struct pt_regs *regs, long err)
{
	static int die_counter;

	arch_local_irq_disable();
	printk("%s: %04lx [#%d] PREEMPT SMP\n", str, err & 0xffff, ++die_counter);
	show_regs(regs);
	show_stack(NULL, (unsigned long *)kernel_stack_pointer(regs), "");
	for (;;)
		hypercall(HC_DIE, (long)regs, (long)str, err, 0);
}
