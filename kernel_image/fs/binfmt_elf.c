// SPDX-License-Identifier: MIT
/* The format of every program: it lays out the books of an address space, which nothing is mapped into. */
#include <linux/binfmts.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>

#define ELF_BASE	0x400000UL
#define STACK_BASE	0x7ff00000UL

static noinline unsigned long elf_map(struct file *file, unsigned long addr, unsigned long size, int prot)
{
	return vm_mmap(file, addr, size, prot, MAP_PRIVATE | MAP_FIXED, 0);
}

static noinline int set_brk(unsigned long start, unsigned long end)
{
	current->mm->start_brk = current->mm->brk = end;
	return vm_brk_flags(start, end - start, 0);
}

static noinline int create_elf_tables(struct linux_binprm *bprm)
{
	current->mm->start_stack = STACK_BASE;
	return 0;
}

static noinline int load_elf_binary(struct linux_binprm *bprm)
{
	struct mm_struct *mm;
	unsigned long map;
	int retval = begin_new_exec(bprm);

	if (retval)
		return retval;
	setup_new_exec(bprm);
	mm = current->mm;
	map = elf_map(bprm->file, ELF_BASE, 4 * PAGE_SIZE, PROT_READ | PROT_EXEC);
	if (IS_ERR_VALUE(map))
		return (int)map;
	map = elf_map(bprm->file, ELF_BASE + 4 * PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE);
	if (IS_ERR_VALUE(map))
		return (int)map;
	retval = set_brk(ELF_BASE + 8 * PAGE_SIZE, ELF_BASE + 9 * PAGE_SIZE);
	if (retval)
		return retval;
	retval = create_elf_tables(bprm);
	mm->start_code = ELF_BASE;
	mm->end_code = ELF_BASE + 4 * PAGE_SIZE;
	mm->start_data = mm->end_code;
	mm->end_data = mm->start_data + PAGE_SIZE;
	finalize_exec(bprm);
	return retval;
}

static struct linux_binfmt elf_format = { .load_binary = load_elf_binary };

static int __init init_elf_binfmt(void)
{
	register_binfmt(&elf_format);
	return 0;
}
core_initcall(init_elf_binfmt);
