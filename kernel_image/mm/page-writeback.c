// SPDX-License-Identifier: MIT
/* Dirty pages: marking, counting, and writing them back. */
#include <linux/fs.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/export.h>
#include <linux/atomic.h>
#include <linux/wait.h>

static atomic_long_t nr_dirty;
static DECLARE_WAIT_QUEUE_HEAD(writeback_wait);

#define DIRTY_LIMIT	1024	/* pages: beyond it a writer writes back its own mapping first */

bool noop_dirty_folio(struct address_space *mapping, struct folio *folio)
{
	return !folio_test_set_dirty(folio);
}

noinline void folio_account_dirtied(struct folio *folio, struct address_space *mapping)
{
	atomic_long_inc(&nr_dirty);
}

bool filemap_dirty_folio(struct address_space *mapping, struct folio *folio)
{
	if (folio_test_set_dirty(folio))
		return false;
	folio_account_dirtied(folio, mapping);
	__mark_inode_dirty(mapping->host, I_DIRTY_PAGES);
	return true;
}
EXPORT_SYMBOL(filemap_dirty_folio);

bool folio_mark_dirty(struct folio *folio)
{
	struct address_space *mapping = folio->mapping;

	return mapping ? mapping->a_ops->dirty_folio(mapping, folio) : noop_dirty_folio(mapping, folio);
}
EXPORT_SYMBOL(folio_mark_dirty);

int set_page_dirty(struct page *page)
{
	return folio_mark_dirty(page_folio(page));
}
EXPORT_SYMBOL(set_page_dirty);

/* Only pages that were accounted are given back: those of tmpfs never are. */
static __always_inline notrace bool accounted(struct folio *folio)
{
	return folio->mapping && folio->mapping->a_ops->dirty_folio == filemap_dirty_folio;
}

void folio_cancel_dirty(struct folio *folio)
{
	if (folio_test_clear_dirty(folio) && accounted(folio))
		atomic_long_dec(&nr_dirty);
}

bool folio_clear_dirty_for_io(struct folio *folio)
{
	if (!folio_test_clear_dirty(folio))
		return false;
	if (accounted(folio))
		atomic_long_dec(&nr_dirty);
	return true;
}
EXPORT_SYMBOL(folio_clear_dirty_for_io);

void folio_start_writeback(struct folio *folio)
{
	folio_set_writeback(folio);
}
EXPORT_SYMBOL(folio_start_writeback);

void folio_end_writeback(struct folio *folio)
{
	folio_clear_writeback(folio);
	wake_up_all(&writeback_wait);
}
EXPORT_SYMBOL(folio_end_writeback);

static int do_writepages(struct address_space *mapping)
{
	return mapping->a_ops->writepages ? mapping->a_ops->writepages(mapping) : 0;
}

int filemap_fdatawrite(struct address_space *mapping)
{
	return mapping->nrpages ? do_writepages(mapping) : 0;
}
EXPORT_SYMBOL(filemap_fdatawrite);

static void filemap_fdatawait_range(struct address_space *mapping, loff_t start, loff_t end)
{
	unsigned long index;
	struct folio *folio;

	xa_for_each_start(&mapping->i_pages, index, folio, (unsigned long)(start >> PAGE_SHIFT)) {
		if (index > (unsigned long)(end >> PAGE_SHIFT))
			break;
		wait_event(writeback_wait, !folio_test_writeback(folio));
	}
}

int filemap_write_and_wait_range(struct address_space *mapping, loff_t lstart, loff_t lend)
{
	int err = filemap_fdatawrite(mapping);

	if (!err && mapping->nrpages)
		filemap_fdatawait_range(mapping, lstart, lend);
	return err;
}
EXPORT_SYMBOL(filemap_write_and_wait_range);

static noinline void balance_dirty_pages(struct address_space *mapping)
{
	do_writepages(mapping);
}

void balance_dirty_pages_ratelimited(struct address_space *mapping)
{
	if (unlikely(atomic_long_read(&nr_dirty) > DIRTY_LIMIT))
		balance_dirty_pages(mapping);
}
EXPORT_SYMBOL(balance_dirty_pages_ratelimited);
