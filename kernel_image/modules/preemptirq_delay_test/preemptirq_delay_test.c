// SPDX-License-Identifier: MIT
/*
 * Sections of a known length for the latency tracers: a thread turns interrupts or preemption off and waits.
 * Loading the module runs it once; unlike 6.1's it has no file to run it again, since there is no sysfs here.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/trace_clock.h>

static unsigned long delay = 100;
static char test_mode[12] = "irq";
static unsigned int burst_size = 1;
static int cpu_affinity = -1;

module_param(delay, ulong, 0444);
module_param_string(test_mode, test_mode, sizeof(test_mode), 0444);
module_param(burst_size, uint, 0444);
module_param(cpu_affinity, int, 0444);
MODULE_PARM_DESC(delay, "Length of a section in microseconds");
MODULE_PARM_DESC(test_mode, "What is off in a section: irq, preempt, or by turns (alternate)");
MODULE_PARM_DESC(burst_size, "How many sections, up to 10");
MODULE_PARM_DESC(cpu_affinity, "On which CPU; -1: any");

static struct completion done;

static void busy_wait(unsigned long us)
{
	u64 start = trace_clock_local();

	while (trace_clock_local() - start < (u64)us * 1000 && !kthread_should_stop())
		;
}

static __always_inline void irqoff_test(void)
{
	unsigned long flags;

	local_irq_save(flags);
	busy_wait(delay);
	local_irq_restore(flags);
}

static __always_inline void preemptoff_test(void)
{
	preempt_disable();
	busy_wait(delay);
	preempt_enable();
}

static void execute_preemptirqtest(int idx)
{
	bool alternate = !strcmp(test_mode, "alternate");

	if (!strcmp(test_mode, "irq") || (alternate && idx % 2 == 0))
		irqoff_test();
	else if (!strcmp(test_mode, "preempt") || alternate)
		preemptoff_test();
}

/* As many functions as sections, so that stacks tell them apart. */
#define TEST(n)	static noinline void preemptirqtest_##n(int idx) { execute_preemptirqtest(idx); barrier(); }
TEST(0) TEST(1) TEST(2) TEST(3) TEST(4) TEST(5) TEST(6) TEST(7) TEST(8) TEST(9)

static void (*const testfuncs[])(int) = {
	preemptirqtest_0, preemptirqtest_1, preemptirqtest_2, preemptirqtest_3, preemptirqtest_4,
	preemptirqtest_5, preemptirqtest_6, preemptirqtest_7, preemptirqtest_8, preemptirqtest_9,
};

static int preemptirq_delay_run(void *data)
{
	if (cpu_affinity >= 0)
		set_cpus_allowed_ptr(current, 1UL << cpu_affinity);
	for (unsigned int i = 0; i < burst_size && i < ARRAY_SIZE(testfuncs); i++)
		testfuncs[i](i);
	complete(&done);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static int __init preemptirq_delay_init(void)
{
	struct task_struct *task;

	init_completion(&done);
	task = kthread_run(preemptirq_delay_run, NULL, "%s_test", test_mode);
	if (IS_ERR(task))
		return PTR_ERR(task);
	wait_for_completion(&done);
	kthread_stop(task);
	return 0;
}

static void __exit preemptirq_delay_exit(void)
{
}

module_init(preemptirq_delay_init);
module_exit(preemptirq_delay_exit);
MODULE_DESCRIPTION("Sections with interrupts or preemption off");
MODULE_LICENSE("GPL");
