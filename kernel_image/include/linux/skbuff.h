/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SKBUFF_H
#define _LINUX_SKBUFF_H
#include <linux/types.h>
#include <linux/gfp.h>

struct net_device;
struct sk_buff {
	struct sk_buff *next;
	struct net_device *dev;
	unsigned int len;
	u16 protocol;
	unsigned char *head, *data, *tail, *end;
};

struct sk_buff *__alloc_skb(unsigned int size, gfp_t gfp);
void *skb_put(struct sk_buff *skb, unsigned int len);
void *skb_push(struct sk_buff *skb, unsigned int len);
void kfree_skb(struct sk_buff *skb);
void consume_skb(struct sk_buff *skb);
#define alloc_skb(size, gfp)	__alloc_skb(size, gfp)
#define dev_kfree_skb(skb)	consume_skb(skb)
#define skb_reserve(skb, n)	((skb)->data += (n), (skb)->tail += (n))
#endif
