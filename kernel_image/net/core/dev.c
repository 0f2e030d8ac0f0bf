// SPDX-License-Identifier: MIT
/* Network devices: registered, opened, sent to. */
#include <linux/netdevice.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/string.h>

static LIST_HEAD(dev_base_head);	/* rtnl_mutex to change, RCU to read */
static DEFINE_MUTEX(rtnl_mutex);
static int next_ifindex = 2;		/* 1 is lo's */

void rtnl_lock(void)
{
	mutex_lock(&rtnl_mutex);
}
EXPORT_SYMBOL(rtnl_lock);

void rtnl_unlock(void)
{
	mutex_unlock(&rtnl_mutex);
}
EXPORT_SYMBOL(rtnl_unlock);

struct net_device *alloc_netdev_mqs(int sizeof_priv, const char *name, void (*setup)(struct net_device *))
{
	struct net_device *dev = kzalloc(sizeof(*dev) + sizeof_priv, GFP_KERNEL);

	if (!dev)
		return NULL;
	dev->lstats = kcalloc(NR_CPUS, sizeof(*dev->lstats), GFP_KERNEL);
	if (!dev->lstats) {
		kfree(dev);
		return NULL;
	}
	strscpy(dev->name, name, IFNAMSIZ);
	INIT_LIST_HEAD(&dev->dev_list);
	setup(dev);
	return dev;
}
EXPORT_SYMBOL(alloc_netdev_mqs);

void free_netdev(struct net_device *dev)
{
	kfree(dev->lstats);
	kfree(dev);
}
EXPORT_SYMBOL(free_netdev);

static noinline struct net_device *dev_get_by_name_rcu(const char *name)
{
	struct net_device *dev;

	list_for_each_entry_rcu(dev, &dev_base_head, dev_list)
		if (!strcmp(dev->name, name))
			return dev;
	return NULL;
}

/* The caller holds rtnl_mutex for as long as it uses the result. */
struct net_device *dev_get_by_name(const char *name)
{
	struct net_device *dev;

	rcu_read_lock();
	dev = dev_get_by_name_rcu(name);
	rcu_read_unlock();
	return dev;
}
EXPORT_SYMBOL(dev_get_by_name);

/* "dummy%d" takes the first free number. */
static noinline int __dev_alloc_name(struct net_device *dev)
{
	char pattern[IFNAMSIZ];
	int i;

	if (!strchr(dev->name, '%'))
		return dev_get_by_name(dev->name) ? -EEXIST : 0;
	strscpy(pattern, dev->name, IFNAMSIZ);
	for (i = 0; i < 256; i++) {
		snprintf(dev->name, IFNAMSIZ, pattern, i);
		if (!dev_get_by_name(dev->name))
			return 0;
	}
	return -ENFILE;
}

static noinline void list_netdevice(struct net_device *dev)
{
	dev->ifindex = next_ifindex++;
	list_add_tail_rcu(&dev->dev_list, &dev_base_head);
}

int register_netdevice(struct net_device *dev)
{
	int ret = __dev_alloc_name(dev);

	if (ret)
		return ret;
	if (dev->netdev_ops->ndo_init) {
		ret = dev->netdev_ops->ndo_init(dev);
		if (ret)
			return ret;
	}
	list_netdevice(dev);
	return 0;
}
EXPORT_SYMBOL(register_netdevice);

void unregister_netdevice(struct net_device *dev)
{
	dev_close(dev);
	list_del_rcu(&dev->dev_list);
	synchronize_rcu();
	if (dev->netdev_ops->ndo_uninit)
		dev->netdev_ops->ndo_uninit(dev);
	if (dev->priv_destructor)
		dev->priv_destructor(dev);
	free_netdev(dev);
}
EXPORT_SYMBOL(unregister_netdevice);

static noinline void __dev_set_rx_mode(struct net_device *dev)
{
	if (dev->netdev_ops->ndo_set_rx_mode)
		dev->netdev_ops->ndo_set_rx_mode(dev);
}

static noinline int __dev_open(struct net_device *dev)
{
	int ret = dev->netdev_ops->ndo_open ? dev->netdev_ops->ndo_open(dev) : 0;

	if (ret)
		return ret;
	dev->flags |= IFF_UP;
	__dev_set_rx_mode(dev);
	return 0;
}

int dev_open(struct net_device *dev)
{
	return dev->flags & IFF_UP ? 0 : __dev_open(dev);
}
EXPORT_SYMBOL(dev_open);

void dev_close(struct net_device *dev)
{
	if (!(dev->flags & IFF_UP))
		return;
	dev->flags &= ~IFF_UP;
	if (dev->netdev_ops->ndo_stop)
		dev->netdev_ops->ndo_stop(dev);
}
EXPORT_SYMBOL(dev_close);

static noinline netdev_tx_t dev_hard_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	return dev->netdev_ops->ndo_start_xmit(skb, dev);
}

static noinline int __dev_queue_xmit(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	int rc = -ENETDOWN;

	rcu_read_lock_bh();
	if ((dev->flags & IFF_UP) && dev->carrier) {
		rc = dev_hard_start_xmit(skb, dev);
	} else {
		dev->dropped++;
		kfree_skb(skb);
	}
	rcu_read_unlock_bh();
	return rc;
}

int dev_queue_xmit(struct sk_buff *skb)
{
	return __dev_queue_xmit(skb);
}
EXPORT_SYMBOL(dev_queue_xmit);

int dev_set_mac_address(struct net_device *dev, const u8 *addr)
{
	return dev->netdev_ops->ndo_set_mac_address ? dev->netdev_ops->ndo_set_mac_address(dev, addr) : -EOPNOTSUPP;
}
EXPORT_SYMBOL(dev_set_mac_address);

int dev_change_carrier(struct net_device *dev, bool new_carrier)
{
	return dev->netdev_ops->ndo_change_carrier ? dev->netdev_ops->ndo_change_carrier(dev, new_carrier) : -EOPNOTSUPP;
}
EXPORT_SYMBOL(dev_change_carrier);

void dev_get_stats(struct net_device *dev, struct rtnl_link_stats64 *storage)
{
	memset(storage, 0, sizeof(*storage));
	if (dev->netdev_ops->ndo_get_stats64)
		dev->netdev_ops->ndo_get_stats64(dev, storage);
}
EXPORT_SYMBOL(dev_get_stats);

int dev_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	memset(info, 0, sizeof(*info));
	if (!dev->ethtool_ops || !dev->ethtool_ops->get_drvinfo)
		return -EOPNOTSUPP;
	dev->ethtool_ops->get_drvinfo(dev, info);
	return 0;
}
EXPORT_SYMBOL(dev_get_drvinfo);

void dev_lstats_add(struct net_device *dev, unsigned int len)
{
	struct pcpu_lstats *l = this_cpu_ptr(dev->lstats);

	l->packets++;
	l->bytes += len;
}
EXPORT_SYMBOL(dev_lstats_add);

void dev_lstats_read(struct net_device *dev, u64 *packets, u64 *bytes)
{
	int cpu;

	*packets = *bytes = 0;
	for_each_possible_cpu(cpu) {
		*packets += dev->lstats[cpu].packets;
		*bytes += dev->lstats[cpu].bytes;
	}
}
EXPORT_SYMBOL(dev_lstats_read);

void netif_carrier_on(struct net_device *dev)
{
	dev->carrier = 1;
}
EXPORT_SYMBOL(netif_carrier_on);

void netif_carrier_off(struct net_device *dev)
{
	dev->carrier = 0;
}
EXPORT_SYMBOL(netif_carrier_off);
