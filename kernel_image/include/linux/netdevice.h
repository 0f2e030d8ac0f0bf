/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_NETDEVICE_H
#define _LINUX_NETDEVICE_H
#include <linux/types.h>
#include <linux/list.h>
#include <linux/skbuff.h>
#include <asm/percpu.h>

#define IFNAMSIZ	16
#define ETH_ALEN	6
#define ETH_HLEN	14
#define IFF_UP		0x1
#define IFF_NOARP	0x80
#define NETDEV_TX_OK	0

typedef int netdev_tx_t;
struct module;
struct net_device;

struct pcpu_lstats { u64 packets, bytes; };
struct rtnl_link_stats64 { u64 rx_packets, tx_packets, rx_bytes, tx_bytes; };

struct net_device_ops {
	int (*ndo_init)(struct net_device *dev);
	void (*ndo_uninit)(struct net_device *dev);
	int (*ndo_open)(struct net_device *dev);
	int (*ndo_stop)(struct net_device *dev);
	netdev_tx_t (*ndo_start_xmit)(struct sk_buff *skb, struct net_device *dev);
	int (*ndo_set_mac_address)(struct net_device *dev, const u8 *addr);
	void (*ndo_set_rx_mode)(struct net_device *dev);
	void (*ndo_get_stats64)(struct net_device *dev, struct rtnl_link_stats64 *stats);
	int (*ndo_change_carrier)(struct net_device *dev, bool new_carrier);
};

struct ethtool_drvinfo { char driver[32], version[32]; };
struct ethtool_ops { void (*get_drvinfo)(struct net_device *dev, struct ethtool_drvinfo *info); };

struct net_device {
	char name[IFNAMSIZ];
	struct list_head dev_list;		/* rtnl_mutex */
	const struct net_device_ops *netdev_ops;
	const struct ethtool_ops *ethtool_ops;
	void (*priv_destructor)(struct net_device *dev);
	unsigned int flags, mtu;
	int ifindex, carrier;
	u8 dev_addr[ETH_ALEN];
	struct pcpu_lstats *lstats;		/* one for each CPU */
	u64 dropped;
};
#define netdev_priv(dev)	((void *)((dev) + 1))

struct net_device *alloc_netdev_mqs(int sizeof_priv, const char *name, void (*setup)(struct net_device *));
#define alloc_netdev(size, name, setup) alloc_netdev_mqs(size, name, setup)
void free_netdev(struct net_device *dev);
int register_netdevice(struct net_device *dev);
void unregister_netdevice(struct net_device *dev);
struct net_device *dev_get_by_name(const char *name);
int dev_open(struct net_device *dev);
void dev_close(struct net_device *dev);
int dev_queue_xmit(struct sk_buff *skb);
int dev_set_mac_address(struct net_device *dev, const u8 *addr);
int dev_change_carrier(struct net_device *dev, bool new_carrier);
void dev_get_stats(struct net_device *dev, struct rtnl_link_stats64 *storage);
int dev_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info);
void dev_lstats_read(struct net_device *dev, u64 *packets, u64 *bytes);
void dev_lstats_add(struct net_device *dev, unsigned int len);
void ether_setup(struct net_device *dev);
void eth_hw_addr_random(struct net_device *dev);
int eth_header(struct sk_buff *skb, struct net_device *dev, u16 type, const u8 *daddr);
void netif_carrier_on(struct net_device *dev);
void netif_carrier_off(struct net_device *dev);
void rtnl_lock(void);
void rtnl_unlock(void);
#endif
