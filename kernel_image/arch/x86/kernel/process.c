// SPDX-License-Identifier: MIT
/* Stacks of new tasks, the switch to one, and idling. */
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/irqflags.h>
#include <asm/processor.h>
#include <asm/switch_to.h>
#include <asm/ptrace.h>

/* A stack from which the first switch "returns" to ret_from_fork. */
int copy_thread(struct task_struct *p, const struct kernel_clone_args *args)
{
	struct pt_regs *childregs = task_pt_regs(p);
	struct inactive_task_frame *frame;

	memset(childregs, 0, sizeof(*childregs));
	if (!args->fn && current->user_regs)
		*childregs = *current->user_regs;
	childregs->ax = 0;
	p->user_regs = childregs;
	frame = (struct inactive_task_frame *)((unsigned long)childregs - 8) - 1;
	memset(frame, 0, sizeof(*frame) + sizeof(long));
	frame->ret_addr = (unsigned long)ret_from_fork;
	frame->bx = (unsigned long)args->fn;
#ifdef __x86_64__
	frame->r12 = (unsigned long)args->fn_arg;
#else
	frame->di = (unsigned long)args->fn_arg;
#endif
	p->sp = (unsigned long)frame;
	return 0;
}

/* Where gcc would call mcount: nothing that can be traced, unless the host adds it to __mcount_loc. */
#ifdef __x86_64__
#define HIDDEN_SITE(name)
#else
#define HIDDEN_SITE(name) asm volatile("1: .byte 0xeb, 3, 0x90, 0x90, 0x90\n"			\
	".pushsection .rodata\n.balign 4\n.globl " #name "\n" #name ": .long 1b\n.popsection" ::: "memory")
#endif

/*
 * On the next task's stack already.  A return of prev is what the switched-to task sees as "last".  It is not
 * traced, as in 6.1 and since S6: its entry would count for prev, and its return for next.
 */
notrace struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next)
{
	HIDDEN_SITE(__switch_to_mcount_loc);
	this_hot->current_task = next;
	this_hot->top_of_stack = (unsigned long)next->stack + THREAD_SIZE;
	return prev;
}

void exit_thread(struct task_struct *tsk) { }
void flush_thread(void) { }
void release_thread(struct task_struct *dead) { }

/* sti and hlt are one step: an interrupt is taken after hlt, which then does not sleep. */
void default_idle(void)
{
	asm volatile("sti; hlt" ::: "memory");
}

void arch_cpu_idle_enter(void) { }
void arch_cpu_idle_exit(void) { }

void arch_cpu_idle(void)
{
	default_idle();
}

unsigned long __get_wchan(struct task_struct *p)
{
	struct inactive_task_frame *frame = (struct inactive_task_frame *)p->sp;

	return frame->ret_addr;
}
