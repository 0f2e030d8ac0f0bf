/* SPDX-License-Identifier: MIT */
#ifndef _ASM_PTRACE_H
#define _ASM_PTRACE_H
#include <linux/types.h>
#ifdef __x86_64__
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax;			/* system call number, error code or ~vector */
	unsigned long ip, cs, flags, sp, ss;
};
#else
struct pt_regs {
	unsigned long bx, cx, dx, si, di, bp, ax;
	unsigned long orig_ax;
	unsigned long ip, cs, flags;
	unsigned long sp, ss;			/* not pushed: there is one ring */
};
#endif
/* There is one ring: user mode is a few instructions of entry_64.S (see there). */
extern const char user_mode_begin[], user_mode_end[];
static __always_inline notrace bool user_mode(struct pt_regs *regs)
{
	return regs->ip >= (unsigned long)user_mode_begin && regs->ip <= (unsigned long)user_mode_end;
}
#define instruction_pointer(r)		((r)->ip)
#define instruction_pointer_set(r, v)	((r)->ip = (v))
#define user_stack_pointer(r)		((r)->sp)
#ifdef __x86_64__
#define kernel_stack_pointer(r)		((r)->sp)
#else
#define kernel_stack_pointer(r)		((unsigned long)&(r)->sp)
#endif
#define frame_pointer(r)		((r)->bp)
#define regs_return_value(r)		((r)->ax)
#define profile_pc(r)			((r)->ip)
#define task_pt_regs(p)			((struct pt_regs *)((unsigned long)(p)->stack + THREAD_SIZE) - 1)
#define current_pt_regs()		task_pt_regs(current)
void show_regs(struct pt_regs *regs);
#endif
