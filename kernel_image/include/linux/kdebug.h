/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_KDEBUG_H
#define _LINUX_KDEBUG_H
struct pt_regs;
/* arch/x86/kernel/dumpstack.c */
void die(const char *str, struct pt_regs *regs, long err);
void show_stack(void *task, unsigned long *sp, const char *loglvl);
#endif
