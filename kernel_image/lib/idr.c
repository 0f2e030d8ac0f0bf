/* SPDX-License-Identifier: MIT */
#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/idr.h>
#include <linux/kernel.h>
#include <linux/slab.h>

/* An id may be taken before its object exists: NULL is stored as this. */
#define NO_OBJECT	xa_mk_value(LONG_MAX)

static void *stored(void *ptr)
{
	return ptr ? ptr : NO_OBJECT;
}

static void *object(void *e)
{
	return e == NO_OBJECT ? NULL : e;
}

void idr_preload(gfp_t gfp)
{
	might_sleep_if(gfp & __GFP_DIRECT_RECLAIM);
}
EXPORT_SYMBOL(idr_preload);

int idr_alloc_u32(struct idr *idr, void *ptr, u32 *id, unsigned long max, gfp_t gfp)
{
	u32 got;
	int err = __xa_alloc(&idr->idr_rt, &got, stored(ptr),
			     XA_LIMIT(*id - idr->idr_base, max - idr->idr_base), (gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_HIGH);

	if (err)
		return err == -EBUSY ? -ENOSPC : err;
	*id = got + idr->idr_base;
	return 0;
}
EXPORT_SYMBOL(idr_alloc_u32);

int idr_alloc(struct idr *idr, void *ptr, int start, int end, gfp_t gfp)
{
	u32 id = start;
	int err;

	if (start < 0)
		return -EINVAL;
	err = idr_alloc_u32(idr, ptr, &id, end > 0 ? end - 1 : INT_MAX, gfp);
	return err ? err : (int)id;
}
EXPORT_SYMBOL(idr_alloc);

int idr_alloc_cyclic(struct idr *idr, void *ptr, int start, int end, gfp_t gfp)
{
	u32 id = max_t(u32, idr->idr_next, start);
	unsigned long last = end > 0 ? end - 1 : INT_MAX;
	int err = idr_alloc_u32(idr, ptr, &id, last, gfp);

	if (err == -ENOSPC && id > (u32)start) {
		id = start;
		err = idr_alloc_u32(idr, ptr, &id, last, gfp);
	}
	if (err)
		return err;
	idr->idr_next = id + 1;
	return id;
}
EXPORT_SYMBOL(idr_alloc_cyclic);

void *idr_find(const struct idr *idr, unsigned long id)
{
	return object(xa_load((struct xarray *)&idr->idr_rt, id - idr->idr_base));
}
EXPORT_SYMBOL(idr_find);

void *idr_remove(struct idr *idr, unsigned long id)
{
	return object(__xa_erase(&idr->idr_rt, id - idr->idr_base));
}
EXPORT_SYMBOL(idr_remove);

void *idr_replace(struct idr *idr, void *ptr, unsigned long id)
{
	unsigned long index = id - idr->idr_base;

	if (!xa_load(&idr->idr_rt, index))
		return ERR_PTR(-ENOENT);
	return object(__xa_store(&idr->idr_rt, index, stored(ptr), 0));
}
EXPORT_SYMBOL(idr_replace);

void *idr_get_next(struct idr *idr, int *nextid)
{
	unsigned long index = *nextid < (int)idr->idr_base ? 0 : *nextid - idr->idr_base;
	void *e = xa_find(&idr->idr_rt, &index, INT_MAX, XA_PRESENT);

	while (e == NO_OBJECT)
		e = xa_find_after(&idr->idr_rt, &index, INT_MAX, XA_PRESENT);
	if (e)
		*nextid = index + idr->idr_base;
	return e;
}
EXPORT_SYMBOL(idr_get_next);

int idr_for_each(const struct idr *idr, int (*fn)(int id, void *p, void *data), void *data)
{
	unsigned long index;
	void *e;

	xa_for_each((struct xarray *)&idr->idr_rt, index, e) {
		int ret = fn(index + idr->idr_base, object(e), data);

		if (ret)
			return ret;
	}
	return 0;
}
EXPORT_SYMBOL(idr_for_each);

void idr_destroy(struct idr *idr)
{
	xa_destroy(&idr->idr_rt);
}
EXPORT_SYMBOL(idr_destroy);

/* An ida is an xarray of words of a bitmap. */
#define IDA_BITS	((unsigned int)BITS_PER_LONG - 1)

int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp)
{
	unsigned long flags, index = min / IDA_BITS;
	int ret = -ENOSPC;

	if ((int)min < 0)
		return -ENOSPC;
	max = min_t(unsigned int, max, INT_MAX);
	xa_lock_irqsave(&ida->xa, flags);
	for (; index <= max / IDA_BITS; index++) {
		unsigned long word = xa_to_value(xa_load(&ida->xa, index));
		unsigned int bit = find_next_zero_bit(&word, IDA_BITS, index == min / IDA_BITS ? min % IDA_BITS : 0);

		if (bit >= IDA_BITS)
			continue;
		if (index * IDA_BITS + bit > max)
			break;
		ret = xa_err(__xa_store(&ida->xa, index, xa_mk_value(word | 1UL << bit),
					(gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_HIGH));
		if (!ret)
			ret = index * IDA_BITS + bit;
		break;
	}
	xa_unlock_irqrestore(&ida->xa, flags);
	return ret;
}
EXPORT_SYMBOL(ida_alloc_range);

void ida_free(struct ida *ida, unsigned int id)
{
	unsigned long flags, word;

	xa_lock_irqsave(&ida->xa, flags);
	word = xa_to_value(xa_load(&ida->xa, id / IDA_BITS)) & ~(1UL << id % IDA_BITS);
	__xa_store(&ida->xa, id / IDA_BITS, word ? xa_mk_value(word) : NULL, 0);
	xa_unlock_irqrestore(&ida->xa, flags);
}
EXPORT_SYMBOL(ida_free);

void ida_destroy(struct ida *ida)
{
	xa_destroy(&ida->xa);
}
EXPORT_SYMBOL(ida_destroy);
