/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_UIO_H
#define _LINUX_UIO_H
#include <linux/types.h>
#include <linux/export.h>

#define UIO_MAXIOV	64

struct page;
struct iovec { void __user *iov_base; size_t iov_len; };
struct kvec { void *iov_base; size_t iov_len; };

enum iter_type { ITER_IOVEC, ITER_KVEC };

struct iov_iter {
	u8 iter_type;
	bool data_source;		/* WRITE: the iterator is where data comes from */
	size_t iov_offset, count;
	union { const struct iovec *iov; const struct kvec *kvec; };
	unsigned long nr_segs;
};

#define iov_iter_count(i)	((i)->count)
#define iov_iter_rw(i)		((i)->data_source)

void iov_iter_init(struct iov_iter *i, unsigned int direction, const struct iovec *iov, unsigned long nr, size_t count);
void iov_iter_kvec(struct iov_iter *i, unsigned int direction, const struct kvec *kvec, unsigned long nr, size_t count);
ssize_t import_iovec(int rw, const struct iovec __user *uvec, unsigned int nr, struct iovec *iov, struct iov_iter *i);
size_t _copy_to_iter(const void *addr, size_t bytes, struct iov_iter *i);
size_t _copy_from_iter(void *addr, size_t bytes, struct iov_iter *i);
size_t copy_page_to_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i);
size_t copy_page_from_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i);
size_t copy_page_from_iter_atomic(struct page *page, size_t offset, size_t bytes, struct iov_iter *i);
size_t iov_iter_zero(size_t bytes, struct iov_iter *i);
size_t fault_in_iov_iter_readable(const struct iov_iter *i, size_t bytes);
void iov_iter_advance(struct iov_iter *i, size_t bytes);
void iov_iter_revert(struct iov_iter *i, size_t bytes);
#define copy_to_iter(a, n, i)	_copy_to_iter(a, n, i)
#define copy_from_iter(a, n, i)	_copy_from_iter(a, n, i)
#endif
