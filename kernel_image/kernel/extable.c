// SPDX-License-Identifier: MIT
/* Which instructions may fault. */
#include <linux/extable.h>
#include <linux/init.h>

extern struct exception_table_entry __start___ex_table[], __stop___ex_table[];
extern const char _stext[], _etext[], _sinittext[], _einittext[];

__weak notrace const struct exception_table_entry *search_module_extables(unsigned long addr) { return NULL; }
__weak notrace bool is_module_text_address(unsigned long addr) { return false; }

static bool within(unsigned long addr, const char *start, const char *end)
{
	return addr >= (unsigned long)start && addr < (unsigned long)end;
}

/* Whether a function can return to addr. */
int __kernel_text_address(unsigned long addr)
{
	return within(addr, _stext, _etext) || within(addr, _sinittext, _einittext) || is_module_text_address(addr);
}

static unsigned long ex_insn(const struct exception_table_entry *e)
{
	return (unsigned long)&e->insn + e->insn;
}

/* Entries name places relative to themselves, so moving one changes its numbers.  Nearly sorted as linked. */
void sort_extable(struct exception_table_entry *start, struct exception_table_entry *finish)
{
	struct exception_table_entry *p, *q;

	for (p = start + 1; p < finish; p++)
		for (q = p; q > start && ex_insn(q - 1) > ex_insn(q); q--) {
			struct exception_table_entry a = q[-1], b = *q;
			int delta = sizeof(a);

			q[-1] = (struct exception_table_entry){ b.insn + delta, b.fixup + delta, b.type };
			q[0] = (struct exception_table_entry){ a.insn - delta, a.fixup - delta, a.type };
		}
}

const struct exception_table_entry *search_extable(const struct exception_table_entry *base, unsigned long num, unsigned long value)
{
	while (num) {
		const struct exception_table_entry *mid = base + num / 2;

		if (ex_insn(mid) == value)
			return mid;
		if (ex_insn(mid) < value) {
			base = mid + 1;
			num -= num / 2 + 1;
		} else {
			num /= 2;
		}
	}
	return NULL;
}

const struct exception_table_entry *search_exception_tables(unsigned long addr)
{
	const struct exception_table_entry *e;

	e = search_extable(__start___ex_table, __stop___ex_table - __start___ex_table, addr);
	return e ? e : search_module_extables(addr);
}

void __init sort_main_extable(void)
{
	sort_extable(__start___ex_table, __stop___ex_table);
}
