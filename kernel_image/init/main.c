// SPDX-License-Identifier: MIT
/* start_kernel(), in the order of 6.1, and the first processes. */
#include <linux/init.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/smp.h>
#include <linux/cpu.h>
#include <linux/irq.h>
#include <linux/interrupt.h>
#include <linux/timer.h>
#include <linux/hrtimer.h>
#include <linux/tick.h>
#include <linux/timekeeping.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>
#include <linux/stop_machine.h>
#include <linux/completion.h>
#include <linux/string.h>
#include <linux/binfmts.h>
#include <asm/hypercall.h>
#include <asm/setup.h>

enum system_states system_state;
bool early_boot_irqs_disabled;

/* mm, kernel, fs, lib, kernel/trace: each exists or is not needed. */
#define LATER(name)	__weak void name(void)
extern LATER(mem_init); extern LATER(kmem_cache_init); extern LATER(mmap_init); extern LATER(mm_cache_init);
extern LATER(vmalloc_init); extern LATER(fork_init); extern LATER(proc_caches_init); extern LATER(cred_init);
extern LATER(pid_idr_init); extern LATER(signals_init); extern LATER(vfs_caches_init_early); extern LATER(vfs_caches_init);
extern LATER(security_init); extern LATER(radix_tree_init); extern LATER(trace_init); extern LATER(early_trace_init);
extern LATER(ftrace_init); extern LATER(uts_ns_init); extern LATER(page_writeback_init); extern LATER(seq_file_init);
extern LATER(nsfs_init); extern LATER(delayacct_init); extern LATER(thread_stack_cache_init);
extern __weak void random_init(u64 seed);
#define CALL(name)	do { if (name) name(); } while (0)

static __initdata struct completion kthreadd_done;

extern initcall_t __initcall_start[], __initcall0_start[], __initcall_end[];

__weak notrace void trace_initcall_start(initcall_t fn) { }
__weak notrace void trace_initcall_finish(initcall_t fn, int ret) { }

noinline int do_one_initcall(initcall_t fn)
{
	int count = preempt_count(), ret;

	trace_initcall_start(fn);
	ret = fn();
	trace_initcall_finish(fn, ret);
	if (preempt_count() != count) {
		pr_err("initcall %lx returned with preemption imbalance\n", (unsigned long)fn);
		this_hot->preempt_count = count;
	}
	if (irqs_disabled()) {
		pr_err("initcall %lx returned with disabled interrupts\n", (unsigned long)fn);
		local_irq_enable();
	}
	return ret;
}

static __init void do_initcall_range(initcall_t *p, initcall_t *end)
{
	for (; p < end; p++)
		do_one_initcall(*p);
}

static __init void do_pre_smp_initcalls(void) { do_initcall_range(__initcall_start, __initcall0_start); }

static __init void do_basic_setup(void)
{
	do_initcall_range(__initcall0_start, __initcall_end);
}

static __init void kernel_init_freeable(void)
{
	wait_for_completion(&kthreadd_done);
	do_pre_smp_initcalls();
	smp_init();
	workqueue_init();
	do_basic_setup();
}

/* The file that pid 1 executes.  Without file systems the task is one all the same. */
static int run_init_process(const char *init_filename)
{
	static const char *const argv[] = { "init", NULL };
	static const char *const envp[] = { "HOME=/", "TERM=linux", NULL };

	return kernel_execve(init_filename, argv, envp);
}
extern __weak int kernel_execve(const char *filename, const char *const *argv, const char *const *envp);

/* pid 1.  It returns to ret_from_fork, as a program. */
static int kernel_init(void *unused)
{
	kernel_init_freeable();
	system_state = SYSTEM_FREEING_INITMEM;
	rcu_barrier();
	system_state = SYSTEM_RUNNING;
	if (!kernel_execve || run_init_process("/sbin/init"))
		set_task_comm(current, "init");
	pr_info("Run /sbin/init as init process\n");
	return 0;
}

static noinline void rest_init(void)
{
	int pid;

	rcu_scheduler_starting();
	user_mode_thread(kernel_init, NULL, CLONE_FS);
	pid = kernel_thread(kthreadd, NULL, CLONE_FS | CLONE_FILES);
	rcu_read_lock();
	kthreadd_task = find_task_by_vpid(pid);
	rcu_read_unlock();
	system_state = SYSTEM_SCHEDULING;
	complete(&kthreadd_done);
	schedule_preempt_disabled();
	cpu_startup_entry(CPUHP_ONLINE);
}

void __init start_kernel(void)
{
	char *command_line;

	smp_prepare_boot_cpu();
	local_irq_disable();
	early_boot_irqs_disabled = true;
	setup_arch(&command_line);
	pr_notice("Linux version %s (tracefs@emulated) (gcc, GNU ld) #1 SMP PREEMPT_DYNAMIC\n", boot_params.release);
	pr_notice("Kernel command line: %s\n", command_line);
	init_completion(&kthreadd_done);
	trap_init();
	CALL(mem_init);
	CALL(ftrace_init);
	CALL(kmem_cache_init);
	CALL(vmalloc_init);
	CALL(mm_cache_init);
	CALL(early_trace_init);
	sched_init();
	CALL(radix_tree_init);
	workqueue_init_early();
	rcu_init();
	CALL(trace_init);
	early_irq_init();
	init_IRQ();
	tick_init();
	init_timers();
	hrtimers_init();
	softirq_init();
	timekeeping_init();
	if (random_init)
		random_init(boot_params.seed);
	tick_setup_device_cpu();
	early_boot_irqs_disabled = false;
	local_irq_enable();
	CALL(pid_idr_init);
	CALL(mmap_init);
	CALL(thread_stack_cache_init);
	CALL(cred_init);
	CALL(fork_init);
	CALL(proc_caches_init);
	CALL(uts_ns_init);
	CALL(security_init);
	CALL(vfs_caches_init_early);
	CALL(vfs_caches_init);
	CALL(signals_init);
	CALL(seq_file_init);
	CALL(nsfs_init);
	rest_init();
}
