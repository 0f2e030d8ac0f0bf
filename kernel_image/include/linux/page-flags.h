/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_PAGE_FLAGS_H
#define _LINUX_PAGE_FLAGS_H
#include <linux/mm_types.h>
#include <linux/bitops.h>

enum pageflags {
	PG_locked, PG_referenced, PG_uptodate, PG_dirty, PG_lru, PG_active, PG_workingset, PG_waiters, PG_error,
	PG_slab, PG_owner_priv_1, PG_arch_1, PG_reserved, PG_private, PG_private_2, PG_writeback, PG_head,
	PG_mappedtodisk, PG_reclaim, PG_swapbacked, PG_unevictable, PG_mlocked,
	PG_buddy,		/* free, in zone->free_area (a page_type in 6.1) */
	__NR_PAGEFLAGS
};

#define PAGEFLAG(Name, name)									\
static __always_inline bool folio_test_##name(struct folio *f) { return test_bit(PG_##name, &f->flags); }	\
static __always_inline void folio_set_##name(struct folio *f) { set_bit(PG_##name, &f->flags); }	\
static __always_inline void folio_clear_##name(struct folio *f) { clear_bit(PG_##name, &f->flags); }	\
static __always_inline void __folio_set_##name(struct folio *f) { f->flags |= 1UL << PG_##name; }	\
static __always_inline void __folio_clear_##name(struct folio *f) { f->flags &= ~(1UL << PG_##name); }	\
static __always_inline bool folio_test_set_##name(struct folio *f) { return test_and_set_bit(PG_##name, &f->flags); }	\
static __always_inline bool folio_test_clear_##name(struct folio *f) { return test_and_clear_bit(PG_##name, &f->flags); }	\
static __always_inline bool Page##Name(const struct page *p) { return p->flags >> PG_##name & 1; }	\
static __always_inline void SetPage##Name(struct page *p) { set_bit(PG_##name, &p->flags); }	\
static __always_inline void ClearPage##Name(struct page *p) { clear_bit(PG_##name, &p->flags); }	\
static __always_inline void __SetPage##Name(struct page *p) { p->flags |= 1UL << PG_##name; }	\
static __always_inline void __ClearPage##Name(struct page *p) { p->flags &= ~(1UL << PG_##name); }	\
static __always_inline bool TestSetPage##Name(struct page *p) { return test_and_set_bit(PG_##name, &p->flags); }	\
static __always_inline bool TestClearPage##Name(struct page *p) { return test_and_clear_bit(PG_##name, &p->flags); }
PAGEFLAG(Locked, locked)
PAGEFLAG(Referenced, referenced)
PAGEFLAG(Uptodate, uptodate)
PAGEFLAG(Dirty, dirty)
PAGEFLAG(LRU, lru)
PAGEFLAG(Active, active)
PAGEFLAG(Workingset, workingset)
PAGEFLAG(Waiters, waiters)
PAGEFLAG(Error, error)
PAGEFLAG(Slab, slab)
PAGEFLAG(Reserved, reserved)
PAGEFLAG(Private, private)
PAGEFLAG(Writeback, writeback)
PAGEFLAG(Head, head)
PAGEFLAG(SwapBacked, swapbacked)
PAGEFLAG(Unevictable, unevictable)
PAGEFLAG(Buddy, buddy)
#endif
