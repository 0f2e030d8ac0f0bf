// SPDX-License-Identifier: MIT
/* From the assembly of a system call to its function. */
#include <linux/sched.h>
#include <linux/entry-common.h>
#include <asm/syscall.h>

/* Called with interrupts off on an empty stack; the result goes to regs->ax. */
noinstr void do_syscall_64(struct pt_regs *regs, long nr)
{
	nr = syscall_enter_from_user_mode(regs, nr);
	regs->ax = x64_sys_call(regs, nr);
	syscall_exit_to_user_mode(regs);
}
