// SPDX-License-Identifier: MIT
/* Mounting: the disk is made and formatted when it is first mounted. */
#define MODULE_DEPENDS "crc32c_generic"
#include "ext4.h"
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/statfs.h>
#include <linux/rcupdate.h>
#include <linux/timekeeping.h>

struct kmem_cache *ext4_inode_cachep;

/* Continues a CRC-32C over a range: the transform's state is the sum itself. */
u32 ext4_chksum(struct ext4_sb_info *sbi, u32 crc, const void *address, unsigned int length)
{
	struct shash_desc desc = { .tfm = sbi->s_chksum_driver };

	*(u32 *)shash_desc_ctx(&desc) = crc;
	crypto_shash_update(&desc, address, length);
	return *(u32 *)shash_desc_ctx(&desc);
}

void __ext4_std_error(struct super_block *sb, const char *function, int error)
{
	pr_err("EXT4-fs error (device %s) in %s: error %d\n", sb->s_id, function, error);
}

/* The disk is memory, so a read has nothing to wait for. */
static noinline struct buffer_head *__ext4_sb_bread_gfp(struct super_block *sb, u32 block)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	struct buffer_head *bh;

	if (block >= EXT4_BLOCKS)
		return ERR_PTR(-EIO);
	bh = &sbi->s_bh[block];
	bh->b_blocknr = block;
	bh->b_data = sbi->s_disk + block * PAGE_SIZE;
	return bh;
}

struct buffer_head *ext4_sb_bread(struct super_block *sb, u32 block)
{
	return __ext4_sb_bread_gfp(sb, block);
}

static noinline u32 ext4_superblock_csum(struct super_block *sb, struct ext4_super_block *es)
{
	return ext4_chksum(EXT4_SB(sb), ~0U, es, offsetof(struct ext4_super_block, s_checksum));
}

static noinline void ext4_superblock_csum_set(struct super_block *sb)
{
	struct ext4_super_block *es = EXT4_SB(sb)->s_es;

	es->s_checksum = ext4_superblock_csum(sb, es);
}

static noinline u32 ext4_group_desc_csum(struct super_block *sb, struct ext4_group_desc *gdp)
{
	return ext4_chksum(EXT4_SB(sb), EXT4_SB(sb)->s_csum_seed, gdp, offsetof(struct ext4_group_desc, bg_checksum));
}

static noinline int ext4_group_desc_csum_verify(struct super_block *sb, struct ext4_group_desc *gdp)
{
	return gdp->bg_checksum == ext4_group_desc_csum(sb, gdp);
}

void ext4_group_desc_csum_set(struct super_block *sb, struct ext4_group_desc *gdp)
{
	gdp->bg_checksum = ext4_group_desc_csum(sb, gdp);
}

static noinline void ext4_update_super(struct super_block *sb)
{
	struct ext4_super_block *es = EXT4_SB(sb)->s_es;
	struct timespec64 now;

	ktime_get_coarse_real_ts64(&now);
	es->s_wtime = (u32)now.tv_sec;
	es->s_free_blocks = ext4_count_free_clusters(sb);
	es->s_free_inodes = ext4_count_free_inodes(sb);
	ext4_superblock_csum_set(sb);
}

int ext4_commit_super(struct super_block *sb)
{
	struct buffer_head *bh = ext4_sb_bread(sb, 0);

	ext4_update_super(sb);
	bh->b_dirty = false;
	return 0;
}

static noinline int ext4_sync_fs(struct super_block *sb, int wait)
{
	return wait ? ext4_commit_super(sb) : 0;
}

static noinline int ext4_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct super_block *sb = dentry->d_sb;

	buf->f_type = EXT4_SUPER_MAGIC;
	buf->f_bsize = PAGE_SIZE;
	buf->f_blocks = EXT4_BLOCKS - EXT4_FIRST_DATA_BLOCK;
	buf->f_bfree = buf->f_bavail = ext4_count_free_clusters(sb);
	buf->f_files = EXT4_INODES;
	buf->f_ffree = ext4_count_free_inodes(sb);
	buf->f_namelen = NAME_MAX;
	return 0;
}

static noinline struct inode *ext4_alloc_inode(struct super_block *sb)
{
	struct ext4_inode_info *ei = kmem_cache_alloc(ext4_inode_cachep, GFP_KERNEL);

	if (!ei)
		return NULL;
	init_rwsem(&ei->i_data_sem);
	memset(&ei->i_eh, 0, sizeof(ei->i_eh));
	return &ei->vfs_inode;
}

static noinline void ext4_free_in_core_inode(struct inode *inode)
{
	if (S_ISLNK(inode->i_mode))
		kfree(inode->i_link);
	kmem_cache_free(ext4_inode_cachep, EXT4_I(inode));
}

static noinline int ext4_drop_inode(struct inode *inode)
{
	return !inode->i_nlink;
}

static noinline void ext4_put_super(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);

	ext4_commit_super(sb);
	crypto_free_shash(sbi->s_chksum_driver);
	kvfree(sbi->s_disk);
	kvfree(sbi);
	sb->s_fs_info = NULL;
}

static const struct super_operations ext4_sops = {
	.alloc_inode = ext4_alloc_inode,
	.free_inode = ext4_free_in_core_inode,
	.drop_inode = ext4_drop_inode,
	.evict_inode = ext4_evict_inode,
	.dirty_inode = ext4_dirty_inode,
	.write_inode = ext4_write_inode,
	.put_super = ext4_put_super,
	.sync_fs = ext4_sync_fs,
	.statfs = ext4_statfs,
};

static void mark_used(char *bitmap, u32 count)
{
	while (count--)
		bitmap[count / 8] |= 1 << (count % 8);
}

/* mkfs: an empty root and all sums. */
static noinline int ext4_format(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	struct ext4_group_desc *gdp = sbi->s_group_desc;
	struct ext4_super_block *es = sbi->s_es;

	es->s_magic = EXT4_SUPER_MAGIC;
	es->s_blocks_count = EXT4_BLOCKS;
	es->s_inodes_count = EXT4_INODES;
	gdp->bg_block_bitmap = 2;
	gdp->bg_inode_bitmap = 3;
	gdp->bg_inode_table = EXT4_ITABLE_BLOCK;
	gdp->bg_free_blocks = EXT4_BLOCKS - EXT4_FIRST_DATA_BLOCK;
	gdp->bg_free_inodes = EXT4_INODES - (EXT4_FIRST_INO - 1);
	mark_used(ext4_sb_bread(sb, 2)->b_data, EXT4_FIRST_DATA_BLOCK);
	mark_used(ext4_sb_bread(sb, 3)->b_data, EXT4_FIRST_INO - 1);
	ext4_block_bitmap_csum_set(sb, gdp, ext4_sb_bread(sb, 2));
	ext4_inode_bitmap_csum_set(sb, gdp, ext4_sb_bread(sb, 3));
	ext4_group_desc_csum_set(sb, gdp);
	ext4_superblock_csum_set(sb);
	return 0;
}

static noinline int ext4_make_root(struct super_block *sb)
{
	handle_t *handle = __ext4_journal_start_sb(sb, 8);
	struct inode *inode = iget_locked(sb, EXT4_ROOT_INO);
	int err;

	if (!inode)
		return -ENOMEM;
	inode->i_mode = S_IFDIR | 0755;
	inode->i_mtime = inode->i_ctime = inode->i_atime = current_time(inode);
	ext4_init_inode_ops(inode);
	ext4_ext_tree_init(handle, inode);
	ext4_get_group_desc(sb)->bg_used_dirs++;
	err = ext4_init_new_dir(handle, inode, inode);
	set_nlink(inode, 2);
	if (!err)
		err = __ext4_mark_inode_dirty(handle, inode);
	__ext4_journal_stop(handle);
	unlock_new_inode(inode);
	iput(inode);
	return err;
}

static noinline int ext4_check_descriptors(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);

	if (sbi->s_es->s_magic != EXT4_SUPER_MAGIC || sbi->s_es->s_checksum != ext4_superblock_csum(sb, sbi->s_es))
		return 0;
	return ext4_group_desc_csum_verify(sb, sbi->s_group_desc);
}

static noinline int ext4_fill_super(struct super_block *sb, struct fs_context *fc)
{
	struct ext4_sb_info *sbi = kvzalloc(sizeof(*sbi), GFP_KERNEL);
	struct inode *root;
	int err;

	if (!sbi)
		return -ENOMEM;
	sb->s_fs_info = sbi;
	spin_lock_init(&sbi->s_group_lock);
	err = -ENOMEM;
	sbi->s_disk = kvzalloc(EXT4_BLOCKS * PAGE_SIZE, GFP_KERNEL);
	if (!sbi->s_disk)
		goto failed;
	sbi->s_chksum_driver = crypto_alloc_shash("crc32c", 0, 0);
	err = PTR_ERR_OR_ZERO(sbi->s_chksum_driver);
	if (err)
		goto failed;
	sb->s_magic = EXT4_SUPER_MAGIC;
	sb->s_op = &ext4_sops;
	sb->s_time_gran = 1;
	sb->s_maxbytes = (loff_t)EXT4_BLOCKS << PAGE_SHIFT;
	sbi->s_es = (void *)ext4_sb_bread(sb, 0)->b_data;
	sbi->s_group_desc = (void *)ext4_sb_bread(sb, 1)->b_data;
	sbi->s_csum_seed = ext4_chksum(sbi, ~0U, sb->s_id, sizeof(sb->s_id));
	err = ext4_format(sb);
	if (!err)
		err = ext4_make_root(sb);
	if (!err && !ext4_check_descriptors(sb))
		err = -EINVAL;
	if (err)
		goto failed;
	root = __ext4_iget(sb, EXT4_ROOT_INO);
	err = PTR_ERR_OR_ZERO(root);
	if (err)
		goto failed;
	sb->s_root = d_make_root(root);
	if (sb->s_root)
		return 0;
	err = -ENOMEM;
failed:
	if (!IS_ERR_OR_NULL(sbi->s_chksum_driver))
		crypto_free_shash(sbi->s_chksum_driver);
	kvfree(sbi->s_disk);
	kvfree(sbi);
	sb->s_fs_info = NULL;
	return err;
}

static noinline int ext4_get_tree(struct fs_context *fc)
{
	return get_tree_nodev(fc, ext4_fill_super);
}

static const struct fs_context_operations ext4_context_ops = { .get_tree = ext4_get_tree };

static noinline int ext4_init_fs_context(struct fs_context *fc)
{
	fc->ops = &ext4_context_ops;
	return 0;
}

static struct file_system_type ext4_fs_type = {
	.owner = THIS_MODULE,
	.name = "ext4",
	.init_fs_context = ext4_init_fs_context,
	.kill_sb = kill_anon_super,
};

static int __init ext4_init_fs(void)
{
	struct path path;
	int err;

	ext4_inode_cachep = kmem_cache_create("ext4_inode_cache", sizeof(struct ext4_inode_info), 0, 0, NULL);
	if (!ext4_inode_cachep)
		return -ENOMEM;
	err = register_filesystem(&ext4_fs_type);
	if (err)
		goto out;
	/* there is no /etc/fstab: the disk is mounted with its file system */
	err = kern_path("/mnt/ext4", LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);
	if (!err) {
		err = path_mount("/dev/vda", &path, "ext4", 0, NULL);
		path_put(&path);
	}
	if (!err)
		return 0;
	unregister_filesystem(&ext4_fs_type);
out:
	kmem_cache_destroy(ext4_inode_cachep);
	return err;
}

static void __exit ext4_exit_fs(void)
{
	unregister_filesystem(&ext4_fs_type);
	rcu_barrier();
	kmem_cache_destroy(ext4_inode_cachep);
}

module_init(ext4_init_fs);
module_exit(ext4_exit_fs);
MODULE_LICENSE("MIT");
