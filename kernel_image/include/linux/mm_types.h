/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_MM_TYPES_H
#define _LINUX_MM_TYPES_H
#include <linux/types.h>
#include <linux/list.h>
#include <linux/rbtree_types.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <asm/page.h>

struct address_space; struct kmem_cache; struct mm_struct; struct file; struct vm_operations_struct;

/* One for each page frame (mem_map).  Who has the page says what the words mean. */
struct page {
	unsigned long flags;
	union {
		struct {
			struct list_head lru;		/* page cache LRU, free lists */
			struct address_space *mapping;
			unsigned long index;
			unsigned long private;		/* free: the order */
		};
		struct {				/* struct slab, mm/slab.h */
			unsigned long _slab[5];
		};
		struct {				/* tail of a compound page */
			unsigned long compound_head;	/* bit 0 set */
			unsigned char compound_order;	/* first tail page */
		};
		struct callback_head rcu_head;
	};
	atomic_t _mapcount;				/* -1: not mapped */
	atomic_t _refcount;
} __aligned(2 * sizeof(long));				/* freelist and counters are swapped as one */

struct folio {
	union {
		struct {
			unsigned long flags;
			struct list_head lru;
			struct address_space *mapping;
			unsigned long index;
			void *private;
			atomic_t _mapcount;
			atomic_t _refcount;
		};
		struct page page;
	};
};

#define VM_READ		0x00000001
#define VM_WRITE	0x00000002
#define VM_EXEC		0x00000004
#define VM_SHARED	0x00000008
#define VM_MAYREAD	0x00000010
#define VM_MAYWRITE	0x00000020
#define VM_MAYEXEC	0x00000040
#define VM_GROWSDOWN	0x00000100
#define VM_STACK	VM_GROWSDOWN
#define VM_ACCOUNT	0x00100000
#define VM_DATA_FLAGS	(VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)

/* A line in the books: nothing is mapped behind it (there is no user memory). */
struct vm_area_struct {
	unsigned long vm_start, vm_end;
	struct mm_struct *vm_mm;
	unsigned long vm_flags;
	unsigned long vm_pgoff;
	struct file *vm_file;
	const struct vm_operations_struct *vm_ops;
	struct rb_node vm_rb;				/* mm->mm_rb, by address */
	void *vm_private_data;
};

struct vm_operations_struct {
	void (*open)(struct vm_area_struct *area);
	void (*close)(struct vm_area_struct *area);
};

struct mm_struct {
	struct rb_root mm_rb;				/* mmap_lock */
	struct rw_semaphore mmap_lock;
	int map_count;
	unsigned long mmap_base, task_size;
	atomic_t mm_users;				/* tasks that live in it */
	atomic_t mm_count;				/* references to the structure itself */
	spinlock_t page_table_lock;
	struct list_head mmlist;
	unsigned long total_vm, data_vm, exec_vm, stack_vm, hiwater_vm;
	unsigned long start_code, end_code, start_data, end_data;
	unsigned long start_brk, brk, start_stack;
	unsigned long arg_start, arg_end, env_start, env_end;
	unsigned long flags;
	void *binfmt;
	struct file *exe_file;
	unsigned long pgd;				/* one page, to have something to allocate and free */
};
extern struct mm_struct init_mm;
#endif
