/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_MM_H
#define _LINUX_MM_H
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm_types.h>
#include <linux/page-flags.h>
#include <linux/sched.h>
#include <linux/atomic.h>
#include <asm/page.h>

#ifndef PFN_UP
#define PFN_UP(x)		(((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x)		((x) >> PAGE_SHIFT)
#define PFN_PHYS(x)		((unsigned long)(x) << PAGE_SHIFT)
#endif
#ifndef PAGE_ALIGN
#define PAGE_ALIGN(addr)	ALIGN(addr, PAGE_SIZE)
#endif
#define offset_in_page(p)	((unsigned long)(p) & (PAGE_SIZE - 1))

/* mm/page_alloc.c: frames [min_low_pfn, max_pfn) have a struct page */
extern struct page *mem_map;
extern unsigned long min_low_pfn, max_pfn;
extern atomic_long_t _totalram_pages;
static inline unsigned long totalram_pages(void) { return _totalram_pages.counter; }

#define page_to_pfn(page)	((unsigned long)((page) - mem_map) + min_low_pfn)
#define pfn_to_page(pfn)	(mem_map + ((pfn) - min_low_pfn))
#define pfn_valid(pfn)		((pfn) >= min_low_pfn && (pfn) < max_pfn)
#define virt_to_page(addr)	pfn_to_page(__pa(addr) >> PAGE_SHIFT)
#define page_address(page)	((void *)__va(page_to_pfn(page) << PAGE_SHIFT))
#define page_to_phys(page)	(page_to_pfn(page) << PAGE_SHIFT)
#define page_to_virt(page)	page_address(page)
#define folio_address(f)	page_address(&(f)->page)
#define kmap(page)		page_address(page)
#define kunmap(page)		do { } while (0)
#define kmap_local_page(page)	page_address(page)
#define kmap_atomic(page)	page_address(page)
#define kunmap_local(addr)	do { } while (0)
#define kunmap_atomic(addr)	do { } while (0)
#define kmap_local_folio(f, off) ((void *)((char *)folio_address(f) + (off)))
#define nth_page(page, n)	((page) + (n))

static inline struct page *compound_head(const struct page *page)
{
	unsigned long head = READ_ONCE(page->compound_head);

	return (struct page *)(head & 1 ? head - 1 : (unsigned long)page);
}
static inline unsigned int compound_order(struct page *page) { return PageHead(page) ? page[1].compound_order : 0; }
#define page_folio(p)		((struct folio *)compound_head(p))
#define folio_page(f, n)	(&(f)->page + (n))
#define folio_order(f)		compound_order(&(f)->page)
#define folio_nr_pages(f)	(1L << folio_order(f))
#define folio_size(f)		(PAGE_SIZE << folio_order(f))
#define folio_shift(f)		(PAGE_SHIFT + folio_order(f))
#define virt_to_head_page(x)	compound_head(virt_to_page(x))
#define virt_to_folio(x)	page_folio(virt_to_page(x))

bool __virt_addr_valid(unsigned long kaddr);
#define virt_addr_valid(kaddr)	__virt_addr_valid((unsigned long)(kaddr))
bool is_vmalloc_addr(const void *x);

static inline int page_ref_count(const struct page *page) { return atomic_read(&page->_refcount); }
#define page_count(p)		page_ref_count(compound_head(p))
#define folio_ref_count(f)	page_ref_count(&(f)->page)
static inline void set_page_count(struct page *page, int v) { atomic_set(&page->_refcount, v); }
static inline bool put_page_testzero(struct page *page) { return atomic_dec_and_test(&page->_refcount); }
void __folio_put(struct folio *folio);
static inline void folio_get(struct folio *f) { atomic_inc(&f->_refcount); }
static inline bool folio_try_get(struct folio *f) { return atomic_inc_not_zero(&f->_refcount); }
static inline void folio_put(struct folio *f)
{
	if (put_page_testzero(&f->page))
		__folio_put(f);
}
static inline void get_page(struct page *page) { folio_get(page_folio(page)); }
static inline void put_page(struct page *page) { folio_put(page_folio(page)); }

struct sysinfo;
void si_meminfo(struct sysinfo *val);
unsigned long nr_free_pages(void);
void mem_init(void);
void kmem_cache_init(void);
void *kvmalloc(size_t size, gfp_t flags);
void *kvzalloc(size_t size, gfp_t flags);
void *kvmalloc_array(size_t n, size_t size, gfp_t flags);
void *kvcalloc(size_t n, size_t size, gfp_t flags);
void kvfree(const void *addr);

/* mm/mmap.c: address spaces as books */
#ifdef __x86_64__
#define TASK_SIZE_MAX	0x7ffffffff000ul
#else
#define TASK_SIZE_MAX	0xbffff000ul
#endif
#define TASK_SIZE	TASK_SIZE_MAX
#define STACK_TOP	TASK_SIZE_MAX
#define STACK_TOP_MAX	TASK_SIZE_MAX
struct vm_area_struct *vm_area_alloc(struct mm_struct *mm);
struct vm_area_struct *vm_area_dup(struct vm_area_struct *orig);
void vm_area_free(struct vm_area_struct *vma);
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);
int insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma);
unsigned long do_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long pgoff, unsigned long *populate, struct list_head *uf);
unsigned long mmap_region(struct file *file, unsigned long addr, unsigned long len, unsigned long vm_flags,
			  unsigned long pgoff, struct list_head *uf);
unsigned long get_unmapped_area(struct file *file, unsigned long addr, unsigned long len, unsigned long pgoff,
				unsigned long flags);
unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long offset);
unsigned long vm_mmap_pgoff(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
			    unsigned long flags, unsigned long pgoff);
int do_munmap(struct mm_struct *mm, unsigned long start, size_t len, struct list_head *uf);
int vm_munmap(unsigned long start, size_t len);
int vm_brk_flags(unsigned long addr, unsigned long len, unsigned long flags);
int vm_brk(unsigned long addr, unsigned long len);
struct rlimit;
void arch_pick_mmap_layout(struct mm_struct *mm, struct rlimit *rlim_stack);
void mmap_init(void);
void mm_cache_init(void);
void exit_mmap(struct mm_struct *mm);
void unmap_vmas(struct mm_struct *mm, unsigned long start, unsigned long end);
void free_pgtables(struct mm_struct *mm);

#define PROT_READ	1
#define PROT_WRITE	2
#define PROT_EXEC	4
#define MAP_SHARED	0x01
#define MAP_PRIVATE	0x02
#define MAP_FIXED	0x10
#define MAP_ANONYMOUS	0x20
#define MAP_GROWSDOWN	0x0100

static inline void mmap_write_lock(struct mm_struct *mm) { down_write(&mm->mmap_lock); }
static inline void mmap_write_unlock(struct mm_struct *mm) { up_write(&mm->mmap_lock); }
static inline void mmap_read_lock(struct mm_struct *mm) { down_read(&mm->mmap_lock); }
static inline void mmap_read_unlock(struct mm_struct *mm) { up_read(&mm->mmap_lock); }
static inline int mmap_write_lock_killable(struct mm_struct *mm) { down_write(&mm->mmap_lock); return 0; }
#endif
