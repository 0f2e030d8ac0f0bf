// SPDX-License-Identifier: MIT
/* The page cache. */
#include <linux/fs.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <linux/wait.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/export.h>

/* What folio_address() is made of, for file systems in modules. */
EXPORT_SYMBOL(mem_map);
EXPORT_SYMBOL(min_low_pfn);

#define PAGE_WAIT_TABLE_BITS	4
static wait_queue_head_t folio_wait_table[1 << PAGE_WAIT_TABLE_BITS];

static wait_queue_head_t *folio_waitqueue(struct folio *folio)
{
	return &folio_wait_table[((unsigned long)folio / sizeof(struct page)) & ((1 << PAGE_WAIT_TABLE_BITS) - 1)];
}

void __folio_lock(struct folio *folio)
{
	wait_event(*folio_waitqueue(folio), !folio_test_set_locked(folio));
}

notrace void folio_lock(struct folio *folio)
{
	might_sleep();
	if (folio_test_set_locked(folio))
		__folio_lock(folio);
}
EXPORT_SYMBOL(folio_lock);

static void folio_wake_bit(struct folio *folio)
{
	wake_up_all(folio_waitqueue(folio));
}

void folio_unlock(struct folio *folio)
{
	folio_clear_locked(folio);
	if (waitqueue_active(folio_waitqueue(folio)))
		folio_wake_bit(folio);
}
EXPORT_SYMBOL(folio_unlock);

void unlock_page(struct page *page)
{
	folio_unlock(page_folio(page));
}
EXPORT_SYMBOL(unlock_page);

int PageHeadHuge(struct page *page)
{
	return 0;			/* there are no huge pages */
}

void folio_mark_accessed(struct folio *folio)
{
	if (!folio_test_referenced(folio)) {
		folio_set_referenced(folio);
	} else if (!folio_test_active(folio)) {
		folio_set_active(folio);
		folio_clear_referenced(folio);
	}
}
EXPORT_SYMBOL(folio_mark_accessed);

void mark_page_accessed(struct page *page)
{
	folio_mark_accessed(page_folio(page));
}
EXPORT_SYMBOL(mark_page_accessed);

/* --- members --- */

noinline int __filemap_add_folio(struct address_space *mapping, struct folio *folio, unsigned long index, gfp_t gfp)
{
	int error;

	folio_get(folio);
	folio->mapping = mapping;
	folio->index = index;
	error = xa_insert(&mapping->i_pages, index, folio, gfp);
	if (error) {
		folio->mapping = NULL;
		folio_put(folio);
		return error == -EBUSY ? -EEXIST : error;
	}
	mapping->nrpages++;
	return 0;
}

int filemap_add_folio(struct address_space *mapping, struct folio *folio, unsigned long index, gfp_t gfp)
{
	int ret;

	__folio_set_locked(folio);
	ret = __filemap_add_folio(mapping, folio, index, gfp);
	if (ret)
		__folio_clear_locked(folio);
	return ret;
}
EXPORT_SYMBOL(filemap_add_folio);

void __filemap_remove_folio(struct folio *folio)
{
	struct address_space *mapping = folio->mapping;

	__xa_erase(&mapping->i_pages, folio->index);
	folio->mapping = NULL;
	mapping->nrpages--;
}

void filemap_remove_folio(struct folio *folio)
{
	struct address_space *mapping = folio->mapping;

	xa_lock_irq(&mapping->i_pages);
	__filemap_remove_folio(folio);
	xa_unlock_irq(&mapping->i_pages);
	folio_put(folio);
}

struct folio *__filemap_get_folio(struct address_space *mapping, unsigned long index, int fgp_flags, gfp_t gfp)
{
	struct folio *folio;

repeat:
	rcu_read_lock();
	folio = xa_load(&mapping->i_pages, index);
	if (folio && !folio_try_get(folio))
		folio = NULL;
	rcu_read_unlock();
	if (folio) {
		if (fgp_flags & FGP_LOCK) {
			folio_lock(folio);
			if (unlikely(folio->mapping != mapping)) {
				folio_unlock(folio);
				folio_put(folio);
				goto repeat;
			}
		}
		if (fgp_flags & FGP_ACCESSED)
			folio_mark_accessed(folio);
		return folio;
	}
	if (fgp_flags & FGP_CREAT) {
		int err;

		folio = page_folio(alloc_page(gfp | __GFP_ZERO));
		if (!folio)
			return NULL;
		err = filemap_add_folio(mapping, folio, index, gfp);
		if (err) {
			folio_put(folio);
			if (err == -EEXIST)
				goto repeat;
			return NULL;
		}
		if (fgp_flags & FGP_ACCESSED)
			folio_set_referenced(folio);
		if (!(fgp_flags & FGP_LOCK))
			folio_unlock(folio);
	}
	return folio;
}
EXPORT_SYMBOL(__filemap_get_folio);

struct page *pagecache_get_page(struct address_space *mapping, unsigned long index, int fgp_flags, gfp_t gfp)
{
	struct folio *folio = __filemap_get_folio(mapping, index, fgp_flags, gfp);

	return folio ? &folio->page : NULL;
}
EXPORT_SYMBOL(pagecache_get_page);

struct page *grab_cache_page_write_begin(struct address_space *mapping, unsigned long index)
{
	return pagecache_get_page(mapping, index, FGP_LOCK | FGP_WRITE | FGP_CREAT | FGP_STABLE, mapping->gfp_mask);
}
EXPORT_SYMBOL(grab_cache_page_write_begin);

/* --- reading --- */

static noinline int filemap_read_folio(struct file *file, struct folio *folio)
{
	int error = folio->mapping->a_ops->read_folio(file, folio);

	if (error)
		return error;
	folio_lock(folio);
	folio_unlock(folio);
	return folio_test_uptodate(folio) ? 0 : -EIO;
}

static noinline int filemap_get_pages(struct kiocb *iocb, struct folio **foliop)
{
	struct file *filp = iocb->ki_filp;
	struct address_space *mapping = filp->f_mapping;
	struct folio *folio;
	int err;

	folio = __filemap_get_folio(mapping, iocb->ki_pos >> PAGE_SHIFT, FGP_CREAT | FGP_LOCK, mapping->gfp_mask);
	if (!folio)
		return -ENOMEM;
	if (folio_test_uptodate(folio)) {
		folio_unlock(folio);
	} else {
		err = filemap_read_folio(filp, folio);		/* unlocks it */
		if (err) {
			folio_put(folio);
			return err;
		}
	}
	*foliop = folio;
	return 0;
}

ssize_t filemap_read(struct kiocb *iocb, struct iov_iter *iter, ssize_t already_read)
{
	struct inode *inode = iocb->ki_filp->f_mapping->host;
	struct folio *folio;
	int error = 0;

	while (iov_iter_count(iter) && iocb->ki_pos < i_size_read(inode)) {
		size_t offset = iocb->ki_pos & (PAGE_SIZE - 1), bytes = PAGE_SIZE - offset, copied;

		cond_resched();
		error = filemap_get_pages(iocb, &folio);
		if (error)
			break;
		if (bytes > iov_iter_count(iter))
			bytes = iov_iter_count(iter);
		if ((loff_t)bytes > i_size_read(inode) - iocb->ki_pos)
			bytes = i_size_read(inode) - iocb->ki_pos;
		folio_mark_accessed(folio);
		copied = copy_page_to_iter(&folio->page, offset, bytes, iter);
		folio_put(folio);
		already_read += copied;
		iocb->ki_pos += copied;
		if (copied < bytes) {
			error = -EFAULT;
			break;
		}
	}
	file_accessed(iocb->ki_filp);
	return already_read ? already_read : error;
}
EXPORT_SYMBOL(filemap_read);

ssize_t generic_file_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	return iov_iter_count(iter) ? filemap_read(iocb, iter, 0) : 0;
}
EXPORT_SYMBOL(generic_file_read_iter);

/* --- writing --- */

ssize_t generic_perform_write(struct kiocb *iocb, struct iov_iter *i)
{
	struct file *file = iocb->ki_filp;
	struct address_space *mapping = file->f_mapping;
	const struct address_space_operations *a_ops = mapping->a_ops;
	loff_t pos = iocb->ki_pos;
	ssize_t written = 0;
	long status = 0;

	do {
		unsigned long offset = pos & (PAGE_SIZE - 1);
		size_t bytes = min_t(size_t, PAGE_SIZE - offset, iov_iter_count(i)), copied;
		void *fsdata = NULL;
		struct page *page;

		if (unlikely(fault_in_iov_iter_readable(i, bytes) == bytes)) {
			status = -EFAULT;
			break;
		}
		status = a_ops->write_begin(file, mapping, pos, bytes, &page, &fsdata);
		if (unlikely(status < 0))
			break;
		copied = copy_page_from_iter_atomic(page, offset, bytes, i);
		status = a_ops->write_end(file, mapping, pos, bytes, copied, page, fsdata);
		if (unlikely(status != (long)copied)) {
			iov_iter_revert(i, copied - max(status, 0L));
			if (status < 0)
				break;
		}
		cond_resched();
		if (unlikely(!status)) {
			status = -EFAULT;
			break;
		}
		pos += status;
		written += status;
		balance_dirty_pages_ratelimited(mapping);
	} while (iov_iter_count(i));
	if (!written)
		return status;
	iocb->ki_pos += written;
	return written;
}
EXPORT_SYMBOL(generic_perform_write);

ssize_t __generic_file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	int err = file_modified(iocb->ki_filp);

	return err ? err : generic_perform_write(iocb, from);
}
EXPORT_SYMBOL(__generic_file_write_iter);

ssize_t generic_file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = iocb->ki_filp->f_mapping->host;
	ssize_t ret;

	inode_lock(inode);
	ret = generic_write_checks(iocb, from);
	if (ret > 0)
		ret = __generic_file_write_iter(iocb, from);
	inode_unlock(inode);
	if (ret > 0 && (iocb->ki_flags & IOCB_DSYNC))
		ret = vfs_fsync_range(iocb->ki_filp, iocb->ki_pos - ret, iocb->ki_pos - 1, 1) ?: ret;
	return ret;
}
EXPORT_SYMBOL(generic_file_write_iter);

void __init pagecache_init(void)
{
	int i;

	for (i = 0; i < 1 << PAGE_WAIT_TABLE_BITS; i++)
		init_waitqueue_head(&folio_wait_table[i]);
}
