// SPDX-License-Identifier: MIT
/* Ethernet: addresses and headers. */
#include <linux/netdevice.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/random.h>
#include <linux/string.h>

void ether_setup(struct net_device *dev)
{
	dev->mtu = 1500;
}
EXPORT_SYMBOL(ether_setup);

void eth_hw_addr_random(struct net_device *dev)
{
	get_random_bytes(dev->dev_addr, ETH_ALEN);
	dev->dev_addr[0] = (dev->dev_addr[0] & 0xfe) | 2;	/* locally administered, not a group */
}
EXPORT_SYMBOL(eth_hw_addr_random);

int eth_header(struct sk_buff *skb, struct net_device *dev, u16 type, const u8 *daddr)
{
	u8 *eth = skb_push(skb, ETH_HLEN);

	if (!eth)
		return -ENOBUFS;
	memcpy(eth, daddr, ETH_ALEN);
	memcpy(eth + ETH_ALEN, dev->dev_addr, ETH_ALEN);
	eth[12] = type >> 8;
	eth[13] = type;
	return ETH_HLEN;
}
EXPORT_SYMBOL(eth_header);
