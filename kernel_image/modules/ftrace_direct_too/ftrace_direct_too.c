// SPDX-License-Identifier: MIT
/* As ftrace_direct, for another function with more arguments. */
#include <linux/ftrace.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/fs.h>

void my_direct_func(struct file *filp, void *id);
void my_tramp(void);

void my_direct_func(struct file *filp, void *id)
{
	trace_printk("closing file=%p flags=%x owner=%px\n", filp, filp->f_flags, id);
}

/* What filp_close calls: saves its arguments, calls my_direct_func, and returns into it. */
asm(
"	.pushsection .text\n"
"	.type	my_tramp, @function\n"
"	.globl	my_tramp\n"
"my_tramp:\n"
"	pushq	%rbp\n"
"	movq	%rsp, %rbp\n"
"	pushq	%rdi\n"
"	pushq	%rsi\n"
"	call	my_direct_func\n"
"	popq	%rsi\n"
"	popq	%rdi\n"
"	leave\n"
"	ret\n"
"	.size	my_tramp, .-my_tramp\n"
"	.popsection\n"
);

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
