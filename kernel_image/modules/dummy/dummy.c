// SPDX-License-Identifier: MIT
/*
 * A network device that counts what is sent to it and throws it away.  As there are no programs here that send
 * packets, each device that is up sends one to itself about once a second.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/netdevice.h>
#include <linux/string.h>
#include <linux/printk.h>
#include <linux/timer.h>

#define DRV_NAME	"dummy"
#define DUMMY_MAX	8
#define HEARTBEAT_LEN	46

static int numdummies = 1;
module_param(numdummies, int, 0);
MODULE_PARM_DESC(numdummies, "Number of dummy pseudo devices");

struct dummy_priv { struct timer_list heartbeat; struct net_device *dev; u32 seq; };

static struct net_device *dummies[DUMMY_MAX];

static void set_multicast_list(struct net_device *dev)
{
	dev->flags |= IFF_NOARP;
}

static void dummy_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	dev_lstats_read(dev, &stats->tx_packets, &stats->tx_bytes);
}

static netdev_tx_t dummy_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_lstats_add(dev, skb->len);
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static void dummy_heartbeat(struct timer_list *t)
{
	struct dummy_priv *priv = from_timer(priv, t, heartbeat);
	struct sk_buff *skb = alloc_skb(ETH_HLEN + HEARTBEAT_LEN, GFP_ATOMIC);

	if (skb) {
		skb_reserve(skb, ETH_HLEN);
		memset(skb_put(skb, HEARTBEAT_LEN), 0, HEARTBEAT_LEN);
		memcpy(skb->data, &priv->seq, sizeof(priv->seq));
		priv->seq++;
		skb->dev = priv->dev;
		eth_header(skb, priv->dev, 0x88b5, priv->dev->dev_addr);
		dev_queue_xmit(skb);
	}
	mod_timer(&priv->heartbeat, jiffies + HZ);
}

static int dummy_dev_init(struct net_device *dev)
{
	struct dummy_priv *priv = netdev_priv(dev);

	priv->dev = dev;
	timer_setup(&priv->heartbeat, dummy_heartbeat, 0);
	return 0;
}

static void dummy_dev_uninit(struct net_device *dev)
{
	struct dummy_priv *priv = netdev_priv(dev);

	del_timer_sync(&priv->heartbeat);
}

static int dummy_open(struct net_device *dev)
{
	struct dummy_priv *priv = netdev_priv(dev);

	netif_carrier_on(dev);
	mod_timer(&priv->heartbeat, jiffies + HZ);
	return 0;
}

static int dummy_stop(struct net_device *dev)
{
	struct dummy_priv *priv = netdev_priv(dev);

	del_timer_sync(&priv->heartbeat);
	return 0;
}

static int dummy_change_carrier(struct net_device *dev, bool new_carrier)
{
	if (new_carrier)
		netif_carrier_on(dev);
	else
		netif_carrier_off(dev);
	return 0;
}

static int dummy_set_mac_address(struct net_device *dev, const u8 *addr)
{
	if (addr[0] & 1)
		return -EADDRNOTAVAIL;
	memcpy(dev->dev_addr, addr, ETH_ALEN);
	return 0;
}

static const struct net_device_ops dummy_netdev_ops = {
	.ndo_init = dummy_dev_init,
	.ndo_uninit = dummy_dev_uninit,
	.ndo_open = dummy_open,
	.ndo_stop = dummy_stop,
	.ndo_start_xmit = dummy_xmit,
	.ndo_set_rx_mode = set_multicast_list,
	.ndo_set_mac_address = dummy_set_mac_address,
	.ndo_get_stats64 = dummy_get_stats64,
	.ndo_change_carrier = dummy_change_carrier,
};

static void dummy_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, DRV_NAME, sizeof(info->driver));
}

static const struct ethtool_ops dummy_ethtool_ops = { .get_drvinfo = dummy_get_drvinfo };

static void dummy_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &dummy_netdev_ops;
	dev->ethtool_ops = &dummy_ethtool_ops;
	dev->flags |= IFF_NOARP;
	eth_hw_addr_random(dev);
}

static int __init dummy_init_one(int i)
{
	struct net_device *dev = alloc_netdev(sizeof(struct dummy_priv), "dummy%d", dummy_setup);
	struct ethtool_drvinfo info;
	u8 addr[ETH_ALEN];
	int err;

	if (!dev)
		return -ENOMEM;
	err = register_netdevice(dev);
	if (err) {
		free_netdev(dev);
		return err;
	}
	dummies[i] = dev;
	memcpy(addr, dev->dev_addr, ETH_ALEN);
	addr[5] = i;
	dev_set_mac_address(dev, addr);
	err = dev_open(dev) ?: dev_change_carrier(dev, true) ?: dev_get_drvinfo(dev, &info);
	if (!err)
		pr_info("%s: %s up\n", info.driver, dev->name);
	return err;
}

static void dummy_exit_all(void)
{
	struct rtnl_link_stats64 stats;
	int i;

	for (i = 0; i < DUMMY_MAX; i++) {
		if (!dummies[i])
			continue;
		dev_get_stats(dummies[i], &stats);
		pr_info("%s: %llu packets, %llu bytes\n", dummies[i]->name, stats.tx_packets, stats.tx_bytes);
		unregister_netdevice(dummies[i]);
		dummies[i] = NULL;
	}
}

static int __init dummy_init_module(void)
{
	int i, err = 0;

	if (numdummies < 0 || numdummies > DUMMY_MAX)
		return -EINVAL;
	rtnl_lock();
	for (i = 0; i < numdummies && !err; i++)
		err = dummy_init_one(i);
	if (err)
		dummy_exit_all();
	rtnl_unlock();
	return err;
}

static void __exit dummy_cleanup_module(void)
{
	rtnl_lock();
	dummy_exit_all();
	rtnl_unlock();
}

module_init(dummy_init_module);
module_exit(dummy_cleanup_module);
MODULE_LICENSE("MIT");
