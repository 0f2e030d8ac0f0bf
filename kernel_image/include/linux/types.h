/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_TYPES_H
#define _LINUX_TYPES_H
#include <linux/compiler.h>

typedef unsigned char u8;	typedef signed char s8;
typedef unsigned short u16;	typedef short s16;
typedef unsigned int u32;	typedef int s32;
typedef unsigned long long u64;	typedef long long s64;
typedef unsigned long ulong;
typedef unsigned long size_t;	typedef long ssize_t;
typedef long ptrdiff_t;
typedef unsigned long uintptr_t;
typedef long long loff_t;
typedef int pid_t;
typedef unsigned int uid_t, gid_t, dev_t, gfp_t, fmode_t;
typedef unsigned short umode_t;
typedef s64 ktime_t;
typedef s64 time64_t;
typedef _Bool bool;
#define true	1
#define false	0
#define NULL	((void *)0)

typedef struct { int counter; } atomic_t;
typedef struct { long counter; } atomic_long_t;
struct list_head { struct list_head *next, *prev; };
struct hlist_head { struct hlist_node *first; };
struct hlist_node { struct hlist_node *next, **pprev; };
struct callback_head { struct callback_head *next; void (*func)(struct callback_head *); };
#define rcu_head callback_head
#endif
