/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

/*
 * Page tables belong to the host, so there is no mapping to make: an area is a contiguous run of the direct
 * map, kept as single pages (the rest of its block goes back), and known by this list.
 */
struct vm_struct {
	struct list_head list;
	void *addr;
	unsigned int nr_pages;
};
static LIST_HEAD(vmap_area_list);		/* vmap_area_lock */
static DEFINE_SPINLOCK(vmap_area_lock);

static struct vm_struct *find_vm_area(const void *addr)
{
	struct vm_struct *area, *found = NULL;

	spin_lock(&vmap_area_lock);
	list_for_each_entry(area, &vmap_area_list, list) {
		if ((unsigned long)addr - (unsigned long)area->addr < (unsigned long)area->nr_pages << PAGE_SHIFT) {
			found = area;
			break;
		}
	}
	spin_unlock(&vmap_area_lock);
	return found;
}

bool is_vmalloc_addr(const void *x)
{
	return !list_empty(&vmap_area_list) && find_vm_area(x);
}
EXPORT_SYMBOL(is_vmalloc_addr);

static noinline_for_trace void *__vmalloc_node_range(unsigned long size, gfp_t gfp, int node)
{
	unsigned int nr = PFN_UP(size), order = order_base_2(nr);
	struct vm_struct *area = kmalloc(sizeof(*area), gfp & ~__GFP_ZERO);
	struct page *page;

	if (!area || !nr || order >= MAX_ORDER)
		goto fail;
	page = alloc_pages(gfp, order);
	if (!page)
		goto fail;
	for (unsigned int i = 0; i < 1u << order; i++) {
		set_page_count(page + i, 1);
		if (i >= nr)
			__free_page(page + i);
	}
	area->addr = page_address(page);
	area->nr_pages = nr;
	spin_lock(&vmap_area_lock);
	list_add(&area->list, &vmap_area_list);
	spin_unlock(&vmap_area_lock);
	return area->addr;
fail:
	kfree(area);
	return NULL;
}

void *__vmalloc(unsigned long size, gfp_t gfp)
{
	return __vmalloc_node_range(size, gfp, -1);
}
EXPORT_SYMBOL(__vmalloc);

void *vmalloc(unsigned long size)
{
	return __vmalloc_node_range(size, GFP_KERNEL, -1);
}
EXPORT_SYMBOL(vmalloc);

void *vzalloc(unsigned long size)
{
	return __vmalloc_node_range(size, GFP_KERNEL | __GFP_ZERO, -1);
}
EXPORT_SYMBOL(vzalloc);

void *vmalloc_node(unsigned long size, int node)
{
	return __vmalloc_node_range(size, GFP_KERNEL, node);
}
EXPORT_SYMBOL(vmalloc_node);

void vfree(const void *addr)
{
	struct vm_struct *area = addr ? find_vm_area(addr) : NULL;
	struct page *page;

	if (!area)
		return;
	spin_lock(&vmap_area_lock);
	list_del(&area->list);
	spin_unlock(&vmap_area_lock);
	page = virt_to_page(area->addr);
	for (unsigned int i = 0; i < area->nr_pages; i++)
		__free_page(page + i);
	kfree(area);
}
EXPORT_SYMBOL(vfree);
