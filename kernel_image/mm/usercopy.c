/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "slab.h"

enum { NOT_STACK, GOOD_STACK, BAD_STACK };

/* An object on our own stack must lie wholly in it. */
static noinline_for_trace int check_stack_object(const void *obj, unsigned long len)
{
	const char *stack = current->stack, *end = stack + THREAD_SIZE, *p = obj;

	if (p + len <= stack || end <= p)
		return NOT_STACK;
	if (p < stack || end < p + len)
		return BAD_STACK;
	return GOOD_STACK;
}

static inline void check_heap_object(const void *ptr, unsigned long n, bool to_user)
{
	struct slab *slab;

	if (is_vmalloc_addr(ptr) || !virt_addr_valid(ptr))
		return;
	slab = virt_to_slab(ptr);
	if (slab)
		__check_heap_object(ptr, n, slab, to_user);
}

void __check_object_size(const void *ptr, unsigned long n, bool to_user)
{
	if (!n)
		return;
	if ((unsigned long)ptr + n < (unsigned long)ptr || ZERO_OR_NULL_PTR(ptr))
		panic("usercopy: Kernel memory access to a wrong address (%lu bytes at %px)", n, ptr);
	switch (check_stack_object(ptr, n)) {
	case NOT_STACK:
		break;
	case GOOD_STACK:
		return;
	default:
		panic("usercopy: Kernel memory access beyond the stack (%lu bytes at %px)", n, ptr);
	}
	check_heap_object(ptr, n, to_user);
}
EXPORT_SYMBOL(__check_object_size);

bool __virt_addr_valid(unsigned long kaddr)
{
	return kaddr >= PAGE_OFFSET && pfn_valid(__pa(kaddr) >> PAGE_SHIFT);
}
