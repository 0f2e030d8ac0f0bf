// SPDX-License-Identifier: MIT
/* The table of system calls.  One that nobody defines is weak, stays 0, and answers -ENOSYS. */
#include <asm/syscall.h>

#define __SYSCALL(nr, name)	extern long __weak __SYS(name)(const struct pt_regs *);
#include <asm/syscalls_64.h>
#undef __SYSCALL


const sys_call_ptr_t sys_call_table[NR_syscall_table] = {
#define __SYSCALL(nr, name)	[nr] = __SYS(name),
#include <asm/syscalls_64.h>
#undef __SYSCALL
};

ABI_DEFS(syscall) { ABI_CONST(NR_syscalls); }
