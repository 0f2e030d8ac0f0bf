/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_COMPILER_H
#define _LINUX_COMPILER_H

#include <linux/compiler_attributes.h>

#define noinline		__attribute__((noinline))
#define __always_inline		inline __attribute__((always_inline))
#define __noreturn		__attribute__((noreturn))
#define __used			__attribute__((used))
#define __packed		__attribute__((packed))
#define __aligned(x)		__attribute__((aligned(x)))
#define __section(s)		__attribute__((section(s)))
#define __weak			__attribute__((weak))
#define __printf(a, b)		__attribute__((format(printf, a, b)))
#define __user
#define __iomem
#define __percpu
#define __rcu
#define __read_mostly
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)

/* No call site: the tracing code itself, and what runs where tracing cannot (entry, NMI glue). */
#define notrace			__attribute__((no_instrument_function))
/* As the kernel's noinstr: entry code. */
#define noinstr			noinline notrace
/* Boot code: in .init.text, which is unmapped once the system runs, so it has no call sites. */
#define __init			notrace __attribute__((cold)) __section(".init.text")
#define __initdata		__section(".init.data")

#define barrier()		asm volatile("" ::: "memory")
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member) \
	((type *)((char *)(p) - __builtin_offsetof(type, member)))
#ifndef offsetof
#define offsetof(t, m)		__builtin_offsetof(t, m)
#endif

/*
 * Facts that the host needs about this build leave it as absolute symbols:
 *   abi_STRUCT__FIELD (offset), abi_sizeof__STRUCT, abi_const__NAME.
 * Use them inside any function of the file that owns the struct (ABI_DEFS below).
 */
#define ABI_DEFS(name)		static __used notrace void __abi_##name(void)
#define ABI_OFFSET(s, f)	asm volatile(".globl abi_" #s "__" #f "\n.set abi_" #s "__" #f ", %c0" \
					     :: "i"(__builtin_offsetof(struct s, f)))
#define ABI_SIZE(s)		asm volatile(".globl abi_sizeof__" #s "\n.set abi_sizeof__" #s ", %c0" \
					     :: "i"(sizeof(struct s)))
#define ABI_CONST(n)		asm volatile(".globl abi_const__" #n "\n.set abi_const__" #n ", %c0" :: "i"(n))
#endif
