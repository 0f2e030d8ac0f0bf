// SPDX-License-Identifier: MIT
/* Each way to write text into the trace, once from a task and once from an interrupt. */
#include <linux/init.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/module.h>

/* Not constant, so that their text has to be copied. */
static char *trace_printk_test_global_str = "This is a dynamic string that will use trace_puts\n";
static char *trace_printk_test_global_str_irq = "(irq) This is a dynamic string that will use trace_puts\n";
static char *trace_printk_test_global_str_fmt = "%sThis is a %s that will use trace_printk\n";

static void trace_printk_irq_work(struct irq_work *work)
{
	trace_printk("(irq) This is a static string that will use trace_bputs\n");
	trace_puts(READ_ONCE(trace_printk_test_global_str_irq));
	trace_printk("(irq) This is a %s that will use trace_bprintk()\n", "static string");
	trace_printk(READ_ONCE(trace_printk_test_global_str_fmt), "(irq) ", "dynamic string");
}
static DEFINE_IRQ_WORK(irqwork, trace_printk_irq_work);

static int __init trace_printk_init(void)
{
	trace_printk("This is a static string that will use trace_bputs\n");
	trace_puts(READ_ONCE(trace_printk_test_global_str));
	irq_work_queue(&irqwork);
	irq_work_sync(&irqwork);
	trace_printk("This is a %s that will use trace_bprintk()\n", "static string");
	trace_printk(READ_ONCE(trace_printk_test_global_str_fmt), "", "dynamic string");
	return 0;
}

static void __exit trace_printk_exit(void)
{
}

module_init(trace_printk_init);
module_exit(trace_printk_exit);
