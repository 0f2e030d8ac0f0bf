/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_DCACHE_H
#define _LINUX_DCACHE_H
#include <linux/types.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/lockref.h>
#include <linux/path.h>

struct qstr {
	u32 hash, len;
	const char *name;
};
#define QSTR_INIT(n, l)	{ .name = (n), .len = (l) }

#define DNAME_INLINE_LEN 40

struct dentry {
	unsigned int d_flags;		/* d_lock */
	unsigned int d_seq;		/* rises by two at each move or change of inode: path walk without locks */
	struct hlist_node d_hash;	/* the bucket's lock */
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	char d_iname[DNAME_INLINE_LEN];
	struct lockref d_lockref;	/* d_lock and the count; negative: dead */
	const struct dentry_operations *d_op;
	struct super_block *d_sb;
	void *d_fsdata;
	struct list_head d_lru;		/* dentry_lru_lock */
	struct list_head d_child;	/* d_parent->d_lock */
	struct list_head d_subdirs;	/* d_lock */
	struct hlist_node d_alias;	/* inode->i_lock */
	struct callback_head d_rcu;
};

#define d_lock	d_lockref.lock

struct dentry_operations {
	int (*d_revalidate)(struct dentry *, unsigned int);
	int (*d_delete)(const struct dentry *);
	void (*d_release)(struct dentry *);
	char *(*d_dname)(struct dentry *, char *, int);
};

#define DCACHE_OP_REVALIDATE		0x00000004
#define DCACHE_OP_DELETE		0x00000008
#define DCACHE_LRU_LIST			0x00080000
#define DCACHE_REFERENCED		0x00000040
#define DCACHE_DONTCACHE		0x00000080
#define DCACHE_FSNOTIFY_PARENT_WATCHED	0x00004000
#define DCACHE_MOUNTED			0x00010000
#define DCACHE_ENTRY_TYPE		0x00700000
#define DCACHE_MISS_TYPE		0x00000000
#define DCACHE_DIRECTORY_TYPE		0x00200000
#define DCACHE_REGULAR_TYPE		0x00400000
#define DCACHE_SPECIAL_TYPE		0x00500000
#define DCACHE_SYMLINK_TYPE		0x00600000

#define IS_ROOT(x)		((x) == (x)->d_parent)
#define d_inode(d)		((d)->d_inode)
#define d_backing_inode(d)	((d)->d_inode)
#define d_is_negative(d)	(((d)->d_flags & DCACHE_ENTRY_TYPE) == DCACHE_MISS_TYPE)
#define d_is_positive(d)	(!d_is_negative(d))
#define d_really_is_negative(d)	(!(d)->d_inode)
#define d_really_is_positive(d)	((d)->d_inode != NULL)
#define d_is_dir(d)		(((d)->d_flags & DCACHE_ENTRY_TYPE) == DCACHE_DIRECTORY_TYPE)
#define d_is_reg(d)		(((d)->d_flags & DCACHE_ENTRY_TYPE) == DCACHE_REGULAR_TYPE)
#define d_is_symlink(d)		(((d)->d_flags & DCACHE_ENTRY_TYPE) == DCACHE_SYMLINK_TYPE)
#define d_can_lookup(d)		d_is_dir(d)
#define d_mountpoint(d)		((d)->d_flags & DCACHE_MOUNTED)
#define d_unhashed(d)		(!(d)->d_hash.pprev)
#define d_managed(d)		d_mountpoint(d)

extern const struct qstr dotdot_name, slash_name, empty_name;

struct dentry *d_alloc(struct dentry *parent, const struct qstr *name);
struct dentry *d_alloc_parallel(struct dentry *parent, const struct qstr *name);
struct dentry *d_alloc_pseudo(struct super_block *sb, const struct qstr *name);
struct dentry *d_make_root(struct inode *inode);
struct dentry *d_lookup(const struct dentry *parent, const struct qstr *name);
struct dentry *__d_lookup(const struct dentry *parent, const struct qstr *name);
struct dentry *__d_lookup_rcu(const struct dentry *parent, const struct qstr *name, unsigned int *seq);
struct dentry *d_splice_alias(struct inode *inode, struct dentry *dentry);
struct dentry *d_ancestor(struct dentry *p1, struct dentry *p2);
void d_instantiate(struct dentry *dentry, struct inode *inode);
void d_add(struct dentry *dentry, struct inode *inode);
void d_rehash(struct dentry *dentry);
void d_drop(struct dentry *dentry);
void __d_drop(struct dentry *dentry);
void d_delete(struct dentry *dentry);
void d_move(struct dentry *dentry, struct dentry *target);
void d_set_d_op(struct dentry *dentry, const struct dentry_operations *op);
void d_invalidate(struct dentry *dentry);
void d_genocide(struct dentry *root);
void dput(struct dentry *dentry);
struct dentry *dget_parent(struct dentry *dentry);
void shrink_dcache_parent(struct dentry *parent);
void shrink_dcache_for_umount(struct super_block *sb);
char *d_path(const struct path *path, char *buf, int buflen);
extern long nr_dentry;
void vfs_caches_init(void);

static __always_inline notrace struct dentry *dget(struct dentry *dentry)
{
	if (dentry)
		lockref_get(&dentry->d_lockref);
	return dentry;
}
#endif
