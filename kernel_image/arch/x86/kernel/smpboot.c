// SPDX-License-Identifier: MIT
/* How the other CPUs come: CPU 0 makes their idle tasks and asks the host, one by one. */
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/smp.h>
#include <linux/smpboot.h>
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/printk.h>
#include <linux/tick.h>
#include <linux/rcupdate.h>
#include <asm/hypercall.h>
#include <asm/switch_to.h>
#include <asm/traps.h>

static struct task_struct *idle_threads[NR_CPUS];

/* First C of another CPU; its current task is its idle task. */
void start_secondary(void)
{
	int cpu = smp_processor_id();

	load_current_idt();
	rcu_cpu_starting(cpu);
	tick_setup_device_cpu();
	set_cpu_online(cpu, true);
	local_irq_enable();
	cpu_startup_entry(CPUHP_AP_ONLINE_IDLE);
}

static __init int do_boot_cpu(int cpu, struct task_struct *idle)
{
	unsigned int spins = 0;
	unsigned long top = (unsigned long)idle->stack + THREAD_SIZE;

	pcpu_hot[cpu].self = &pcpu_hot[cpu];
	pcpu_hot[cpu].current_task = idle;
	pcpu_hot[cpu].top_of_stack = top;
	pcpu_hot[cpu].cpu_number = cpu;
	pcpu_hot[cpu].preempt_count = 1;
	hypercall(HC_BOOTED, cpu, (long)idle, top, 0);
	while (!cpu_online(cpu))
		cpu_spin_wait(&spins);
	return 0;
}

void __init smp_prepare_boot_cpu(void)
{
	idle_threads[0] = &init_task;
	set_cpu_possible(0, true);
	set_cpu_online(0, true);
}

void __init smp_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct task_struct *idle;

		if (!cpu)
			continue;
		set_cpu_possible(cpu, true);
		idle = fork_idle(cpu);
		if (IS_ERR(idle)) {
			pr_err("failed fork for CPU%d\n", cpu);
			continue;
		}
		idle_threads[cpu] = idle;
		smpboot_create_threads(cpu);
		do_boot_cpu(cpu, idle);
		smpboot_unpark_threads(cpu);
	}
	pr_info("smp: Brought up 1 node, %d CPUs\n", num_online_cpus());
}
