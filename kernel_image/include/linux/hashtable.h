/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_HASHTABLE_H
#define _LINUX_HASHTABLE_H
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/log2.h>
#define DEFINE_HASHTABLE(name, bits)	struct hlist_head name[1 << (bits)] = { { NULL } }
#define DECLARE_HASHTABLE(name, bits)	struct hlist_head name[1 << (bits)]
#define HASH_SIZE(name)			(ARRAY_SIZE(name))
#define HASH_BITS(name)			ilog2(HASH_SIZE(name))
#define hash_min(val, bits)		(sizeof(val) <= 4 ? hash_32(val, bits) : hash_long(val, bits))
#define hash_init(table) \
	do { for (unsigned int _i = 0; _i < HASH_SIZE(table); _i++) INIT_HLIST_HEAD(&(table)[_i]); } while (0)
#define hash_add(table, node, key)	hlist_add_head(node, &(table)[hash_min(key, HASH_BITS(table))])
#define hash_add_rcu(table, node, key)	hash_add(table, node, key)
#define hash_del(node)			hlist_del_init(node)
#define hash_del_rcu(node)		hash_del(node)
#define hash_for_each_possible(table, obj, member, key) \
	hlist_for_each_entry(obj, &(table)[hash_min(key, HASH_BITS(table))], member)
#define hash_for_each_possible_rcu(table, obj, member, key)	hash_for_each_possible(table, obj, member, key)
#define hash_for_each(table, bkt, obj, member) \
	for ((bkt) = 0, obj = NULL; obj == NULL && (bkt) < (int)HASH_SIZE(table); (bkt)++) \
		hlist_for_each_entry(obj, &(table)[bkt], member)
#endif
