// SPDX-License-Identifier: MIT
/* What file systems that live in the caches alone have in common. */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/statfs.h>
#include <linux/uaccess.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include "internal.h"

int simple_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	buf->f_type = dentry->d_sb->s_magic;
	buf->f_bsize = PAGE_SIZE;
	buf->f_namelen = NAME_MAX;
	return 0;
}
EXPORT_SYMBOL(simple_statfs);

int always_delete_dentry(const struct dentry *dentry)
{
	return 1;
}
EXPORT_SYMBOL(always_delete_dentry);

const struct dentry_operations simple_dentry_operations = { .d_delete = always_delete_dentry };
EXPORT_SYMBOL(simple_dentry_operations);

/* A name that is not in the cache does not exist; the negative dentry is not worth keeping. */
struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	if (dentry->d_name.len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	if (!dentry->d_op)
		d_set_d_op(dentry, &simple_dentry_operations);
	d_add(dentry, NULL);
	return NULL;
}
EXPORT_SYMBOL(simple_lookup);

static __always_inline notrace bool simple_positive(struct dentry *dentry)
{
	return dentry->d_inode && !d_unhashed(dentry);
}

/* An open directory's place is a dentry of its own, moved along the list of children. */
int dcache_dir_open(struct inode *inode, struct file *file)
{
	struct qstr cursor = QSTR_INIT(".", 1);

	file->private_data = d_alloc(file->f_path.dentry, &cursor);
	return file->private_data ? 0 : -ENOMEM;
}

int dcache_dir_close(struct inode *inode, struct file *file)
{
	dput(file->private_data);
	return 0;
}

/* The child after p that counts, skipping n of them; referenced. */
static struct dentry *scan_positives(struct dentry *dir, struct list_head *p, loff_t n)
{
	struct dentry *found = NULL;

	spin_lock(&dir->d_lock);
	while ((p = p->next) != &dir->d_subdirs) {
		struct dentry *d = list_entry(p, struct dentry, d_child);

		if (simple_positive(d) && !--n) {
			found = d;
			spin_lock(&d->d_lock);
			d->d_lockref.count++;
			spin_unlock(&d->d_lock);
			break;
		}
	}
	spin_unlock(&dir->d_lock);
	return found;
}

static void move_cursor(struct dentry *dir, struct dentry *cursor, struct dentry *after)
{
	spin_lock(&dir->d_lock);
	if (after)
		list_move(&cursor->d_child, &after->d_child);
	else
		list_move_tail(&cursor->d_child, &dir->d_subdirs);
	spin_unlock(&dir->d_lock);
}

loff_t dcache_dir_lseek(struct file *file, loff_t offset, int whence)
{
	struct dentry *dir = file->f_path.dentry, *to = NULL;

	if (whence == SEEK_CUR)
		offset += file->f_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	if (offset != file->f_pos) {
		inode_lock_shared(dir->d_inode);
		if (offset > 2) {
			to = scan_positives(dir, &dir->d_subdirs, offset - 2);
			move_cursor(dir, file->private_data, to);
			dput(to);
		}
		file->f_pos = offset;
		inode_unlock_shared(dir->d_inode);
	}
	return offset;
}

static unsigned char dt_type(struct inode *inode)
{
	return (inode->i_mode >> 12) & 15;
}

static bool dir_emit_dots(struct file *file, struct dir_context *ctx)
{
	if (ctx->pos == 0) {
		if (!dir_emit(ctx, ".", 1, file->f_path.dentry->d_inode->i_ino, DT_DIR))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!dir_emit(ctx, "..", 2, file->f_path.dentry->d_parent->d_inode->i_ino, DT_DIR))
			return false;
		ctx->pos = 2;
	}
	return true;
}

int dcache_readdir(struct file *file, struct dir_context *ctx)
{
	struct dentry *dir = file->f_path.dentry, *cursor = file->private_data, *next;
	struct list_head *p;

	if (!dir_emit_dots(file, ctx))
		return 0;
	p = ctx->pos == 2 ? &dir->d_subdirs : &cursor->d_child;
	while ((next = scan_positives(dir, p, 1)) != NULL) {
		if (!dir_emit(ctx, next->d_name.name, next->d_name.len, next->d_inode->i_ino, dt_type(next->d_inode))) {
			dput(next);
			break;
		}
		move_cursor(dir, cursor, next);
		p = &cursor->d_child;
		ctx->pos++;
		dput(next);
		cond_resched();
	}
	return 0;
}

ssize_t generic_read_dir(struct file *filp, char __user *buf, size_t siz, loff_t *ppos)
{
	return -EISDIR;
}
EXPORT_SYMBOL(generic_read_dir);

int noop_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	return 0;
}

const struct file_operations simple_dir_operations = {
	.open = dcache_dir_open,
	.release = dcache_dir_close,
	.llseek = dcache_dir_lseek,
	.read = generic_read_dir,
	.iterate_shared = dcache_readdir,
	.fsync = noop_fsync,
};
EXPORT_SYMBOL(simple_dir_operations);

const struct inode_operations simple_dir_inode_operations = { .lookup = simple_lookup };

int simple_empty(struct dentry *dentry)
{
	struct dentry *child;
	int ret = 1;

	spin_lock(&dentry->d_lock);
	list_for_each_entry(child, &dentry->d_subdirs, d_child) {
		if (simple_positive(child)) {
			ret = 0;
			break;
		}
	}
	spin_unlock(&dentry->d_lock);
	return ret;
}
EXPORT_SYMBOL(simple_empty);

int simple_link(struct dentry *old_dentry, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(old_dentry);

	inode->i_ctime = dir->i_ctime = dir->i_mtime = current_time(inode);
	inc_nlink(inode);
	ihold(inode);
	dget(dentry);
	d_instantiate(dentry, inode);
	return 0;
}

/* What is listed as existing holds a reference: unlink gives it back. */
int simple_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);

	inode->i_ctime = dir->i_ctime = dir->i_mtime = current_time(inode);
	drop_nlink(inode);
	dput(dentry);
	return 0;
}
EXPORT_SYMBOL(simple_unlink);

int simple_rename(struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir, struct dentry *new_dentry,
		  unsigned int flags)
{
	struct inode *inode = d_inode(old_dentry);
	bool they_are_dirs = d_is_dir(old_dentry);

	if (!simple_empty(new_dentry))
		return -ENOTEMPTY;
	if (d_really_is_positive(new_dentry)) {
		simple_unlink(new_dir, new_dentry);
		if (they_are_dirs) {
			drop_nlink(d_inode(new_dentry));
			drop_nlink(old_dir);
		}
	} else if (they_are_dirs) {
		drop_nlink(old_dir);
		inc_nlink(new_dir);
	}
	old_dir->i_ctime = old_dir->i_mtime = new_dir->i_ctime = new_dir->i_mtime = inode->i_ctime = current_time(inode);
	return 0;
}

const char *simple_get_link(struct dentry *dentry, struct inode *inode)
{
	return inode->i_link;
}
const struct inode_operations simple_symlink_inode_operations = { .get_link = simple_get_link };
EXPORT_SYMBOL(simple_symlink_inode_operations);

/* --- file systems without names: pipefs, sockfs --- */

static const struct super_operations pseudo_super_operations = { .statfs = simple_statfs };

static int pseudo_fs_fill_super(struct super_block *s, struct fs_context *fc)
{
	struct inode *root;

	s->s_magic = (unsigned long)fc->fs_private;
	s->s_op = &pseudo_super_operations;
	s->s_time_gran = 1;
	root = new_inode(s);
	if (!root)
		return -ENOMEM;
	root->i_ino = 1;
	root->i_mode = S_IFDIR | S_IRUSR | S_IWUSR;
	root->i_atime = root->i_mtime = root->i_ctime = current_time(root);
	s->s_root = d_make_root(root);
	return s->s_root ? 0 : -ENOMEM;
}

static int pseudo_fs_get_tree(struct fs_context *fc)
{
	return get_tree_nodev(fc, pseudo_fs_fill_super);
}

static const struct fs_context_operations pseudo_fs_context_ops = { .get_tree = pseudo_fs_get_tree };

struct fs_context *init_pseudo(struct fs_context *fc, unsigned long magic)
{
	fc->fs_private = (void *)magic;
	fc->ops = &pseudo_fs_context_ops;
	return fc;
}
