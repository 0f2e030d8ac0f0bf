// SPDX-License-Identifier: MIT
/* Device interrupts and the host's callback. */
#include <linux/sched.h>
#include <linux/irq.h>
#include <linux/smp.h>
#include <asm/hypervisor.h>
#include <asm/idtentry.h>

struct host_mailbox host_mailbox[NR_CPUS];
DEFINE_PER_CPU(unsigned int, irq_hv_callback_count);

static noinline void __common_interrupt(struct pt_regs *regs, unsigned int vector)
{
	struct irq_desc *desc = irq_to_desc(vector - FIRST_EXTERNAL_VECTOR);

	if (desc && desc->handle_irq)
		desc->handle_irq(desc);
}

noinstr void common_interrupt(struct pt_regs *regs, unsigned long vector)
{
	irqentry_state_t state = irqentry_enter(regs);

	irq_enter_rcu();
	__common_interrupt(regs, vector);
	irq_exit_rcu();
	irqentry_exit(regs, state);
}

/* The host wants a client's task to run, or has an interrupt of an emulated device. */
DEFINE_IDTENTRY_SYSVEC(sysvec_hypervisor_callback)
{
	struct host_mailbox *box = this_cpu_ptr(host_mailbox);
	struct task_struct *wake = box->wake;
	unsigned int irq = box->irq;

	box->wake = NULL;
	box->irq = 0;
	this_cpu_inc(irq_hv_callback_count);
	if (wake) {
		clear_tsk_thread_flag(wake, TIF_USER_PARK);
		wake_up_process(wake);
	}
	if (irq)
		generic_handle_irq(irq - 1);
}

void __init init_IRQ(void)
{
}

ABI_DEFS(hypervisor)
{
	ABI_OFFSET(host_mailbox, wake);
	ABI_OFFSET(host_mailbox, irq);
	ABI_SIZE(host_mailbox);
}
