/* SPDX-License-Identifier: MIT */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/syscalls.h>

/*
 * An address space is a sorted list of ranges that mmap, brk, fork, exec and exit keep as the kernel does.
 * Nothing is mapped behind them: there is no user memory, and no fault ever asks handle_mm_fault for a page.
 */
#define MMAP_BASE	(STACK_TOP - 0x8000000ul)

static struct kmem_cache *vm_area_cachep;

struct vm_area_struct *vm_area_alloc(struct mm_struct *mm)
{
	struct vm_area_struct *vma = kmem_cache_alloc(vm_area_cachep, GFP_KERNEL | __GFP_ZERO);

	if (vma)
		vma->vm_mm = mm;
	return vma;
}

struct vm_area_struct *vm_area_dup(struct vm_area_struct *orig)
{
	struct vm_area_struct *new = kmem_cache_alloc(vm_area_cachep, GFP_KERNEL);

	if (new)
		*new = *orig;
	return new;
}

void vm_area_free(struct vm_area_struct *vma)
{
	kmem_cache_free(vm_area_cachep, vma);
}

static struct vm_area_struct *rb_vma(struct rb_node *n)
{
	return n ? rb_entry(n, struct vm_area_struct, vm_rb) : NULL;
}

/* The first area that ends after addr. */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	struct rb_node *n = mm->mm_rb.rb_node;
	struct vm_area_struct *best = NULL;

	while (n) {
		struct vm_area_struct *vma = rb_vma(n);

		if (vma->vm_end > addr) {
			best = vma;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}
	return best;
}
EXPORT_SYMBOL(find_vma);

static bool vma_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_vma(a)->vm_start < rb_vma((struct rb_node *)b)->vm_start;
}

static void vm_stat_account(struct mm_struct *mm, unsigned long flags, long pages)
{
	mm->total_vm += pages;
	if (flags & VM_EXEC)
		mm->exec_vm += pages;
	else if (flags & VM_STACK)
		mm->stack_vm += pages;
	else if (flags & VM_WRITE)
		mm->data_vm += pages;
	if (mm->total_vm > mm->hiwater_vm)
		mm->hiwater_vm = mm->total_vm;
}

#define vma_pages(v)	(((v)->vm_end - (v)->vm_start) >> PAGE_SHIFT)

static noinline_for_trace void vma_link(struct mm_struct *mm, struct vm_area_struct *vma)
{
	rb_add(&vma->vm_rb, &mm->mm_rb, vma_less);
	mm->map_count++;
	vm_stat_account(mm, vma->vm_flags, vma_pages(vma));
}

int insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *next = find_vma(mm, vma->vm_start);

	if (next && next->vm_start < vma->vm_end)
		return -ENOMEM;
	vma_link(mm, vma);
	return 0;
}

static noinline_for_trace void remove_vma(struct vm_area_struct *vma)
{
	might_sleep();
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
	if (vma->vm_file)
		fput(vma->vm_file);
	vm_area_free(vma);
}

static void detach_vma(struct mm_struct *mm, struct vm_area_struct *vma)
{
	rb_erase(&vma->vm_rb, &mm->mm_rb);
	mm->map_count--;
	vm_stat_account(mm, vma->vm_flags, -(long)vma_pages(vma));
}

/* The page tables of [start, end): one page stands for them all. */
noinline_for_trace void unmap_vmas(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	while (vma && vma->vm_start < end) {
		cond_resched();
		vma = rb_vma(rb_next(&vma->vm_rb));
	}
}

noinline_for_trace void free_pgtables(struct mm_struct *mm)
{
	barrier();
}

static noinline_for_trace int __split_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr, int new_below)
{
	struct vm_area_struct *new = vm_area_dup(vma);

	if (!new)
		return -ENOMEM;
	if (new->vm_file)
		get_file(new->vm_file);
	vm_stat_account(mm, vma->vm_flags, -(long)vma_pages(vma));
	if (new_below) {
		new->vm_end = addr;
		vma->vm_pgoff += (addr - vma->vm_start) >> PAGE_SHIFT;
		vma->vm_start = addr;
	} else {
		new->vm_pgoff += (addr - vma->vm_start) >> PAGE_SHIFT;
		new->vm_start = addr;
		vma->vm_end = addr;
	}
	vm_stat_account(mm, vma->vm_flags, vma_pages(vma));
	vma_link(mm, new);
	return 0;
}

int do_munmap(struct mm_struct *mm, unsigned long start, size_t len, struct list_head *uf)
{
	unsigned long end = start + PAGE_ALIGN(len);
	struct vm_area_struct *vma, *next;
	int err;

	if (offset_in_page(start) || end <= start)
		return -EINVAL;
	vma = find_vma(mm, start);
	if (!vma || vma->vm_start >= end)
		return 0;
	if (start > vma->vm_start) {
		err = __split_vma(mm, vma, start, 1);
		if (err)
			return err;
	}
	unmap_vmas(mm, start, end);
	free_pgtables(mm);
	for (vma = find_vma(mm, start); vma && vma->vm_start < end; vma = next) {
		if (vma->vm_end > end) {
			err = __split_vma(mm, vma, end, 0);
			if (err)
				return err;
		}
		next = rb_vma(rb_next(&vma->vm_rb));
		detach_vma(mm, vma);
		remove_vma(vma);
	}
	return 0;
}

int vm_munmap(unsigned long start, size_t len)
{
	struct mm_struct *mm = current->mm;
	int ret;

	mmap_write_lock(mm);
	ret = do_munmap(mm, start, len, NULL);
	mmap_write_unlock(mm);
	return ret;
}
EXPORT_SYMBOL(vm_munmap);

/* Top down from mmap_base, as the default layout has it. */
static noinline_for_trace unsigned long arch_get_unmapped_area_topdown(struct mm_struct *mm, unsigned long len)
{
	unsigned long end = mm->mmap_base;

	while (end > len) {
		struct vm_area_struct *vma = find_vma(mm, end - len);

		if (!vma || vma->vm_start >= end)
			return end - len;
		end = vma->vm_start;
	}
	return -ENOMEM;
}

unsigned long get_unmapped_area(struct file *file, unsigned long addr, unsigned long len, unsigned long pgoff,
				unsigned long flags)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;

	if (flags & MAP_FIXED)
		return addr;
	if (addr) {
		addr = PAGE_ALIGN(addr);
		vma = find_vma(mm, addr);
		if (!vma || addr + len <= vma->vm_start)
			return addr;
	}
	return arch_get_unmapped_area_topdown(mm, len);
}

unsigned long mmap_region(struct file *file, unsigned long addr, unsigned long len, unsigned long vm_flags,
			  unsigned long pgoff, struct list_head *uf)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma, *prev;
	int err = do_munmap(mm, addr, len, uf);

	if (err)
		return err;
	/* Anonymous memory that continues an area only makes it longer. */
	prev = addr ? find_vma(mm, addr - 1) : NULL;
	if (!file && prev && prev->vm_end == addr && prev->vm_flags == vm_flags && !prev->vm_file) {
		prev->vm_end += len;
		vm_stat_account(mm, vm_flags, len >> PAGE_SHIFT);
		return addr;
	}
	vma = vm_area_alloc(mm);
	if (!vma)
		return -ENOMEM;
	vma->vm_start = addr;
	vma->vm_end = addr + len;
	vma->vm_flags = vm_flags;
	vma->vm_pgoff = pgoff;
	if (file)
		vma->vm_file = get_file(file);
	vma_link(mm, vma);
	return addr;
}

unsigned long do_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long pgoff, unsigned long *populate, struct list_head *uf)
{
	unsigned long vm_flags;

	*populate = 0;
	len = PAGE_ALIGN(len);
	if (!len)
		return -EINVAL;
	if (current->mm->map_count > 65530)
		return -ENOMEM;
	addr = get_unmapped_area(file, addr, len, pgoff, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	vm_flags = (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) | (prot & PROT_EXEC ? VM_EXEC : 0) |
		   VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | (flags & MAP_SHARED ? VM_SHARED : 0) |
		   (flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0);
	return mmap_region(file, addr, len, vm_flags, pgoff, uf);
}

unsigned long vm_mmap_pgoff(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
			    unsigned long flags, unsigned long pgoff)
{
	struct mm_struct *mm = current->mm;
	unsigned long populate, ret;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = do_mmap(file, addr, len, prot, flags, pgoff, &populate, NULL);
	mmap_write_unlock(mm);
	return ret;
}

unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long offset)
{
	if (offset_in_page(offset))
		return -EINVAL;
	return vm_mmap_pgoff(file, addr, len, prot, flags, offset >> PAGE_SHIFT);
}
EXPORT_SYMBOL(vm_mmap);

static noinline_for_trace int do_brk_flags(unsigned long addr, unsigned long len, unsigned long flags)
{
	unsigned long ret = mmap_region(NULL, addr, len, VM_DATA_FLAGS | VM_ACCOUNT | flags, addr >> PAGE_SHIFT, NULL);

	return IS_ERR_VALUE(ret) ? (int)ret : 0;
}

int vm_brk_flags(unsigned long addr, unsigned long len, unsigned long flags)
{
	struct mm_struct *mm = current->mm;
	int ret;

	len = PAGE_ALIGN(len);
	if (!len)
		return 0;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = do_brk_flags(addr, len, flags);
	mmap_write_unlock(mm);
	return ret;
}

int vm_brk(unsigned long addr, unsigned long len)
{
	return vm_brk_flags(addr, len, 0);
}
EXPORT_SYMBOL(vm_brk);

/* The last user is gone. */
void exit_mmap(struct mm_struct *mm)
{
	struct rb_node *n;

	mmap_write_lock(mm);
	unmap_vmas(mm, 0, ~0UL);
	free_pgtables(mm);
	while ((n = rb_first(&mm->mm_rb))) {
		struct vm_area_struct *vma = rb_vma(n);

		detach_vma(mm, vma);
		remove_vma(vma);
		cond_resched();
	}
	mmap_write_unlock(mm);
}

SYSCALL_DEFINE6(mmap, unsigned long, addr, unsigned long, len, unsigned long, prot, unsigned long, flags,
		unsigned long, fd, unsigned long, off)
{
	struct file *file = NULL;
	unsigned long ret;

	if (!current->mm || offset_in_page(off))
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		file = fget(fd);
		if (!file)
			return -EBADF;
	}
	ret = vm_mmap_pgoff(file, addr, len, prot, flags, off >> PAGE_SHIFT);
	if (file)
		fput(file);
	return ret;
}

SYSCALL_DEFINE2(munmap, unsigned long, addr, size_t, len)
{
	return current->mm ? vm_munmap(addr, len) : -EINVAL;
}

SYSCALL_DEFINE1(brk, unsigned long, brk)
{
	struct mm_struct *mm = current->mm;
	unsigned long old, new;

	if (!mm)
		return 0;
	mmap_write_lock(mm);
	old = PAGE_ALIGN(mm->brk);
	new = PAGE_ALIGN(brk);
	if (brk >= mm->start_brk) {
		if (new > old ? !do_brk_flags(old, new - old, 0) : new == old || !do_munmap(mm, new, old - new, NULL))
			mm->brk = brk;
	}
	brk = mm->brk;
	mmap_write_unlock(mm);
	return brk;
}

/* Where mappings go: downwards from below the stack. */
void arch_pick_mmap_layout(struct mm_struct *mm, struct rlimit *rlim_stack)
{
	mm->mmap_base = MMAP_BASE;
	mm->task_size = mm->start_stack = STACK_TOP;
}

__init void mmap_init(void)
{
	vm_area_cachep = KMEM_CACHE(vm_area_struct, SLAB_PANIC | SLAB_ACCOUNT);
}
