/* SPDX-License-Identifier: MIT */
#ifndef _ASM_EXTABLE_H
#define _ASM_EXTABLE_H
/*
 * A faulting instruction at `from` continues at `to`.  Each field is relative to itself, so the table needs no
 * relocation at run time.  Types: EX_TYPE_DEFAULT only goes on; EX_TYPE_FAULT also leaves the vector in ax.
 */
#define EX_TYPE_DEFAULT	1
#define EX_TYPE_FAULT	2
#ifdef __ASSEMBLER__
#define _ASM_EXTABLE_TYPE(from, to, type) \
	.pushsection __ex_table, "a"; .balign 4; .long (from) - .; .long (to) - .; .long type; .popsection
#else
#define _ASM_EXTABLE_TYPE(from, to, type) \
	" .pushsection __ex_table, \"a\"\n .balign 4\n .long (" #from ") - .\n .long (" #to ") - .\n .long " #type "\n .popsection\n"
struct exception_table_entry { int insn, fixup, type; };
struct pt_regs;
int fixup_exception(struct pt_regs *regs, int trapnr, unsigned long error_code, unsigned long fault_addr);
const struct exception_table_entry *search_exception_tables(unsigned long addr);
const struct exception_table_entry *search_extable(const struct exception_table_entry *base, unsigned long num, unsigned long value);
void sort_extable(struct exception_table_entry *start, struct exception_table_entry *finish);
const struct exception_table_entry *search_module_extables(unsigned long addr);	/* kernel/module */
#endif
#define _ASM_EXTABLE(from, to)		_ASM_EXTABLE_TYPE(from, to, 1)
#define _ASM_EXTABLE_UA(from, to)	_ASM_EXTABLE_TYPE(from, to, 1)
#endif
