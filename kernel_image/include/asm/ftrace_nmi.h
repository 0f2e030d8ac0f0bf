/* SPDX-License-Identifier: MIT */
#ifndef _ASM_FTRACE_NMI_H
#define _ASM_FTRACE_NMI_H
/* arch/x86/kernel/ftrace_nmi_32.c; where sites are patched behind a breakpoint there is nothing to do. */
#ifdef __i386__
void ftrace_nmi_enter(void);
void ftrace_nmi_exit(void);
#else
static inline void ftrace_nmi_enter(void) { }
static inline void ftrace_nmi_exit(void) { }
#endif
#endif
