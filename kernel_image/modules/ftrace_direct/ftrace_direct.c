// SPDX-License-Identifier: MIT
/* Has wake_up_process call my_direct_func before anything else, which tells who wakes up. */
#include <linux/ftrace.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <asm/direct_call.h>

void my_direct_func(struct task_struct *p);

void my_direct_func(struct task_struct *p)
{
	trace_printk("waking up %s-%d\n", p->comm, p->pid);
}

DIRECT_TRAMP(my_tramp, my_direct_func, "	pushq	%rdi\n", "	popq	%rdi\n");

static int __init ftrace_direct_init(void)
{
	return register_ftrace_direct((unsigned long)wake_up_process, (unsigned long)my_tramp);
}

static void __exit ftrace_direct_exit(void)
{
	unregister_ftrace_direct((unsigned long)wake_up_process, (unsigned long)my_tramp);
}

module_init(ftrace_direct_init);
module_exit(ftrace_direct_exit);
