/* SPDX-License-Identifier: MIT */
#ifndef _ASM_TRAPS_H
#define _ASM_TRAPS_H
#include <asm/ptrace.h>
#define X86_PF_PROT	1
#define X86_PF_WRITE	2
#define X86_PF_USER	4
#define X86_PF_INSTR	16
/* Weak; kernel/trace and arch/x86/kernel/ftrace own the real ones. */
int ftrace_int3_handler(struct pt_regs *regs);
int kprobe_int3_handler(struct pt_regs *regs);
int kprobe_debug_handler(struct pt_regs *regs);
void load_current_idt(void);
#endif
