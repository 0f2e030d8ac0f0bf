/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SPINLOCK_TYPES_H
#define _LINUX_SPINLOCK_TYPES_H
#include <linux/types.h>
#include <linux/lockdep.h>
typedef struct raw_spinlock { u32 locked; } raw_spinlock_t;		/* 0, or 1 + the CPU that holds it */
typedef struct spinlock { struct raw_spinlock rlock; } spinlock_t;
typedef struct { u32 cnts; } rwlock_t;					/* readers, or ~0 for a writer */
#define __RAW_SPIN_LOCK_UNLOCKED(n)	(raw_spinlock_t) { 0 }
#define __SPIN_LOCK_UNLOCKED(n)		(spinlock_t) { { 0 } }
#define __RW_LOCK_UNLOCKED(n)		(rwlock_t) { 0 }
#define DEFINE_RAW_SPINLOCK(x)		raw_spinlock_t x = { 0 }
#define DEFINE_SPINLOCK(x)		spinlock_t x = { { 0 } }
#define DEFINE_RWLOCK(x)		rwlock_t x = { 0 }
typedef raw_spinlock_t arch_spinlock_t;
#define __ARCH_SPIN_LOCK_UNLOCKED	{ 0 }
#endif
