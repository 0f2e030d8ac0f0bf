/* SPDX-License-Identifier: MIT */
#ifndef _EXT4_H
#define _EXT4_H
/*
 * A small extent file system on a disk that is a piece of memory: the structures are its own, the names of the
 * functions and who calls whom are ext4's.  Blocks: 0 super block, 1 group descriptor, 2 block bitmap, 3 inode
 * bitmap, then the inode table, then data.  All metadata carry CRC-32C sums.
 */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/uio.h>
#include <crypto/hash.h>

#define EXT4_BLOCKS		512U		/* of a page each: 2 MB */
#define EXT4_INODES		256U
#define EXT4_INODE_SIZE		256U
#define EXT4_INODES_PER_BLOCK	(PAGE_SIZE / EXT4_INODE_SIZE)
#define EXT4_ROOT_INO		2UL
#define EXT4_FIRST_INO		11UL
#define EXT4_ITABLE_BLOCK	4U
#define EXT4_FIRST_DATA_BLOCK	(EXT4_ITABLE_BLOCK + EXT4_INODES / (unsigned int)EXT4_INODES_PER_BLOCK)
#define EXT4_EXTENTS		8

#define EXT4_GET_BLOCKS_CREATE	1
#define EXT4_EXT_MAGIC		0xf30a
#define EXT4_DIR_TAIL_MAGIC	0xde00000cU

struct ext4_super_block {
	u32 s_magic, s_blocks_count, s_inodes_count, s_free_blocks, s_free_inodes, s_mtime, s_wtime, s_mnt_count;
	u32 s_checksum;
};

struct ext4_group_desc {
	u32 bg_block_bitmap, bg_inode_bitmap, bg_inode_table;
	u32 bg_free_blocks, bg_free_inodes, bg_used_dirs;
	u32 bg_block_bitmap_csum, bg_inode_bitmap_csum, bg_checksum;
};

struct ext4_extent { u32 ee_block, ee_len, ee_start; };
struct ext4_extent_header { u16 eh_magic, eh_entries; };

struct ext4_inode {
	u16 i_mode, i_links_count;
	u32 i_uid, i_gid, i_atime, i_mtime, i_ctime, i_blocks, i_generation;
	u64 i_size;
	struct ext4_extent_header i_eh;
	struct ext4_extent i_extents[EXT4_EXTENTS];
	char i_symlink[64];
	u32 i_checksum;
};

struct ext4_dir_entry_2 {
	u32 inode;
	u16 rec_len;
	u8 name_len, file_type;
	char name[];
};
struct ext4_dir_entry_tail { u32 det_magic, det_checksum; };
#define EXT4_DIR_SPACE		(PAGE_SIZE - sizeof(struct ext4_dir_entry_tail))
#define EXT4_DIR_REC_LEN(n)	((8 + (n) + 3) & ~3U)

struct buffer_head { char *b_data; u32 b_blocknr; bool b_dirty; };

struct ext4_sb_info {
	char *s_disk;
	struct buffer_head s_bh[EXT4_BLOCKS];
	struct ext4_super_block *s_es;
	struct ext4_group_desc *s_group_desc;
	struct crypto_shash *s_chksum_driver;
	u32 s_csum_seed;
	spinlock_t s_group_lock;		/* bitmaps and free counts */
	u32 s_mb_last_start;			/* where the last allocation ended */
	unsigned long s_handles;
};

struct ext4_inode_info {
	struct rw_semaphore i_data_sem;		/* the extents */
	struct ext4_extent_header i_eh;
	struct ext4_extent i_extents[EXT4_EXTENTS];
	struct inode vfs_inode;
};

struct ext4_map_blocks { u32 m_lblk, m_len, m_pblk; };
struct ext4_iloc { struct buffer_head *bh; unsigned long offset; };
struct ext4_ext_path { struct ext4_extent *p_ext; u32 p_block; int p_depth; };

struct ext4_allocation_request { struct inode *inode; u32 len, logical, goal; };
struct ext4_allocation_context { struct ext4_allocation_request *ar; u32 goal, best_start, best_len, found; bool exact; };

/* A set of changes that belongs together; nested starts share it (current->journal_info). */
typedef struct handle { struct super_block *h_sb; int h_ref, h_buffer_credits; } handle_t;

#define EXT4_SB(sb)		((struct ext4_sb_info *)(sb)->s_fs_info)
#define EXT4_I(inode)		container_of(inode, struct ext4_inode_info, vfs_inode)

/* super.c */
u32 ext4_chksum(struct ext4_sb_info *sbi, u32 crc, const void *address, unsigned int length);
struct buffer_head *ext4_sb_bread(struct super_block *sb, u32 block);
int ext4_commit_super(struct super_block *sb);
void ext4_group_desc_csum_set(struct super_block *sb, struct ext4_group_desc *gdp);
void __ext4_std_error(struct super_block *sb, const char *function, int error);
extern struct kmem_cache *ext4_inode_cachep;

/* ext4_jbd2.c */
handle_t *__ext4_journal_start_sb(struct super_block *sb, int credits);
int __ext4_journal_stop(handle_t *handle);
int __ext4_journal_get_write_access(handle_t *handle, struct buffer_head *bh);
int __ext4_handle_dirty_metadata(handle_t *handle, struct inode *inode, struct buffer_head *bh);

/* balloc.c, bitmap.c, mballoc.c */
struct ext4_group_desc *ext4_get_group_desc(struct super_block *sb);
struct buffer_head *ext4_read_block_bitmap(struct super_block *sb);
int ext4_claim_free_clusters(struct ext4_sb_info *sbi, u32 nclusters);
u32 ext4_count_free_clusters(struct super_block *sb);
int ext4_should_retry_alloc(struct super_block *sb, int *retries);
int ext4_block_bitmap_csum_verify(struct super_block *sb, struct ext4_group_desc *gdp, struct buffer_head *bh);
void ext4_block_bitmap_csum_set(struct super_block *sb, struct ext4_group_desc *gdp, struct buffer_head *bh);
int ext4_inode_bitmap_csum_verify(struct super_block *sb, struct ext4_group_desc *gdp, struct buffer_head *bh);
void ext4_inode_bitmap_csum_set(struct super_block *sb, struct ext4_group_desc *gdp, struct buffer_head *bh);
u32 ext4_mb_new_blocks(handle_t *handle, struct ext4_allocation_request *ar, int *errp);
void ext4_free_blocks(handle_t *handle, struct inode *inode, u32 block, u32 count);

/* ialloc.c */
struct inode *__ext4_new_inode(handle_t *handle, struct inode *dir, umode_t mode);
void ext4_free_inode(handle_t *handle, struct inode *inode);
u32 ext4_count_free_inodes(struct super_block *sb);

/* extents.c */
int ext4_ext_tree_init(handle_t *handle, struct inode *inode);
int ext4_ext_map_blocks(handle_t *handle, struct inode *inode, struct ext4_map_blocks *map, int flags);
int ext4_ext_truncate(handle_t *handle, struct inode *inode);
int ext4_ext_check_inode(struct inode *inode);

/* inode.c, inode_rw.c */
struct inode *__ext4_iget(struct super_block *sb, unsigned long ino);
int ext4_write_inode(struct inode *inode, int wait);
void ext4_dirty_inode(struct inode *inode, int flags);
void ext4_evict_inode(struct inode *inode);
int __ext4_mark_inode_dirty(handle_t *handle, struct inode *inode);
int ext4_setattr(struct dentry *dentry, struct iattr *attr);
int ext4_getattr(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int query_flags);
int ext4_truncate(struct inode *inode);
int ext4_map_blocks(handle_t *handle, struct inode *inode, struct ext4_map_blocks *map, int flags);
void ext4_set_aops(struct inode *inode);
struct buffer_head *ext4_bread(handle_t *handle, struct inode *inode, u32 block, int flags);
void ext4_init_inode_ops(struct inode *inode);

/* namei.c, dir.c, file.c */
extern const struct inode_operations ext4_dir_inode_operations, ext4_file_inode_operations, ext4_symlink_inode_operations;
extern const struct file_operations ext4_dir_operations, ext4_file_operations;
struct buffer_head *__ext4_read_dirblock(struct inode *inode, u32 block);
int __ext4_check_dir_entry(struct inode *dir, struct ext4_dir_entry_2 *de, struct buffer_head *bh);
int ext4_dirblock_csum_verify(struct inode *inode, struct buffer_head *bh);
int ext4_handle_dirty_dirblock(handle_t *handle, struct inode *inode, struct buffer_head *bh);
int ext4_init_new_dir(handle_t *handle, struct inode *dir, struct inode *inode);
#endif
