/* SPDX-License-Identifier: MIT */
/* System calls that change how memory behaves: here they find the areas, and change what the books say. */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/syscalls.h>

static unsigned long prot_flags(unsigned long prot)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) | (prot & PROT_EXEC ? VM_EXEC : 0);
}

static noinline_for_trace int mprotect_fixup(struct vm_area_struct *vma, unsigned long newflags)
{
	vma->vm_flags = newflags;
	return 0;
}

static noinline_for_trace int do_mprotect_pkey(unsigned long start, size_t len, unsigned long prot)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int error = -ENOMEM;

	if (!mm || offset_in_page(start))
		return -EINVAL;
	if (!len)
		return 0;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	/* An area that is only partly concerned keeps one set of flags: nothing depends on them. */
	vma = find_vma(mm, start);
	if (vma && vma->vm_start <= start)
		error = mprotect_fixup(vma, (vma->vm_flags & ~(VM_READ | VM_WRITE | VM_EXEC)) | prot_flags(prot));
	mmap_write_unlock(mm);
	return error;
}

SYSCALL_DEFINE3(mprotect, unsigned long, start, size_t, len, unsigned long, prot)
{
	return do_mprotect_pkey(start, len, prot);
}

static noinline_for_trace int do_madvise(struct mm_struct *mm, unsigned long start, size_t len, int behavior)
{
	struct vm_area_struct *vma;

	if (offset_in_page(start))
		return -EINVAL;
	mmap_read_lock(mm);
	vma = find_vma(mm, start);
	mmap_read_unlock(mm);
	return vma && vma->vm_start < start + len ? 0 : -ENOMEM;
}

SYSCALL_DEFINE3(madvise, unsigned long, start, size_t, len, int, behavior)
{
	return current->mm ? do_madvise(current->mm, start, len, behavior) : -EINVAL;
}

SYSCALL_DEFINE3(msync, unsigned long, start, size_t, len, int, flags)
{
	return offset_in_page(start) ? -EINVAL : 0;
}

SYSCALL_DEFINE2(mlock, unsigned long, start, size_t, len)
{
	return 0;
}

SYSCALL_DEFINE2(munlock, unsigned long, start, size_t, len)
{
	return 0;
}

/* Only in place, and to shrink: there is nothing to move. */
SYSCALL_DEFINE5(mremap, unsigned long, addr, unsigned long, old_len, unsigned long, new_len, unsigned long, flags,
		unsigned long, new_addr)
{
	struct mm_struct *mm = current->mm;
	int ret = 0;

	if (!mm || offset_in_page(addr) || !new_len)
		return -EINVAL;
	old_len = PAGE_ALIGN(old_len);
	new_len = PAGE_ALIGN(new_len);
	if (new_len > old_len)
		return -ENOMEM;
	mmap_write_lock(mm);
	if (new_len < old_len)
		ret = do_munmap(mm, addr + new_len, old_len - new_len, NULL);
	mmap_write_unlock(mm);
	return ret ? ret : (long)addr;
}
