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
typedef u8 uint8_t, __u8;	typedef u16 uint16_t, __u16;	typedef u32 uint32_t, __u32;	typedef u64 uint64_t, __u64;
typedef s8 int8_t, __s8;	typedef s16 int16_t, __s16;	typedef s32 int32_t, __s32;	typedef s64 int64_t, __s64;
typedef unsigned int uint;	typedef unsigned char u_char;	typedef unsigned int __poll_t;
typedef unsigned long pgoff_t, phys_addr_t, sector_t, blkcnt_t, ino_t;
typedef long clock_t;
typedef int clockid_t;
typedef _Bool bool;
#define true	1
#define false	0
#define NULL	((void *)0)

typedef struct { int counter; } atomic_t;
typedef struct { long counter; } atomic_long_t;
typedef struct { s64 counter; } atomic64_t;
struct list_head { struct list_head *next, *prev; };
struct hlist_head { struct hlist_node *first; };
struct hlist_node { struct hlist_node *next, **pprev; };
struct callback_head { struct callback_head *next; void (*func)(struct callback_head *); };
#define rcu_head callback_head
#endif
