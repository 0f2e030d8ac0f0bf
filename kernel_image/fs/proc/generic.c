// SPDX-License-Identifier: MIT
/* The tree of /proc's entries, and the directories that show it. */
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/export.h>
#include "internal.h"
#include "../internal.h"

static DEFINE_RWLOCK(proc_subdir_lock);
static struct kmem_cache *proc_dir_entry_cache;

struct proc_dir_entry proc_root = {
	.name = "/proc", .mode = S_IFDIR | S_IRUGO | S_IXUGO, .low_ino = 1, .nlink = 2, .parent = &proc_root,
	.list = LIST_HEAD_INIT(proc_root.list), .subdir = LIST_HEAD_INIT(proc_root.subdir),
};

static struct proc_dir_entry *pde_subdir_find(struct proc_dir_entry *dir, const char *name, unsigned int len)
{
	struct proc_dir_entry *de;

	list_for_each_entry(de, &dir->subdir, list)
		if (strlen(de->name) == len && !memcmp(de->name, name, len))
			return de;
	return NULL;
}

static struct dentry *proc_lookup_de(struct inode *dir, struct dentry *dentry, struct proc_dir_entry *de)
{
	struct inode *inode;

	read_lock(&proc_subdir_lock);
	de = pde_subdir_find(de, dentry->d_name.name, dentry->d_name.len);
	if (!de) {
		read_unlock(&proc_subdir_lock);
		return ERR_PTR(-ENOENT);
	}
	read_unlock(&proc_subdir_lock);
	inode = proc_get_inode(dir->i_sb, de);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	return d_splice_alias(inode, dentry);
}

static struct dentry *proc_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return proc_lookup_de(dir, dentry, PDE(dir));
}

static int proc_readdir_de(struct file *file, struct dir_context *ctx, struct proc_dir_entry *de)
{
	struct proc_dir_entry *e;
	loff_t i = 2;

	if (ctx->pos == 0) {
		if (!dir_emit(ctx, ".", 1, de->low_ino, DT_DIR))
			return 0;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!dir_emit(ctx, "..", 2, de->parent->low_ino, DT_DIR))
			return 0;
		ctx->pos = 2;
	}
	read_lock(&proc_subdir_lock);
	list_for_each_entry(e, &de->subdir, list) {
		if (i++ < ctx->pos)
			continue;
		if (!dir_emit(ctx, e->name, strlen(e->name), e->low_ino, e->mode >> 12))
			break;
		ctx->pos++;
	}
	read_unlock(&proc_subdir_lock);
	return 0;
}

static int proc_readdir(struct file *file, struct dir_context *ctx)
{
	return proc_readdir_de(file, ctx, PDE(file_inode(file)));
}

const struct file_operations proc_dir_operations = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = proc_readdir,
};

static int proc_getattr(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int query_flags)
{
	struct inode *inode = d_inode(path->dentry);

	if (PDE(inode))
		inode->i_nlink = PDE(inode)->nlink;
	generic_fillattr(inode, stat);
	return 0;
}

const struct inode_operations proc_dir_inode_operations = { .lookup = proc_lookup, .getattr = proc_getattr };

static struct proc_dir_entry *__proc_create(const char *name, umode_t mode, struct proc_dir_entry *parent)
{
	static unsigned int next_ino = 0xf0000000;
	struct proc_dir_entry *ent;

	if (!proc_dir_entry_cache)
		proc_dir_entry_cache = kmem_cache_create("proc_dir_entry", sizeof(*ent), 0, 0, NULL);
	ent = kmem_cache_zalloc(proc_dir_entry_cache, GFP_KERNEL);
	if (!ent)
		return NULL;
	ent->name = kstrdup(name, GFP_KERNEL);
	ent->mode = mode;
	ent->nlink = S_ISDIR(mode) ? 2 : 1;
	ent->low_ino = next_ino++;
	ent->parent = parent ? parent : &proc_root;
	INIT_LIST_HEAD(&ent->subdir);
	return ent;
}

static struct proc_dir_entry *proc_register(struct proc_dir_entry *dp)
{
	if (!dp)
		return NULL;
	write_lock(&proc_subdir_lock);
	list_add_tail(&dp->list, &dp->parent->subdir);
	if (S_ISDIR(dp->mode))
		dp->parent->nlink++;
	write_unlock(&proc_subdir_lock);
	return dp;
}

struct proc_dir_entry *proc_mkdir(const char *name, struct proc_dir_entry *parent)
{
	return proc_register(__proc_create(name, S_IFDIR | S_IRUGO | S_IXUGO, parent));
}
EXPORT_SYMBOL(proc_mkdir);

struct proc_dir_entry *proc_create_seq(const char *name, umode_t mode, struct proc_dir_entry *parent,
				       const struct seq_operations *ops)
{
	struct proc_dir_entry *p = __proc_create(name, S_IFREG | mode, parent);

	if (p)
		p->seq_ops = ops;
	return proc_register(p);
}
EXPORT_SYMBOL(proc_create_seq);

struct proc_dir_entry *proc_create_single(const char *name, umode_t mode, struct proc_dir_entry *parent,
					  int (*show)(struct seq_file *, void *))
{
	struct proc_dir_entry *p = __proc_create(name, S_IFREG | mode, parent);

	if (p)
		p->single_show = show;
	return proc_register(p);
}
EXPORT_SYMBOL(proc_create_single);
