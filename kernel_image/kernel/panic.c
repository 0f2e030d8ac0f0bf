// SPDX-License-Identifier: MIT
/* BUG, WARN and panic. */
#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/irqflags.h>
#include <asm/hypercall.h>

int panic_timeout, oops_in_progress;
unsigned long tainted_mask;

void add_taint(unsigned int flag, int lockdep_ok)
{
	tainted_mask |= 1UL << flag;
}

static __noreturn void stop_here(const char *why)
{
	for (;;)
		hypercall(HC_DIE, 0, (long)why, 0, 0);
}

void warn_slowpath_fmt(const char *file, int line, unsigned int taint, const char *fmt, ...)
{
	pr_warn("------------[ cut here ]------------\n");
	pr_warn("WARNING: CPU: %d PID: %d at %s:%d [<%lx>]\n", smp_processor_id(), current->pid, file, line,
		(unsigned long)__builtin_return_address(0));
	if (fmt) {
		__builtin_va_list args;

		__builtin_va_start(args, fmt);
		vprintk(fmt, args);
		__builtin_va_end(args);
	}
	dump_stack();
	pr_warn("---[ end trace 0000000000000000 ]---\n");
	add_taint(taint, 0);
}

void bug_at(const char *file, int line, const char *function)
{
	local_irq_disable();
	pr_emerg("------------[ cut here ]------------\n");
	pr_emerg("kernel BUG at %s:%d!\n", file, line);
	dump_stack();
	stop_here("kernel BUG");
}

void panic(const char *fmt, ...)
{
	static char buf[256];
	__builtin_va_list args;

	local_irq_disable();
	__builtin_va_start(args, fmt);
	vsnprintf(buf, sizeof(buf), fmt, args);
	__builtin_va_end(args);
	pr_emerg("Kernel panic - not syncing: %s\n", buf);
	dump_stack();
	stop_here(buf);
}

void __noreturn __stack_chk_fail(void)
{
	panic("stack-protector: Kernel stack is corrupted");
}
