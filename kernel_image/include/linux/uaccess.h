/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_UACCESS_H
#define _LINUX_UACCESS_H
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include <asm/asm.h>

/*
 * "User" memory is whatever the host put into current->user_buf; everything runs in ring 0 in one address
 * space.  So any range that does not wrap is acceptable, and what is not mapped faults for real: the #PF
 * handler finds the instruction in __ex_table.
 */
#define access_ok(addr, size)	({ unsigned long _a = (unsigned long)(addr); _a + (unsigned long)(size) >= _a; })

unsigned long raw_copy_user(void *to, const void *from, unsigned long n);	/* bytes not copied */
unsigned long _copy_from_user(void *to, const void __user *from, unsigned long n);
unsigned long _copy_to_user(void __user *to, const void *from, unsigned long n);
unsigned long clear_user(void __user *to, unsigned long n);
long strncpy_from_user(char *dst, const char __user *src, long count);
long strnlen_user(const char __user *str, long n);
void __check_object_size(const void *ptr, unsigned long n, bool to_user);
long copy_from_kernel_nofault(void *dst, const void *src, size_t size);
long copy_to_kernel_nofault(void *dst, const void *src, size_t size);
long strncpy_from_kernel_nofault(char *dst, const void *unsafe_addr, long count);
long copy_from_user_nofault(void *dst, const void __user *src, size_t size);
long strncpy_from_user_nofault(char *dst, const void __user *unsafe_addr, long count);
#define raw_copy_from_user(to, from, n)	raw_copy_user(to, from, n)
#define raw_copy_to_user(to, from, n)	raw_copy_user(to, from, n)
#define __copy_from_user(to, from, n)	raw_copy_user(to, from, n)
#define __copy_to_user(to, from, n)	raw_copy_user(to, from, n)
#define __copy_from_user_inatomic(to, from, n)	raw_copy_user(to, from, n)
#define __copy_to_user_inatomic(to, from, n)	raw_copy_user(to, from, n)

static __always_inline void check_object_size(const void *ptr, unsigned long n, bool to_user)
{
	if (!__builtin_constant_p(n))
		__check_object_size(ptr, n, to_user);
}
static __always_inline unsigned long copy_from_user(void *to, const void __user *from, unsigned long n)
{
	check_object_size(to, n, false);
	return _copy_from_user(to, from, n);
}
static __always_inline unsigned long copy_to_user(void __user *to, const void *from, unsigned long n)
{
	check_object_size(from, n, true);
	return _copy_to_user(to, from, n);
}

/* One load or store of at most a word; 0 or -EFAULT. */
#define __uaccess_load(insn, type, reg)								\
({	type _v;										\
	asm goto("1: " insn " %1, %0\n" _ASM_EXTABLE_UA(1b, %l[_fault])				\
		 : reg(_v) : "m"(*(const volatile type *)_p) : : _fault);			\
	_v; })
#define __uaccess_store(insn, type, reg)							\
	asm goto("1: " insn " %1, %0\n" _ASM_EXTABLE_UA(1b, %l[_fault])				\
		 : : "m"(*(volatile type *)_p), reg((type)_val) : "memory" : _fault)

static __always_inline notrace int __get_user_size(void *to, const void *_p, unsigned long size)
{
	switch (size) {
	case 1: *(u8 *)to = __uaccess_load("movb", u8, "=q"); return 0;
	case 2: *(u16 *)to = __uaccess_load("movw", u16, "=r"); return 0;
	case 4: *(u32 *)to = __uaccess_load("movl", u32, "=r"); return 0;
#ifdef __x86_64__
	case 8: *(u64 *)to = __uaccess_load("movq", u64, "=r"); return 0;
#endif
	default: return raw_copy_user(to, _p, size) ? -EFAULT : 0;
	}
_fault:
	return -EFAULT;
}
static __always_inline notrace int __put_user_size(void *_p, const void *from, unsigned long size)
{
	switch (size) {
	case 1: { u8 _val = *(const u8 *)from; __uaccess_store("movb", u8, "q"); return 0; }
	case 2: { u16 _val = *(const u16 *)from; __uaccess_store("movw", u16, "r"); return 0; }
	case 4: { u32 _val = *(const u32 *)from; __uaccess_store("movl", u32, "r"); return 0; }
#ifdef __x86_64__
	case 8: { u64 _val = *(const u64 *)from; __uaccess_store("movq", u64, "r"); return 0; }
#endif
	default: return raw_copy_user(_p, from, size) ? -EFAULT : 0;
	}
_fault:
	return -EFAULT;
}
#define __get_user(x, ptr)									\
({	u64 _gu = 0;										\
	int _ge = __get_user_size(&_gu, (const void *)(ptr), sizeof(*(ptr)));			\
	(x) = (__typeof__(x))*(__typeof__(*(ptr)) *)&_gu; _ge; })
#define __put_user(x, ptr)									\
({	__typeof__(*(ptr)) _pu = (__typeof__(*(ptr)))(x);					\
	__put_user_size((void *)(ptr), &_pu, sizeof(*(ptr))); })
#define get_user(x, ptr)	__get_user(x, ptr)
#define put_user(x, ptr)	__put_user(x, ptr)
#endif
