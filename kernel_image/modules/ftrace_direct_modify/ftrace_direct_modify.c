// SPDX-License-Identifier: MIT
/* Changes every second or so which of two functions schedule() calls. */
#include <linux/ftrace.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <asm/direct_call.h>

void my_direct_func1(void);
void my_direct_func2(void);

void my_direct_func1(void)
{
	trace_printk("my direct func1\n");
}

void my_direct_func2(void)
{
	trace_printk("my direct func2\n");
}

DIRECT_TRAMP(my_tramp1, my_direct_func1, "", "");

DIRECT_TRAMP(my_tramp2, my_direct_func2, "", "");

static unsigned long tramps[] = { (unsigned long)my_tramp1, (unsigned long)my_tramp2 };
static unsigned long my_tramp;		/* the one in use: simple_tsk's, once that runs */
static struct task_struct *simple_tsk;

static int simple_thread(void *arg)
{
	int t = 0;

	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		schedule_timeout(2 * HZ);
		t ^= 1;
		if (!kthread_should_stop() && !modify_ftrace_direct((unsigned long)schedule, my_tramp, tramps[t]))
			my_tramp = tramps[t];
	}
	return 0;
}

static int __init ftrace_direct_init(void)
{
	int ret;

	my_tramp = tramps[0];
	ret = register_ftrace_direct((unsigned long)schedule, my_tramp);
	if (ret)
		return ret;
	simple_tsk = kthread_run(simple_thread, NULL, "event-sample-fn");
	if (IS_ERR(simple_tsk)) {
		unregister_ftrace_direct((unsigned long)schedule, my_tramp);
		return PTR_ERR(simple_tsk);
	}
	return 0;
}

static void __exit ftrace_direct_exit(void)
{
	kthread_stop(simple_tsk);
	unregister_ftrace_direct((unsigned long)schedule, my_tramp);
}

module_init(ftrace_direct_init);
module_exit(ftrace_direct_exit);
