/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_KERNEL_H
#define _LINUX_KERNEL_H
#include <linux/align.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/instruction_pointer.h>
#include <linux/kstrtox.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/sprintf.h>
#include <linux/trace_printk.h>
#include <linux/types.h>
#include <linux/printk.h>

/* A function that a trace must show under its own name: neither inlined nor cloned as NAME.constprop.0. */
#define noinline_for_trace	noinline __attribute__((noclone))

#define REPEAT_BYTE(x)		((~0ul / 0xff) * (x))
#define upper_32_bits(n)	((u32)(((n) >> 16) >> 16))
#define lower_32_bits(n)	((u32)((n) & 0xffffffff))
#define u64_to_user_ptr(x)	((void __user *)(unsigned long)(x))
#ifndef __stringify
#define __stringify_1(x...)	#x
#define __stringify(x...)	__stringify_1(x)
#endif

/* 6.1 as Debian configures it: PREEMPT_DYNAMIC in voluntary mode, so a place that may sleep is a place to reschedule. */
int __cond_resched(void);
#define might_resched()		__cond_resched()
#define might_sleep()		do { might_resched(); } while (0)
#define might_sleep_if(c)	do { if (c) might_sleep(); } while (0)
#define might_fault()		do { } while (0)

void panic(const char *fmt, ...) __noreturn;
void do_exit(long error_code) __noreturn;

static inline char hex_asc_lo_(int x) { return "0123456789abcdef"[x & 15]; }
#define hex_asc_lo(x)		hex_asc_lo_(x)
#define hex_asc_hi(x)		hex_asc_lo_((x) >> 4)
int hex_to_bin(unsigned char ch);
int hex2bin(u8 *dst, const char *src, size_t count);
char *bin2hex(char *dst, const void *src, size_t count);
#endif
