// SPDX-License-Identifier: MIT
/* As ftrace_direct, for another function with more arguments. */
#include <linux/ftrace.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <asm/direct_call.h>
#include <linux/fs.h>

void my_direct_func(struct file *filp, void *id);

void my_direct_func(struct file *filp, void *id)
{
	trace_printk("closing file=%p flags=%x owner=%px\n", filp, filp->f_flags, id);
}

DIRECT_TRAMP(my_tramp, my_direct_func, "	pushq	%rdi\n	pushq	%rsi\n", "	popq	%rsi\n	popq	%rdi\n");

static int __init ftrace_direct_init(void)
{
	return register_ftrace_direct((unsigned long)filp_close, (unsigned long)my_tramp);
}

static void __exit ftrace_direct_exit(void)
{
	unregister_ftrace_direct((unsigned long)filp_close, (unsigned long)my_tramp);
}

module_init(ftrace_direct_init);
module_exit(ftrace_direct_exit);
