/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_IDR_H
#define _LINUX_IDR_H
#include <linux/xarray.h>

struct idr {
	struct xarray idr_rt;
	unsigned int idr_base, idr_next;
};
#define IDR_INIT_BASE(name, base)	{ .idr_rt = XARRAY_INIT(name.idr_rt, 0), .idr_base = (base), .idr_next = 0 }
#define IDR_INIT(name)			IDR_INIT_BASE(name, 0)
#define DEFINE_IDR(name)		struct idr name = IDR_INIT(name)
static inline void idr_init_base(struct idr *idr, int base)
{
	xa_init(&idr->idr_rt);
	idr->idr_base = base;
	idr->idr_next = 0;
}
static inline void idr_init(struct idr *idr) { idr_init_base(idr, 0); }
static inline unsigned int idr_get_cursor(const struct idr *idr) { return idr->idr_next; }
static inline void idr_set_cursor(struct idr *idr, unsigned int val) { idr->idr_next = val; }
static inline bool idr_is_empty(const struct idr *idr) { return xa_empty(&idr->idr_rt); }
void idr_preload(gfp_t gfp);
static inline void idr_preload_end(void) { }
int idr_alloc(struct idr *idr, void *ptr, int start, int end, gfp_t gfp);
int idr_alloc_u32(struct idr *idr, void *ptr, u32 *id, unsigned long max, gfp_t gfp);
int idr_alloc_cyclic(struct idr *idr, void *ptr, int start, int end, gfp_t gfp);
void *idr_find(const struct idr *idr, unsigned long id);
void *idr_remove(struct idr *idr, unsigned long id);
void *idr_replace(struct idr *idr, void *ptr, unsigned long id);
void *idr_get_next(struct idr *idr, int *nextid);
int idr_for_each(const struct idr *idr, int (*fn)(int id, void *p, void *data), void *data);
void idr_destroy(struct idr *idr);
#define idr_for_each_entry(idr, entry, id) \
	for (id = 0; ((entry) = idr_get_next(idr, &(id))) != NULL; id += 1U)

struct ida { struct xarray xa; };
#define IDA_INIT(name)		{ .xa = XARRAY_INIT(name.xa, 0) }
#define DEFINE_IDA(name)	struct ida name = IDA_INIT(name)
static inline void ida_init(struct ida *ida) { xa_init(&ida->xa); }
int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp);
void ida_free(struct ida *ida, unsigned int id);
void ida_destroy(struct ida *ida);
#define ida_alloc(ida, gfp)		ida_alloc_range(ida, 0, ~0u, gfp)
#define ida_alloc_min(ida, min, gfp)	ida_alloc_range(ida, min, ~0u, gfp)
#define ida_alloc_max(ida, max, gfp)	ida_alloc_range(ida, 0, max, gfp)
#define ida_simple_get(ida, s, e, gfp)	ida_alloc_range(ida, s, (e) - 1, gfp)
#define ida_simple_remove(ida, id)	ida_free(ida, id)
#endif
