/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SHMEM_FS_H
#define _LINUX_SHMEM_FS_H
#include <linux/fs.h>

enum sgp_type { SGP_READ, SGP_NOALLOC, SGP_CACHE, SGP_WRITE };

struct shmem_inode_info {
	spinlock_t lock;
	unsigned long alloced;		/* pages, under lock */
	struct inode vfs_inode;
};

struct shmem_sb_info {
	unsigned long max_blocks, max_inodes, free_inodes;	/* stat_lock */
	unsigned long used_blocks;
	spinlock_t stat_lock;
	umode_t mode;
};

#define SHMEM_I(inode)	container_of(inode, struct shmem_inode_info, vfs_inode)
#define SHMEM_SB(sb)	((struct shmem_sb_info *)(sb)->s_fs_info)

void shmem_init(void);
int shmem_get_folio(struct inode *inode, unsigned long index, struct folio **foliop, enum sgp_type sgp);
#endif
