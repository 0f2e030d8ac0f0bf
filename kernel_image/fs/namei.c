// SPDX-License-Identifier: MIT
/*
 * Path walk.  It starts in RCU mode: nothing is pinned, and the sequence numbers of dentries and mounts tell
 * whether what was seen held together.  What cannot be done so (a lookup in the file system, a symbolic link, the
 * end of the walk) first takes the references, or starts again without RCU (-ECHILD).
 */
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/fs_struct.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/rcupdate.h>
#include <linux/security.h>
#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/file.h>
#include <linux/export.h>
#include <asm/word-at-a-time.h>
#include "internal.h"
#include "dcache.h"

void restore_nameidata(struct nameidata *now)
{
	if (now->stack != now->internal)
		kfree(now->stack);
}

/* Two nested links fit; a walk that meets more gets room for all that are allowed. */
static bool nd_alloc_stack(struct nameidata *nd)
{
	struct saved *p = kmalloc_array(MAXSYMLINKS, sizeof(struct saved), GFP_KERNEL);

	if (!p)
		return false;
	memcpy(p, nd->internal, sizeof(nd->internal));
	nd->stack = p;
	return true;
}

/* --- from RCU mode to references --- */

static bool __legitimize_path(struct path *path, unsigned int seq, unsigned int mseq)
{
	if (__legitimize_mnt(path->mnt, mseq)) {
		path->mnt = NULL;
		path->dentry = NULL;
		return false;
	}
	if (!lockref_get_not_dead(&path->dentry->d_lockref)) {
		path->dentry = NULL;
		return false;
	}
	return READ_ONCE(path->dentry->d_seq) == seq;
}

static bool legitimize_root(struct nameidata *nd)
{
	if (!nd->root.mnt || (nd->state & ND_ROOT_PRESET))
		return true;
	nd->state |= ND_ROOT_GRABBED;
	return __legitimize_path(&nd->root, nd->r_seq, nd->m_seq);
}

static void leave_rcu(struct nameidata *nd)
{
	nd->flags &= ~LOOKUP_RCU;
	rcu_read_unlock();
}

bool try_to_unlazy(struct nameidata *nd)
{
	bool ok;

	nd->flags &= ~LOOKUP_RCU;
	ok = __legitimize_path(&nd->path, nd->seq, nd->m_seq) && legitimize_root(nd);
	rcu_read_unlock();
	return ok;
}

/* As try_to_unlazy, but keeps a child that was just found. */
static bool try_to_unlazy_next(struct nameidata *nd, struct dentry *dentry)
{
	bool held = lockref_get_not_dead(&dentry->d_lockref), ok = held && READ_ONCE(dentry->d_seq) == nd->next_seq;

	nd->flags &= ~LOOKUP_RCU;
	ok = __legitimize_path(&nd->path, nd->seq, nd->m_seq) && legitimize_root(nd) && ok;
	rcu_read_unlock();
	if (!ok && held)
		dput(dentry);
	return ok;
}

int complete_walk(struct nameidata *nd)
{
	if (nd->flags & LOOKUP_RCU) {
		if (!(nd->state & ND_ROOT_PRESET))
			nd->root.mnt = NULL;
		if (!try_to_unlazy(nd))
			return -ECHILD;
	}
	return 0;
}

static void put_link(struct nameidata *nd)
{
	struct saved *last = nd->stack + --nd->depth;

	path_put(&last->link);
}

void terminate_walk(struct nameidata *nd)
{
	if (nd->flags & LOOKUP_RCU) {
		leave_rcu(nd);
	} else {
		while (nd->depth)
			put_link(nd);
		path_put(&nd->path);
		if (nd->state & ND_ROOT_GRABBED) {
			path_put(&nd->root);
			nd->state &= ~ND_ROOT_GRABBED;
		}
	}
	nd->depth = 0;
	nd->path.mnt = NULL;
	nd->path.dentry = NULL;
}

/* --- roots --- */

static int set_root(struct nameidata *nd)
{
	struct fs_struct *fs = current->fs;
	unsigned int seq;

	if (nd->flags & LOOKUP_RCU) {
		do {
			seq = read_seqcount_begin(&fs->seq);
			nd->root = fs->root;
			nd->r_seq = READ_ONCE(nd->root.dentry->d_seq);
		} while (read_seqcount_retry(&fs->seq, seq));
	} else {
		get_fs_root(fs, &nd->root);
		nd->state |= ND_ROOT_GRABBED;
	}
	return 0;
}

static int nd_jump_root(struct nameidata *nd)
{
	if (!nd->root.mnt)
		set_root(nd);
	if (nd->flags & LOOKUP_RCU) {
		nd->path = nd->root;
		nd->inode = nd->path.dentry->d_inode;
		nd->seq = nd->r_seq;
	} else {
		path_put(&nd->path);
		nd->path = nd->root;
		path_get(&nd->path);
		nd->inode = nd->path.dentry->d_inode;
	}
	nd->state |= ND_JUMPED;
	return 0;
}

/* --- one component --- */

static void follow_mount_rcu(struct nameidata *nd, struct path *path)
{
	while (path->dentry->d_flags & DCACHE_MOUNTED) {
		struct mount *mounted = __lookup_mnt(path->mnt, path->dentry);

		if (!mounted)
			break;
		path->mnt = &mounted->mnt;
		path->dentry = mounted->mnt.mnt_root;
		nd->next_seq = READ_ONCE(path->dentry->d_seq);
	}
}

/* path->mnt is nd's own until the first mount is crossed; then it is held. */
static void __traverse_mounts(struct path *path, bool *jumped)
{
	while (path->dentry->d_flags & DCACHE_MOUNTED) {
		struct vfsmount *mounted = lookup_mnt(path);

		if (!mounted)
			break;
		dput(path->dentry);
		if (*jumped)
			mntput(path->mnt);
		path->mnt = mounted;
		path->dentry = dget(mounted->mnt_root);
		*jumped = true;
	}
}

static const char *pick_link(struct nameidata *nd, struct path *link, struct inode *inode, int flags)
{
	const char *res;
	int error;

	if (nd->total_link_count++ >= MAXSYMLINKS) {
		path_put(link);
		return ERR_PTR(-ELOOP);
	}
	if (nd->depth == ARRAY_SIZE(nd->internal) && nd->stack == nd->internal && !nd_alloc_stack(nd)) {
		path_put(link);
		return ERR_PTR(-ENOMEM);
	}
	nd->stack[nd->depth].link = *link;
	nd->stack[nd->depth++].name = NULL;
	touch_atime(link);
	error = security_inode_follow_link(link->dentry, inode);
	if (error)
		return ERR_PTR(error);
	res = inode->i_link ? inode->i_link : inode->i_op->get_link(link->dentry, inode);
	if (IS_ERR_OR_NULL(res))
		return res;
	if (*res == '/') {
		error = nd_jump_root(nd);
		if (error)
			return ERR_PTR(error);
		while (*++res == '/')
			;
	}
	return *res ? res : NULL;
}

/* Enters dentry (whose reference it consumes outside RCU mode); returns the body of a link that must be followed. */
const char *step_into(struct nameidata *nd, int flags, struct dentry *dentry)
{
	struct path path = { .mnt = nd->path.mnt, .dentry = dentry };
	struct inode *inode;
	bool mnt_held = false;

	if (nd->flags & LOOKUP_RCU) {
		follow_mount_rcu(nd, &path);
		inode = path.dentry->d_inode;
		if (READ_ONCE(path.dentry->d_seq) != nd->next_seq)
			return ERR_PTR(-ECHILD);
		if (inode && d_is_symlink(path.dentry)) {
			if (!try_to_unlazy_next(nd, path.dentry))
				return ERR_PTR(-ECHILD);
			mntget(path.mnt);
			mnt_held = true;
		}
	} else {
		__traverse_mounts(&path, &mnt_held);
		inode = path.dentry->d_inode;
	}
	if (!inode) {
		if (!(nd->flags & LOOKUP_RCU)) {
			dput(path.dentry);
			if (mnt_held)
				mntput(path.mnt);
		}
		return ERR_PTR(-ENOENT);
	}
	if (d_is_symlink(path.dentry) && !(flags & WALK_NOFOLLOW) &&
	    (!(flags & WALK_TRAILING) || (nd->flags & LOOKUP_FOLLOW))) {
		if (!mnt_held)
			mntget(path.mnt);
		return pick_link(nd, &path, inode, flags);
	}
	if (!(nd->flags & LOOKUP_RCU)) {
		dput(nd->path.dentry);
		if (mnt_held)
			mntput(nd->path.mnt);
	}
	nd->path = path;
	nd->inode = inode;
	nd->seq = nd->next_seq;
	return NULL;
}

static struct dentry *follow_dotdot_rcu(struct nameidata *nd)
{
	struct dentry *parent;

	if (path_equal(&nd->path, &nd->root))
		return nd->path.dentry;
	while (nd->path.dentry == nd->path.mnt->mnt_root) {
		struct mount *m = real_mount(nd->path.mnt);

		if (!mnt_has_parent(m) || path_equal(&nd->path, &nd->root))
			return nd->path.dentry;
		nd->path.mnt = &m->mnt_parent->mnt;
		nd->path.dentry = m->mnt_mountpoint;
		nd->seq = READ_ONCE(nd->path.dentry->d_seq);
	}
	parent = nd->path.dentry->d_parent;
	nd->next_seq = READ_ONCE(parent->d_seq);
	if (READ_ONCE(nd->path.dentry->d_seq) != nd->seq)
		return ERR_PTR(-ECHILD);
	return parent;
}

static struct dentry *follow_dotdot(struct nameidata *nd)
{
	if (path_equal(&nd->path, &nd->root))
		return dget(nd->path.dentry);
	while (nd->path.dentry == nd->path.mnt->mnt_root && !path_equal(&nd->path, &nd->root))
		if (!follow_up(&nd->path))
			return dget(nd->path.dentry);
	return dget_parent(nd->path.dentry);
}

int follow_up(struct path *path)
{
	struct mount *mnt = real_mount(path->mnt);
	struct path up;

	if (!mnt_has_parent(mnt))
		return 0;
	up.mnt = mntget(&mnt->mnt_parent->mnt);
	up.dentry = dget(mnt->mnt_mountpoint);
	path_put(path);
	*path = up;
	return 1;
}

const char *handle_dots(struct nameidata *nd, int type)
{
	struct dentry *parent;

	if (type != LAST_DOTDOT)
		return NULL;
	if (!nd->root.mnt)
		set_root(nd);
	if (nd->flags & LOOKUP_RCU) {
		nd->next_seq = nd->seq;
		parent = follow_dotdot_rcu(nd);
	} else {
		parent = follow_dotdot(nd);
	}
	if (IS_ERR(parent))
		return ERR_CAST(parent);
	return step_into(nd, WALK_NOFOLLOW, parent);
}

static int d_revalidate(struct dentry *dentry, unsigned int flags)
{
	return dentry->d_flags & DCACHE_OP_REVALIDATE ? dentry->d_op->d_revalidate(dentry, flags) : 1;
}

/* The cache only: a dentry (referenced outside RCU mode), NULL when the file system must be asked. */
struct dentry *lookup_fast(struct nameidata *nd)
{
	struct dentry *dentry, *parent = nd->path.dentry;
	int status;

	if (nd->flags & LOOKUP_RCU) {
		dentry = __d_lookup_rcu(parent, &nd->last, &nd->next_seq);
		if (!dentry)
			return try_to_unlazy(nd) ? NULL : ERR_PTR(-ECHILD);
		if (READ_ONCE(parent->d_seq) != nd->seq)
			return ERR_PTR(-ECHILD);
		status = d_revalidate(dentry, nd->flags);
		if (status > 0)
			return dentry;
		if (!try_to_unlazy_next(nd, dentry))
			return ERR_PTR(-ECHILD);
	} else {
		dentry = __d_lookup(parent, &nd->last);
		if (!dentry)
			return NULL;
		status = d_revalidate(dentry, nd->flags);
	}
	if (status <= 0) {
		if (!status)
			d_invalidate(dentry);
		dput(dentry);
		return ERR_PTR(status);
	}
	return dentry;
}

/* dir->i_rwsem is held for writing, so that a name is looked up once. */
struct dentry *lookup_dcache(const struct qstr *name, struct dentry *dir, unsigned int flags)
{
	struct dentry *dentry = d_lookup(dir, name);

	if (dentry && !d_revalidate(dentry, flags)) {
		d_invalidate(dentry);
		dput(dentry);
		dentry = NULL;
	}
	return dentry;
}

static struct dentry *__lookup_slow(const struct qstr *name, struct dentry *dir, unsigned int flags)
{
	struct inode *inode = dir->d_inode;
	struct dentry *dentry, *old;

	if (IS_DEADDIR(inode))
		return ERR_PTR(-ENOENT);
	dentry = lookup_dcache(name, dir, flags);
	if (dentry)
		return dentry;
	dentry = d_alloc_parallel(dir, name);
	if (IS_ERR(dentry) || dentry->d_inode)
		return dentry;
	old = inode->i_op->lookup(inode, dentry, flags);
	if (old) {
		dput(dentry);
		dentry = old;
	}
	return dentry;
}

static struct dentry *lookup_slow(const struct qstr *name, struct dentry *dir, unsigned int flags)
{
	struct dentry *res;

	inode_lock(dir->d_inode);
	res = __lookup_slow(name, dir, flags);
	inode_unlock(dir->d_inode);
	return res;
}

static const char *walk_component(struct nameidata *nd, int flags)
{
	struct dentry *dentry;

	if (nd->last_type != LAST_NORM) {
		if (!(flags & WALK_MORE) && nd->depth)
			put_link(nd);
		return handle_dots(nd, nd->last_type);
	}
	dentry = lookup_fast(nd);
	if (IS_ERR(dentry))
		return ERR_CAST(dentry);
	if (!dentry) {
		dentry = lookup_slow(&nd->last, nd->path.dentry, nd->flags);
		if (IS_ERR(dentry))
			return ERR_CAST(dentry);
	}
	if (!(flags & WALK_MORE) && nd->depth)
		put_link(nd);
	return step_into(nd, flags, dentry);
}

int may_lookup(struct nameidata *nd)
{
	int err;

	if (nd->flags & LOOKUP_RCU) {
		err = inode_permission(nd->inode, MAY_EXEC | MAY_NOT_BLOCK);
		if (!err)
			return 0;
		if (!try_to_unlazy(nd))
			return -ECHILD;
		if (err != -ECHILD)
			return err;
	}
	return inode_permission(nd->inode, MAY_EXEC);
}

/* The hash must tell equal names in different directories apart, and be cheap for short names. */
static __always_inline notrace u32 hash_name(const void *salt, const char *name, unsigned int *len)
{
	unsigned long hash = (unsigned long)salt >> 6, word, end;
	const char *p = name;

	for (;; p += sizeof(word)) {
		word = *(const unaligned_word *)p;
		end = has_zero(word) | has_zero(word ^ REPEAT_BYTE('/'));
		if (end)
			break;
		hash = (hash ^ word) * GOLDEN_RATIO_PRIME;
		hash ^= hash >> (BITS_PER_LONG / 2);
	}
	*len = p - name + find_zero(end);
	hash = (hash ^ (word & zero_bytemask(end))) * GOLDEN_RATIO_PRIME;
	return hash >> (BITS_PER_LONG - 32) ^ hash >> (BITS_PER_LONG / 2 + 10);
}

static const char *next_component(struct nameidata *nd, const char *name)
{
	const char *end;

	nd->last.name = name;
	nd->last.hash = hash_name(nd->path.dentry, name, &nd->last.len);
	end = name + nd->last.len;
	nd->last_type = LAST_NORM;
	if (name[0] == '.') {
		if (nd->last.len == 1)
			nd->last_type = LAST_DOT;
		else if (nd->last.len == 2 && name[1] == '.')
			nd->last_type = LAST_DOTDOT;
	}
	if (nd->last_type == LAST_NORM)
		nd->state &= ~ND_JUMPED;
	return end;
}

/* Everything but the last component, which is left in nd->last. */
int link_path_walk(const char *name, struct nameidata *nd)
{
	const char *link;
	unsigned int depth = 0;
	int err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	nd->last_type = LAST_ROOT;
	nd->flags |= LOOKUP_PARENT;
	while (*name == '/')
		name++;
	if (!*name) {
		nd->dir_mode = 0;
		return 0;
	}
	for (;;) {
		err = may_lookup(nd);
		if (err)
			return err;
		name = next_component(nd, name);
		while (*name == '/')
			name++;
		if (!*name) {
			if (!depth) {
				nd->dir_uid = nd->inode->i_uid;
				nd->dir_mode = nd->inode->i_mode;
				nd->flags &= ~LOOKUP_PARENT;
				return 0;
			}
			name = nd->stack[--depth].name;
			link = walk_component(nd, 0);
		} else {
			link = walk_component(nd, WALK_MORE);
		}
		if (link) {
			if (IS_ERR(link))
				return PTR_ERR(link);
			nd->stack[depth++].name = name;
			name = link;
			continue;
		}
		if (!d_can_lookup(nd->path.dentry)) {
			if ((nd->flags & LOOKUP_RCU) && !try_to_unlazy(nd))
				return -ECHILD;
			return -ENOTDIR;
		}
	}
}

const char *path_init(struct nameidata *nd, unsigned int flags)
{
	const char *s = nd->name->name;

	nd->flags = flags;
	nd->state &= ND_ROOT_PRESET;
	nd->depth = 0;
	nd->m_seq = read_seqbegin(&mount_lock);
	if (flags & LOOKUP_RCU)
		rcu_read_lock();
	nd->path.mnt = NULL;
	nd->path.dentry = NULL;
	if (nd->state & ND_ROOT_PRESET) {
		nd->path = nd->root;
		nd->inode = nd->path.dentry->d_inode;
		nd->seq = nd->r_seq = READ_ONCE(nd->path.dentry->d_seq);
		if (!(flags & LOOKUP_RCU))
			path_get(&nd->path);
		return s;
	}
	nd->root.mnt = NULL;
	if (*s == '/') {
		nd_jump_root(nd);
		return s;
	}
	if (nd->dfd == AT_FDCWD) {
		struct fs_struct *fs = current->fs;
		unsigned int seq;

		if (flags & LOOKUP_RCU) {
			do {
				seq = read_seqcount_begin(&fs->seq);
				nd->path = fs->pwd;
				nd->inode = nd->path.dentry->d_inode;
				nd->seq = READ_ONCE(nd->path.dentry->d_seq);
			} while (read_seqcount_retry(&fs->seq, seq));
		} else {
			get_fs_pwd(fs, &nd->path);
			nd->inode = nd->path.dentry->d_inode;
		}
		return s;
	} else {
		struct fd f = fdget_raw(nd->dfd);
		struct dentry *dentry;

		if (!f.file)
			return ERR_PTR(-EBADF);
		dentry = f.file->f_path.dentry;
		if (*s && !d_can_lookup(dentry)) {
			fdput(f);
			return ERR_PTR(-ENOTDIR);
		}
		nd->path = f.file->f_path;
		nd->inode = dentry->d_inode;
		if (flags & LOOKUP_RCU)
			nd->seq = READ_ONCE(dentry->d_seq);
		else
			path_get(&nd->path);
		fdput(f);
		return s;
	}
}

static const char *lookup_last(struct nameidata *nd)
{
	if (nd->last_type == LAST_NORM && nd->last.name[nd->last.len])
		nd->flags |= LOOKUP_FOLLOW | LOOKUP_DIRECTORY;
	return walk_component(nd, WALK_TRAILING);
}

static int path_lookupat(struct nameidata *nd, unsigned int flags, struct path *path)
{
	const char *s = path_init(nd, flags);
	int err;

	while (!(err = link_path_walk(s, nd)) && (s = lookup_last(nd)) != NULL)
		;
	if (!err)
		err = complete_walk(nd);
	if (!err && (nd->flags & LOOKUP_DIRECTORY) && !d_can_lookup(nd->path.dentry))
		err = -ENOTDIR;
	if (!err) {
		*path = nd->path;
		nd->path.mnt = NULL;
		nd->path.dentry = NULL;
	}
	terminate_walk(nd);
	return err;
}

int filename_lookup(int dfd, struct filename *name, unsigned int flags, struct path *path, struct path *root)
{
	struct nameidata nd;
	int retval;

	if (IS_ERR(name))
		return PTR_ERR(name);
	set_nameidata(&nd, dfd, name, root);
	retval = path_lookupat(&nd, flags | LOOKUP_RCU, path);
	if (retval == -ECHILD)
		retval = path_lookupat(&nd, flags, path);
	restore_nameidata(&nd);
	return retval;
}

static int path_parentat(struct nameidata *nd, unsigned int flags, struct path *parent)
{
	const char *s = path_init(nd, flags);
	int err = link_path_walk(s, nd);

	if (!err)
		err = complete_walk(nd);
	if (!err) {
		*parent = nd->path;
		nd->path.mnt = NULL;
		nd->path.dentry = NULL;
	}
	terminate_walk(nd);
	return err;
}

int filename_parentat(int dfd, struct filename *name, unsigned int flags, struct path *parent, struct qstr *last,
		      int *type)
{
	struct nameidata nd;
	int retval;

	if (IS_ERR(name))
		return PTR_ERR(name);
	set_nameidata(&nd, dfd, name, NULL);
	retval = path_parentat(&nd, flags | LOOKUP_RCU, parent);
	if (retval == -ECHILD)
		retval = path_parentat(&nd, flags, parent);
	if (!retval) {
		*last = nd.last;
		*type = nd.last_type;
	}
	restore_nameidata(&nd);
	return retval;
}
