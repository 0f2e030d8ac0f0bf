/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_COMPILER_ATTRIBUTES_H
#define _LINUX_COMPILER_ATTRIBUTES_H
/*
 * A static inline function that gcc leaves out of line has no call site: it is part of whatever header it
 * came from, as in the kernel.  always_inline keeps its own spelling.
 */
#define inline			inline __attribute__((unused, no_instrument_function))

#define __cold			__attribute__((cold))
#define __visible
#define asmlinkage
#define __maybe_unused		__attribute__((unused))
#define __always_unused		__attribute__((unused))
#define __must_check
#define __pure			__attribute__((pure))
#define __attribute_const__	__attribute__((const))
#define __malloc		__attribute__((malloc))
#define __force
#define __kernel
#define __acquires(x)
#define __releases(x)
#define __must_hold(x)
#define __ref
#define __refdata
#define __initconst		__section(".init.rodata")
#define __ro_after_init
#define __cacheline_aligned	__attribute__((aligned(64)))
#define ____cacheline_aligned	__attribute__((aligned(64)))
#define ____cacheline_aligned_in_smp ____cacheline_aligned
#define __cacheline_aligned_in_smp __cacheline_aligned
#define __sched			__section(".sched.text")
#define __lockfunc		__section(".spinlock.text")
#define fallthrough		__attribute__((fallthrough))
#define __no_caller_saved	__attribute__((no_caller_saved_registers))
#define noinline_for_stack	noinline
#define typeof			__typeof__
#define unreachable()		__builtin_unreachable()
#define __stringify_1(x...)	#x
#define __stringify(x...)	__stringify_1(x)
#define ___PASTE(a, b)		a##b
#define __PASTE(a, b)		___PASTE(a, b)
#define __UNIQUE_ID(p)		__PASTE(__PASTE(__UNIQUE_ID_, p), __COUNTER__)
#define ACCESS_PRIVATE(p, m)	((p)->m)
#define data_race(x)		(x)
#define __same_type(a, b)	__builtin_types_compatible_p(typeof(a), typeof(b))
#define sizeof_field(t, m)	sizeof(((t *)0)->m)
#ifdef __x86_64__
#define BITS_PER_LONG		64
#define CONFIG_X86_64		1
#define CONFIG_64BIT		1
#else
#define BITS_PER_LONG		32
#define CONFIG_X86_32		1
#endif
#define CONFIG_SMP		1
#define CONFIG_HZ		250
#endif
