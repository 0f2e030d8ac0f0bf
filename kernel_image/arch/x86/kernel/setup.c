// SPDX-License-Identifier: MIT
/* What the host tells before start, and the first C of each CPU. */
#include <linux/sched.h>
#include <linux/init.h>
#include <linux/printk.h>
#include <asm/setup.h>

/* In .data: the host fills it before anything clears .bss. */
struct boot_params boot_params __section(".data") = { .nr_cpus = 1, .release = "6.1.0" };

void start_kernel(void);
void sort_main_extable(void);

void __init setup_arch(char **cmdline_p)
{
	static char cmdline[] = "console=ttyS0";

	*cmdline_p = cmdline;
	setup_per_cpu_areas();
	sort_main_extable();
}

static __init void boot_cpu(void)
{
	this_hot->self = &pcpu_hot[0];
	this_hot->current_task = &init_task;
	this_hot->top_of_stack = (unsigned long)init_task.stack + THREAD_SIZE;
	this_hot->preempt_count = 1;
	idt_setup();
	start_kernel();
}

#ifdef __x86_64__
void __init x86_64_start_kernel(void) { boot_cpu(); }
#else
void __init i386_start_kernel(void) { boot_cpu(); }
#endif

ABI_DEFS(boot_params)
{
	ABI_SIZE(boot_params);
	ABI_OFFSET(boot_params, ram_start);
	ABI_OFFSET(boot_params, ram_end);
	ABI_OFFSET(boot_params, nr_cpus);
	ABI_OFFSET(boot_params, deterministic);
	ABI_OFFSET(boot_params, tsc_mult);
	ABI_OFFSET(boot_params, tsc_shift);
	ABI_OFFSET(boot_params, tsc_base);
	ABI_OFFSET(boot_params, boot_wall_ns);
	ABI_OFFSET(boot_params, seed);
	ABI_OFFSET(boot_params, release);
}
