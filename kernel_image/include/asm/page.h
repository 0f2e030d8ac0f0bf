/* SPDX-License-Identifier: MIT */
#ifndef _ASM_PAGE_H
#define _ASM_PAGE_H
#include <linux/types.h>
#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#ifdef __x86_64__
#define PAGE_OFFSET		0xffff888000000000UL
#define __START_KERNEL_map	0xffffffff80000000UL
#define MODULES_VADDR		0xffffffffc0000000UL
#define MODULES_END		0xffffffffff000000UL
#else
#define PAGE_OFFSET		0xc0000000UL
#define __START_KERNEL_map	0xc0000000UL
#define MODULES_VADDR		0xf8000000UL
#define MODULES_END		0xff000000UL
#endif
static __always_inline notrace unsigned long __phys_addr_(unsigned long v)
{
	return v >= __START_KERNEL_map ? v - __START_KERNEL_map : v - PAGE_OFFSET;
}
#define __pa(x)		__phys_addr_((unsigned long)(x))
#define __va(x)		((void *)((unsigned long)(x) + PAGE_OFFSET))
#define __pa_symbol(x)	__pa(x)
#endif
