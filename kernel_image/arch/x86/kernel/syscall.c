// SPDX-License-Identifier: MIT
#include <asm/syscall.h>

/* A function of its own in 6.1 (a switch, so that no indirect call can be mistrained); here a checked table. */
long x64_sys_call(const struct pt_regs *regs, unsigned int nr)
{
	if (nr < NR_syscall_table && sys_call_table[nr])
		return sys_call_table[nr](regs);
	return -ENOSYS;
}
