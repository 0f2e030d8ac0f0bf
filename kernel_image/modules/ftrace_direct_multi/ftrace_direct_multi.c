// SPDX-License-Identifier: MIT
/* Two functions that call the same code, which tells from where. */
#include <linux/ftrace.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <asm/direct_call.h>

void my_direct_func(unsigned long ip);

void my_direct_func(unsigned long ip)
{
	trace_printk("ip %lx\n", ip);
}

DIRECT_TRAMP(my_tramp, my_direct_func, "	pushq	%rdi\n	movq	8(%rbp), %rdi\n", "	popq	%rdi\n");

static struct ftrace_ops direct;

static int __init ftrace_direct_multi_init(void)
{
	ftrace_set_filter_ip(&direct, (unsigned long)wake_up_process, 0, 0);
	ftrace_set_filter_ip(&direct, (unsigned long)schedule, 0, 0);
	return register_ftrace_direct_multi(&direct, (unsigned long)my_tramp);
}

static void __exit ftrace_direct_multi_exit(void)
{
	unregister_ftrace_direct_multi(&direct, (unsigned long)my_tramp);
}

module_init(ftrace_direct_multi_init);
module_exit(ftrace_direct_multi_exit);
