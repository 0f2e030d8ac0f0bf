/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_TRACE_PRINTK_H
#define _LINUX_TRACE_PRINTK_H
#include <linux/types.h>
#include <linux/compiler.h>
#include <linux/instruction_pointer.h>

/*
 * Text for the ring buffer.  A constant format is not copied there: the entry holds its address and the arguments in
 * binary.  Such formats stand in a section, so that printk_formats can list them; those of a module are copied when it
 * is loaded, and outlive it.
 */
#define __trace_printk_format(fmt)							\
	static const char *__trace_printk_fmt __used __section("__trace_printk_fmt") =	\
		__builtin_constant_p(fmt) ? fmt : NULL

#define trace_puts(str) ({								\
	__trace_printk_format(str);							\
	__builtin_constant_p(str) ? __trace_bputs(_THIS_IP_, __trace_printk_fmt) :	\
				    __trace_puts(_THIS_IP_, str);			\
})

#define __trace_printk_any(fmt, args...) ({						\
	__trace_printk_format(fmt);							\
	__builtin_constant_p(fmt) ? __trace_bprintk(_THIS_IP_, __trace_printk_fmt, ##args) : \
				    __trace_printk(_THIS_IP_, fmt, ##args);		\
})

/* With nothing behind the format it is trace_puts. */
#define trace_printk(fmt, ...) \
	__builtin_choose_expr(sizeof("" #__VA_ARGS__) > 1, __trace_printk_any(fmt, ##__VA_ARGS__), trace_puts(fmt))

int __trace_bprintk(unsigned long ip, const char *fmt, ...);
int __trace_printk(unsigned long ip, const char *fmt, ...);
int __trace_bputs(unsigned long ip, const char *str);
int __trace_puts(unsigned long ip, const char *str);
#endif
