// SPDX-License-Identifier: MIT
/* Packets. */
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/export.h>
#include <linux/init.h>

static struct kmem_cache *skbuff_head_cache;

static noinline void *kmalloc_reserve(unsigned int size, gfp_t gfp)
{
	return kmalloc(size, gfp);
}

struct sk_buff *__alloc_skb(unsigned int size, gfp_t gfp)
{
	struct sk_buff *skb = kmem_cache_zalloc(skbuff_head_cache, gfp);

	if (!skb)
		return NULL;
	skb->head = kmalloc_reserve(size, gfp);
	if (!skb->head) {
		kmem_cache_free(skbuff_head_cache, skb);
		return NULL;
	}
	skb->data = skb->tail = skb->head;
	skb->end = skb->head + size;
	return skb;
}
EXPORT_SYMBOL(__alloc_skb);

void *skb_put(struct sk_buff *skb, unsigned int len)
{
	void *tmp = skb->tail;

	if (skb->tail + len > skb->end)
		return NULL;
	skb->tail += len;
	skb->len += len;
	return tmp;
}
EXPORT_SYMBOL(skb_put);

void *skb_push(struct sk_buff *skb, unsigned int len)
{
	if (skb->data - len < skb->head)
		return NULL;
	skb->data -= len;
	skb->len += len;
	return skb->data;
}
EXPORT_SYMBOL(skb_push);

static noinline void skb_release_data(struct sk_buff *skb)
{
	kfree(skb->head);
}

static noinline void __kfree_skb(struct sk_buff *skb)
{
	skb_release_data(skb);
	kmem_cache_free(skbuff_head_cache, skb);
}

void kfree_skb(struct sk_buff *skb)
{
	if (skb)
		__kfree_skb(skb);
}
EXPORT_SYMBOL(kfree_skb);

void consume_skb(struct sk_buff *skb)
{
	if (skb)
		__kfree_skb(skb);
}
EXPORT_SYMBOL(consume_skb);

static int __init skb_cache_init(void)
{
	skbuff_head_cache = kmem_cache_create("skbuff_head_cache", sizeof(struct sk_buff), 0, 0, NULL);
	return 0;
}
core_initcall(skb_cache_init);
