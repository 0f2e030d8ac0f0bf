// SPDX-License-Identifier: MIT
/* tmpfs: files in the page cache and nowhere else; names in the dentry cache, each pinned while it exists. */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/shmem_fs.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/statfs.h>
#include <linux/security.h>
#include <linux/uio.h>
#include <linux/sched.h>
#include <linux/export.h>
#include "../fs/internal.h"

#define TMPFS_BLOCKS	2048	/* pages in one tmpfs: 8 MB */

static struct kmem_cache *shmem_inode_cachep;
static const struct super_operations shmem_ops;
static const struct address_space_operations shmem_aops;
static const struct file_operations shmem_file_operations;
static const struct inode_operations shmem_inode_operations, shmem_dir_inode_operations;

static int shmem_inode_acct_block(struct inode *inode, long pages)
{
	struct shmem_sb_info *sbinfo = SHMEM_SB(inode->i_sb);
	int err = 0;

	spin_lock(&sbinfo->stat_lock);
	if (sbinfo->used_blocks + pages > sbinfo->max_blocks)
		err = -ENOSPC;
	else
		sbinfo->used_blocks += pages;
	spin_unlock(&sbinfo->stat_lock);
	return err;
}

static void shmem_inode_unacct_blocks(struct inode *inode, long pages)
{
	struct shmem_sb_info *sbinfo = SHMEM_SB(inode->i_sb);

	spin_lock(&sbinfo->stat_lock);
	sbinfo->used_blocks -= pages;
	spin_unlock(&sbinfo->stat_lock);
}

/* Charges the file for the pages that it has, or gives back what truncation freed. */
static void shmem_recalc_inode(struct inode *inode)
{
	struct shmem_inode_info *info = SHMEM_I(inode);
	long freed;

	spin_lock(&info->lock);
	freed = info->alloced - inode->i_mapping->nrpages;
	if (freed > 0) {
		info->alloced -= freed;
		inode->i_blocks -= freed << (PAGE_SHIFT - 9);
	}
	spin_unlock(&info->lock);
	if (freed > 0)
		shmem_inode_unacct_blocks(inode, freed);
}

static struct folio *shmem_alloc_folio(gfp_t gfp)
{
	struct page *page = alloc_page(gfp);

	return page ? page_folio(page) : NULL;
}

static struct folio *shmem_alloc_and_acct_folio(gfp_t gfp, struct inode *inode)
{
	struct folio *folio;
	int err = shmem_inode_acct_block(inode, 1);

	if (err)
		return ERR_PTR(err);
	folio = shmem_alloc_folio(gfp);
	if (folio) {
		__folio_set_swapbacked(folio);
		return folio;
	}
	shmem_inode_unacct_blocks(inode, 1);
	return ERR_PTR(-ENOMEM);
}

static noinline int shmem_add_to_page_cache(struct folio *folio, struct address_space *mapping, unsigned long index,
					    gfp_t gfp)
{
	return filemap_add_folio(mapping, folio, index, gfp);
}

/* The folio at index, locked; for SGP_READ a hole is NULL. */
static noinline int shmem_get_folio_gfp(struct inode *inode, unsigned long index, struct folio **foliop,
					enum sgp_type sgp, gfp_t gfp)
{
	struct address_space *mapping = inode->i_mapping;
	struct shmem_inode_info *info = SHMEM_I(inode);
	struct folio *folio;
	int error;

repeat:
	if (sgp <= SGP_CACHE && ((loff_t)index << PAGE_SHIFT) >= i_size_read(inode))
		return -EINVAL;
	folio = __filemap_get_folio(mapping, index, FGP_LOCK, 0);
	if (folio) {
		if (sgp == SGP_WRITE)
			folio_mark_accessed(folio);
		*foliop = folio;
		return 0;
	}
	*foliop = NULL;
	if (sgp == SGP_READ)
		return 0;
	folio = shmem_alloc_and_acct_folio(gfp, inode);
	if (IS_ERR(folio))
		return PTR_ERR(folio);
	error = shmem_add_to_page_cache(folio, mapping, index, gfp);
	if (error) {
		shmem_inode_unacct_blocks(inode, 1);
		folio_put(folio);
		if (error == -EEXIST)
			goto repeat;
		return error;
	}
	spin_lock(&info->lock);
	info->alloced++;
	inode->i_blocks += 1 << (PAGE_SHIFT - 9);
	spin_unlock(&info->lock);
	memset(folio_address(folio), 0, PAGE_SIZE);
	folio_set_uptodate(folio);
	*foliop = folio;
	return 0;
}

int shmem_get_folio(struct inode *inode, unsigned long index, struct folio **foliop, enum sgp_type sgp)
{
	return shmem_get_folio_gfp(inode, index, foliop, sgp, mapping_gfp_mask(inode->i_mapping));
}

static ssize_t shmem_file_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct inode *inode = file_inode(file);
	unsigned long index = iocb->ki_pos >> PAGE_SHIFT, offset = iocb->ki_pos & (PAGE_SIZE - 1);
	ssize_t retval = 0;
	int error = 0;

	while (iov_iter_count(to)) {
		loff_t left = i_size_read(inode) - ((loff_t)index << PAGE_SHIFT) - offset;
		struct folio *folio = NULL;
		size_t nr = PAGE_SIZE - offset, ret;

		if (left <= 0)
			break;
		error = shmem_get_folio(inode, index, &folio, SGP_READ);
		if (error) {
			if (error == -EINVAL)
				error = 0;
			break;
		}
		if (folio)
			folio_unlock(folio);
		if ((loff_t)nr > left)
			nr = left;
		if (nr > iov_iter_count(to))
			nr = iov_iter_count(to);
		if (folio) {
			PageHeadHuge(&folio->page);
			if (!offset)
				folio_mark_accessed(folio);
			ret = copy_page_to_iter(&folio->page, offset, nr, to);
			folio_put(folio);
		} else {
			ret = iov_iter_zero(nr, to);
		}
		retval += ret;
		offset += ret;
		index += offset >> PAGE_SHIFT;
		offset &= PAGE_SIZE - 1;
		if (ret < nr) {
			error = -EFAULT;
			break;
		}
		if (iov_iter_count(to))
			cond_resched();
	}
	iocb->ki_pos = ((loff_t)index << PAGE_SHIFT) + offset;
	file_accessed(file);
	return retval ? retval : error;
}

static int shmem_write_begin(struct file *file, struct address_space *mapping, loff_t pos, unsigned int len,
			     struct page **pagep, void **fsdata)
{
	struct folio *folio;
	int ret = shmem_get_folio(mapping->host, pos >> PAGE_SHIFT, &folio, SGP_WRITE);

	if (!ret)
		*pagep = &folio->page;
	return ret;
}

static int shmem_write_end(struct file *file, struct address_space *mapping, loff_t pos, unsigned int len,
			   unsigned int copied, struct page *page, void *fsdata)
{
	struct inode *inode = mapping->host;

	if (pos + copied > inode->i_size)
		i_size_write(inode, pos + copied);
	set_page_dirty(page);
	unlock_page(page);
	put_page(page);
	return copied;
}

static const struct address_space_operations shmem_aops = {
	.dirty_folio = noop_dirty_folio,
	.write_begin = shmem_write_begin,
	.write_end = shmem_write_end,
};

static int shmem_getattr(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int query_flags)
{
	struct inode *inode = d_inode(path->dentry);

	shmem_recalc_inode(inode);
	generic_fillattr(inode, stat);
	return 0;
}

static int shmem_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	int error = setattr_prepare(dentry, attr);

	if (error)
		return error;
	if (S_ISREG(inode->i_mode) && (attr->ia_valid & ATTR_SIZE)) {
		truncate_setsize(inode, attr->ia_size);
		shmem_recalc_inode(inode);
	}
	setattr_copy(inode, attr);
	return 0;
}

static struct inode *shmem_get_inode(struct super_block *sb, struct inode *dir, umode_t mode, dev_t dev)
{
	struct shmem_sb_info *sbinfo = SHMEM_SB(sb);
	struct inode *inode;

	spin_lock(&sbinfo->stat_lock);
	if (!sbinfo->free_inodes) {
		spin_unlock(&sbinfo->stat_lock);
		return NULL;
	}
	sbinfo->free_inodes--;
	spin_unlock(&sbinfo->stat_lock);
	inode = new_inode(sb);
	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode_init_owner(inode, dir, mode);
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	inode->i_mapping->a_ops = &shmem_aops;
	spin_lock_init(&SHMEM_I(inode)->lock);
	SHMEM_I(inode)->alloced = 0;
	switch (mode & S_IFMT) {
	case S_IFREG:
		inode->i_op = &shmem_inode_operations;
		inode->i_fop = &shmem_file_operations;
		break;
	case S_IFDIR:
		inc_nlink(inode);
		inode->i_op = &shmem_dir_inode_operations;
		inode->i_fop = &simple_dir_operations;
		break;
	case S_IFLNK:
		inode->i_op = &simple_symlink_inode_operations;
		break;
	default:
		inode->i_op = &shmem_inode_operations;
		init_special_inode(inode, mode, dev);
		break;
	}
	return inode;
}

static struct inode *shmem_outside_inode(struct inode *dir, umode_t mode)
{
	return shmem_get_inode(dir->i_sb, dir, mode, 0);
}

static struct dentry *shmem_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return outside_lookup(dir, dentry, flags, shmem_outside_inode);
}

static int shmem_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	struct inode *inode = shmem_get_inode(dir->i_sb, dir, mode, dev);

	if (!inode)
		return -ENOSPC;
	dir->i_ctime = dir->i_mtime = current_time(dir);
	d_instantiate(dentry, inode);
	dget(dentry);
	return 0;
}

static int shmem_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int error = shmem_mknod(dir, dentry, mode | S_IFDIR, 0);

	if (!error)
		inc_nlink(dir);
	return error;
}

static int shmem_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	return shmem_mknod(dir, dentry, mode | S_IFREG, 0);
}

static int shmem_symlink(struct inode *dir, struct dentry *dentry, const char *symname)
{
	struct inode *inode = shmem_get_inode(dir->i_sb, dir, S_IFLNK | 0777, 0);

	if (!inode)
		return -ENOSPC;
	inode->i_link = kstrdup(symname, GFP_KERNEL);
	if (!inode->i_link) {
		iput(inode);
		return -ENOMEM;
	}
	inode->i_size = strlen(symname);
	d_instantiate(dentry, inode);
	dget(dentry);
	return 0;
}

/* A name that only exists outside holds no reference to give back. */
static bool pinned(struct dentry *dentry)
{
	return !dentry->d_op || !dentry->d_op->d_revalidate;
}

static int shmem_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);

	inode->i_ctime = dir->i_ctime = dir->i_mtime = current_time(inode);
	drop_nlink(inode);
	if (pinned(dentry))
		dput(dentry);
	return 0;
}

static int shmem_rmdir(struct inode *dir, struct dentry *dentry)
{
	if (!simple_empty(dentry))
		return -ENOTEMPTY;
	drop_nlink(d_inode(dentry));
	drop_nlink(dir);
	return shmem_unlink(dir, dentry);
}

static int shmem_rename2(struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir,
			 struct dentry *new_dentry, unsigned int flags)
{
	if (!pinned(old_dentry)) {	/* from now on it is the guest's own */
		d_set_d_op(old_dentry, NULL);
		old_dentry->d_flags &= ~(DCACHE_OP_REVALIDATE | DCACHE_OP_DELETE);
		dget(old_dentry);
	}
	if (new_dentry->d_inode && !pinned(new_dentry))
		dget(new_dentry);
	return simple_rename(old_dir, old_dentry, new_dir, new_dentry, flags);
}

static int shmem_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct shmem_sb_info *sbinfo = SHMEM_SB(dentry->d_sb);

	buf->f_type = TMPFS_MAGIC;
	buf->f_bsize = PAGE_SIZE;
	buf->f_namelen = NAME_MAX;
	buf->f_blocks = sbinfo->max_blocks;
	buf->f_bavail = buf->f_bfree = sbinfo->max_blocks - sbinfo->used_blocks;
	buf->f_files = sbinfo->max_inodes;
	buf->f_ffree = sbinfo->free_inodes;
	return 0;
}

static struct inode *shmem_alloc_inode(struct super_block *sb)
{
	struct shmem_inode_info *info = kmem_cache_alloc(shmem_inode_cachep, GFP_KERNEL);

	return info ? &info->vfs_inode : NULL;
}

static void shmem_free_in_core_inode(struct inode *inode)
{
	if (S_ISLNK(inode->i_mode))
		kfree(inode->i_link);
	kmem_cache_free(shmem_inode_cachep, SHMEM_I(inode));
}

static void shmem_evict_inode(struct inode *inode)
{
	struct shmem_sb_info *sbinfo = SHMEM_SB(inode->i_sb);

	truncate_inode_pages_final(inode->i_mapping);
	shmem_recalc_inode(inode);
	clear_inode(inode);
	spin_lock(&sbinfo->stat_lock);
	sbinfo->free_inodes++;
	spin_unlock(&sbinfo->stat_lock);
}

static void shmem_put_super(struct super_block *sb)
{
	kfree(sb->s_fs_info);
	sb->s_fs_info = NULL;
}

static int shmem_fill_super(struct super_block *sb, struct fs_context *fc)
{
	struct shmem_sb_info *sbinfo = kzalloc(sizeof(*sbinfo), GFP_KERNEL);
	struct inode *inode;

	if (!sbinfo)
		return -ENOMEM;
	spin_lock_init(&sbinfo->stat_lock);
	sbinfo->max_blocks = TMPFS_BLOCKS;
	sbinfo->max_inodes = sbinfo->free_inodes = 2 * TMPFS_BLOCKS;
	sbinfo->mode = 0777 | S_ISVTX;
	sb->s_fs_info = sbinfo;
	sb->s_magic = TMPFS_MAGIC;
	sb->s_op = &shmem_ops;
	sb->s_time_gran = 1;
	inode = shmem_get_inode(sb, NULL, S_IFDIR | sbinfo->mode, 0);
	if (!inode)
		return -ENOMEM;
	sb->s_root = d_make_root(inode);
	return sb->s_root ? 0 : -ENOMEM;
}

static int shmem_get_tree(struct fs_context *fc)
{
	return get_tree_nodev(fc, shmem_fill_super);
}

static const struct fs_context_operations shmem_fs_context_ops = { .get_tree = shmem_get_tree };

static int shmem_init_fs_context(struct fs_context *fc)
{
	fc->ops = &shmem_fs_context_ops;
	return 0;
}

static const struct file_operations shmem_file_operations = {
	.open = generic_file_open,
	.llseek = generic_file_llseek,
	.read_iter = shmem_file_read_iter,
	.write_iter = generic_file_write_iter,
	.fsync = noop_fsync,
};

static const struct inode_operations shmem_inode_operations = {
	.getattr = shmem_getattr,
	.setattr = shmem_setattr,
};

static const struct inode_operations shmem_dir_inode_operations = {
	.getattr = shmem_getattr,
	.create = shmem_create,
	.lookup = shmem_lookup,
	.link = simple_link,
	.unlink = shmem_unlink,
	.symlink = shmem_symlink,
	.mkdir = shmem_mkdir,
	.rmdir = shmem_rmdir,
	.mknod = shmem_mknod,
	.rename = shmem_rename2,
	.setattr = shmem_setattr,
};

static const struct super_operations shmem_ops = {
	.alloc_inode = shmem_alloc_inode,
	.free_inode = shmem_free_in_core_inode,
	.statfs = shmem_statfs,
	.evict_inode = shmem_evict_inode,
	.drop_inode = generic_delete_inode,
	.put_super = shmem_put_super,
};

static struct file_system_type shmem_fs_type = {
	.name = "tmpfs",
	.init_fs_context = shmem_init_fs_context,
	.kill_sb = kill_litter_super,
	.fs_flags = FS_USERNS_MOUNT,
};

void __init shmem_init(void)
{
	shmem_inode_cachep = kmem_cache_create("shmem_inode_cache", sizeof(struct shmem_inode_info), 0, 0, NULL);
	register_filesystem(&shmem_fs_type);
}
