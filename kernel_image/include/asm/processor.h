/* SPDX-License-Identifier: MIT */
#ifndef _ASM_PROCESSOR_H
#define _ASM_PROCESSOR_H
#include <linux/types.h>
#include <linux/atomic.h>
#include <asm/ptrace.h>
#include <asm/page.h>
static __always_inline notrace u64 rdtsc(void)
{
	u32 lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (u64)hi << 32 | lo;
}
#define rdtsc_ordered()	rdtsc()
static __always_inline notrace unsigned long read_cr2(void) { unsigned long v; asm volatile("mov %%cr2, %0" : "=r"(v)); return v; }
static __always_inline notrace void outl(u32 v, u16 port) { asm volatile("outl %0, %1" :: "a"(v), "Nd"(port)); }
struct task_struct;
unsigned long __get_wchan(struct task_struct *p);
void default_idle(void);
void __switch_to_asm_(void);
#endif
