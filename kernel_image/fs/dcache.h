/* SPDX-License-Identifier: MIT */
#ifndef _FS_DCACHE_H
#define _FS_DCACHE_H
#include <linux/fs.h>
#include <linux/seqlock.h>
extern seqlock_t rename_lock;
long prune_dcache_sb(struct super_block *sb, long nr);
#endif
