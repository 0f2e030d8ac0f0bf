// SPDX-License-Identifier: MIT
#include <asm/extable.h>
#include <asm/ptrace.h>

/* Go on at the fixup of the instruction that faulted, if it has one. */
notrace int fixup_exception(struct pt_regs *regs, int trapnr, unsigned long error_code, unsigned long fault_addr)
{
	const struct exception_table_entry *e = search_exception_tables(regs->ip);

	if (!e)
		return 0;
	if (e->type == EX_TYPE_FAULT)
		regs->ax = trapnr;
	regs->ip = (unsigned long)&e->fixup + e->fixup;
	return 1;
}
