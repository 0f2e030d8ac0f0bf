// SPDX-License-Identifier: MIT
/* Iterators over the segments of a read or a write. */
#include <linux/uio.h>
#include <linux/uaccess.h>
#include <linux/string.h>
#include <linux/mm.h>
#include <linux/export.h>
#include <linux/errno.h>
#include <linux/fs.h>

void iov_iter_init(struct iov_iter *i, unsigned int direction, const struct iovec *iov, unsigned long nr, size_t count)
{
	*i = (struct iov_iter){ .iter_type = ITER_IOVEC, .data_source = direction, .iov = iov, .nr_segs = nr, .count = count };
}
EXPORT_SYMBOL(iov_iter_init);

void iov_iter_kvec(struct iov_iter *i, unsigned int direction, const struct kvec *kvec, unsigned long nr, size_t count)
{
	*i = (struct iov_iter){ .iter_type = ITER_KVEC, .data_source = direction, .kvec = kvec, .nr_segs = nr, .count = count };
}
EXPORT_SYMBOL(iov_iter_kvec);

ssize_t import_iovec(int rw, const struct iovec __user *uvec, unsigned int nr, struct iovec *iov, struct iov_iter *i)
{
	size_t total = 0;
	unsigned int seg;

	if (nr > UIO_MAXIOV)
		return -EINVAL;
	if (copy_from_user(iov, uvec, nr * sizeof(*iov)))
		return -EFAULT;
	for (seg = 0; seg < nr; seg++) {
		if ((ssize_t)iov[seg].iov_len < 0)
			return -EINVAL;
		if (iov[seg].iov_len > MAX_RW_COUNT - total)
			iov[seg].iov_len = MAX_RW_COUNT - total;
		total += iov[seg].iov_len;
	}
	iov_iter_init(i, rw, iov, nr, total);
	return total;
}

void iov_iter_advance(struct iov_iter *i, size_t bytes)
{
	if (bytes > i->count)
		bytes = i->count;
	i->count -= bytes;
	i->iov_offset += bytes;
	while (i->nr_segs && i->iov_offset >= i->iov->iov_len && (i->iov_offset || i->count)) {
		i->iov_offset -= i->iov->iov_len;
		i->iov++;
		i->nr_segs--;
	}
}
EXPORT_SYMBOL(iov_iter_advance);

/* Back within the current segment: what callers undo is a copy that they have just made. */
void iov_iter_revert(struct iov_iter *i, size_t bytes)
{
	i->count += bytes;
	while (i->iov_offset < bytes) {
		bytes -= i->iov_offset;
		i->iov--;
		i->nr_segs++;
		i->iov_offset = i->iov->iov_len;
	}
	i->iov_offset -= bytes;
}
EXPORT_SYMBOL(iov_iter_revert);

/* Copies between addr (NULL: zeroes) and the iterator, segment by segment; returns what was copied. */
static size_t copy_iter(void *addr, size_t bytes, struct iov_iter *i, bool to_iter)
{
	size_t done = 0;

	if (bytes > i->count)
		bytes = i->count;
	while (done < bytes) {
		size_t n = i->iov->iov_len - i->iov_offset, left = 0;
		char *seg = (char *)i->iov->iov_base + i->iov_offset, *p = addr ? (char *)addr + done : NULL;

		if (n > bytes - done)
			n = bytes - done;
		if (i->iter_type == ITER_KVEC) {
			if (!p)
				memset(seg, 0, n);
			else
				memcpy(to_iter ? seg : p, to_iter ? p : seg, n);
		} else if (!p) {
			left = clear_user(seg, n);
		} else {
			left = to_iter ? raw_copy_to_user(seg, p, n) : raw_copy_from_user(p, seg, n);
		}
		done += n - left;
		iov_iter_advance(i, n - left);
		if (left)
			break;
	}
	return done;
}

size_t _copy_to_iter(const void *addr, size_t bytes, struct iov_iter *i)
{
	return copy_iter((void *)addr, bytes, i, true);
}
EXPORT_SYMBOL(_copy_to_iter);

size_t _copy_from_iter(void *addr, size_t bytes, struct iov_iter *i)
{
	return copy_iter(addr, bytes, i, false);
}
EXPORT_SYMBOL(_copy_from_iter);

size_t iov_iter_zero(size_t bytes, struct iov_iter *i)
{
	return copy_iter(NULL, bytes, i, true);
}
EXPORT_SYMBOL(iov_iter_zero);

size_t copy_page_to_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i)
{
	return _copy_to_iter((char *)page_address(page) + offset, bytes, i);
}
EXPORT_SYMBOL(copy_page_to_iter);

size_t copy_page_from_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i)
{
	return _copy_from_iter((char *)page_address(page) + offset, bytes, i);
}
EXPORT_SYMBOL(copy_page_from_iter);

size_t copy_page_from_iter_atomic(struct page *page, size_t offset, size_t bytes, struct iov_iter *i)
{
	return copy_page_from_iter(page, offset, bytes, i);
}
EXPORT_SYMBOL(copy_page_from_iter_atomic);

/* Touches the first byte that will be read: returns how much is certainly not there. */
size_t fault_in_iov_iter_readable(const struct iov_iter *i, size_t size)
{
	char c;

	if (i->iter_type == ITER_KVEC || !i->nr_segs || !size)
		return 0;
	return __get_user(c, (const char __user *)i->iov->iov_base + i->iov_offset) ? size : ((void)c, 0);
}
EXPORT_SYMBOL(fault_in_iov_iter_readable);
