// SPDX-License-Identifier: MIT
/* The tree of mounts.  There is one namespace. */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/fs_struct.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/rculist.h>
#include <linux/security.h>
#include <linux/capability.h>
#include <linux/syscalls.h>
#include <linux/sched.h>
#include <linux/export.h>
#include "internal.h"

#define MNT_HASH_BITS	6
static struct hlist_head mount_hashtable[1 << MNT_HASH_BITS];	/* mount_lock to change, RCU to read */
seqlock_t mount_lock;
LIST_HEAD(mount_list);				/* namespace_sem */
static DECLARE_RWSEM(namespace_sem);
static struct kmem_cache *mnt_cache;
static int next_mnt_id = 1;

static __always_inline notrace struct hlist_head *m_hash(struct vfsmount *mnt, struct dentry *dentry)
{
	unsigned long t = (unsigned long)mnt / 64 + (unsigned long)dentry / 64;

	return &mount_hashtable[(t ^ (t >> MNT_HASH_BITS)) & ((1 << MNT_HASH_BITS) - 1)];
}

static struct mount *alloc_vfsmnt(const char *name)
{
	struct mount *mnt = kmem_cache_zalloc(mnt_cache, GFP_KERNEL);

	if (!mnt)
		return NULL;
	mnt->mnt_id = next_mnt_id++;
	mnt->mnt_devname = kstrdup(name ? name : "none", GFP_KERNEL);
	mnt->mnt_count[0] = 1;
	INIT_LIST_HEAD(&mnt->mnt_child);
	INIT_LIST_HEAD(&mnt->mnt_mounts);
	INIT_LIST_HEAD(&mnt->mnt_list);
	return mnt;
}

static int mnt_get_count(struct mount *mnt)
{
	int cpu, count = 0;

	for_each_possible_cpu(cpu)
		count += mnt->mnt_count[cpu];
	return count;
}

static __always_inline notrace void mnt_add_count(struct mount *mnt, int n)
{
	preempt_disable_notrace();
	this_cpu_add(mnt->mnt_count, n);
	preempt_enable_notrace();
}

struct vfsmount *mntget(struct vfsmount *mnt)
{
	if (mnt)
		mnt_add_count(real_mount(mnt), 1);
	return mnt;
}
EXPORT_SYMBOL(mntget);

static void delayed_free_vfsmnt(struct callback_head *head)
{
	struct mount *mnt = container_of(head, struct mount, mnt_rcu);

	kfree(mnt->mnt_devname);
	kmem_cache_free(mnt_cache, mnt);
}

static void cleanup_mnt(struct mount *mnt)
{
	dput(mnt->mnt.mnt_root);
	deactivate_super(mnt->mnt.mnt_sb);
	call_rcu(&mnt->mnt_rcu, delayed_free_vfsmnt);
}

static void mntput_no_expire(struct mount *mnt)
{
	rcu_read_lock();
	if (mnt_has_parent(mnt) || mnt->mnt.mnt_flags & MNT_INTERNAL || !list_empty(&mnt->mnt_list)) {
		/* mounted: somebody else holds one, so this cannot be the last */
		mnt_add_count(mnt, -1);
		rcu_read_unlock();
		return;
	}
	write_seqlock(&mount_lock);
	mnt_add_count(mnt, -1);
	if (mnt_get_count(mnt)) {
		rcu_read_unlock();
		write_sequnlock(&mount_lock);
		return;
	}
	rcu_read_unlock();
	list_del(&mnt->mnt_instance);
	write_sequnlock(&mount_lock);
	cleanup_mnt(mnt);
}

void mntput(struct vfsmount *mnt)
{
	if (mnt)
		mntput_no_expire(real_mount(mnt));
}
EXPORT_SYMBOL(mntput);

int __mnt_is_readonly(struct vfsmount *mnt)
{
	return (mnt->mnt_flags & MNT_READONLY) || (mnt->mnt_sb->s_flags & SB_RDONLY);
}

int __mnt_want_write(struct vfsmount *m)
{
	struct mount *mnt = real_mount(m);
	int ret = 0;

	preempt_disable();
	this_cpu_inc(mnt->mnt_writers);
	if ((m->mnt_flags & MNT_READONLY) || (m->mnt_sb->s_flags & SB_RDONLY)) {
		this_cpu_dec(mnt->mnt_writers);
		ret = -EROFS;
	}
	preempt_enable();
	return ret;
}

int mnt_want_write(struct vfsmount *m)
{
	int ret;

	sb_start_write(m->mnt_sb);
	ret = __mnt_want_write(m);
	if (ret)
		sb_end_write(m->mnt_sb);
	return ret;
}
EXPORT_SYMBOL(mnt_want_write);

void __mnt_drop_write(struct vfsmount *mnt)
{
	preempt_disable();
	this_cpu_dec(real_mount(mnt)->mnt_writers);
	preempt_enable();
}

void mnt_drop_write(struct vfsmount *mnt)
{
	__mnt_drop_write(mnt);
	sb_end_write(mnt->mnt_sb);
}
EXPORT_SYMBOL(mnt_drop_write);

/* Under RCU or mount_lock. */
struct mount *__lookup_mnt(struct vfsmount *mnt, struct dentry *dentry)
{
	struct mount *p;

	hlist_for_each_entry_rcu(p, m_hash(mnt, dentry), mnt_hash)
		if (&p->mnt_parent->mnt == mnt && p->mnt_mountpoint == dentry)
			return p;
	return NULL;
}

/* 0: held; 1: the sequence moved, nothing was taken. */
int __legitimize_mnt(struct vfsmount *bastard, unsigned int seq)
{
	if (!bastard)
		return 0;
	if (read_seqretry(&mount_lock, seq))
		return 1;
	mnt_add_count(real_mount(bastard), 1);
	return 0;
}

struct vfsmount *lookup_mnt(const struct path *path)
{
	struct vfsmount *m = NULL;
	struct mount *child;

	rcu_read_lock();
	child = __lookup_mnt(path->mnt, path->dentry);
	if (child)
		m = mntget(&child->mnt);
	rcu_read_unlock();
	return m;
}

struct vfsmount *vfs_create_mount(struct fs_context *fc)
{
	struct mount *mnt = alloc_vfsmnt(fc->source);

	if (!mnt)
		return ERR_PTR(-ENOMEM);
	if (fc->sb_flags & SB_KERNMOUNT)
		mnt->mnt.mnt_flags = MNT_INTERNAL;
	mnt->mnt.mnt_flags |= MNT_RELATIME;
	atomic_inc(&fc->root->d_sb->s_active);
	mnt->mnt.mnt_sb = fc->root->d_sb;
	mnt->mnt.mnt_root = dget(fc->root);
	mnt->mnt_mountpoint = mnt->mnt.mnt_root;
	mnt->mnt_parent = mnt;
	write_seqlock(&mount_lock);
	list_add_tail(&mnt->mnt_instance, &mnt->mnt.mnt_sb->s_mounts);
	write_sequnlock(&mount_lock);
	return &mnt->mnt;
}
EXPORT_SYMBOL(vfs_create_mount);

struct vfsmount *fc_mount(struct fs_context *fc)
{
	int err = vfs_get_tree(fc);

	if (err)
		return ERR_PTR(err);
	up_write(&fc->root->d_sb->s_umount);
	return vfs_create_mount(fc);
}
EXPORT_SYMBOL(fc_mount);

struct vfsmount *vfs_kern_mount(struct file_system_type *type, int flags, const char *name, void *data)
{
	struct fs_context *fc;
	struct vfsmount *mnt;
	int ret = 0;

	fc = fs_context_for_mount(type, flags);
	if (IS_ERR(fc))
		return ERR_CAST(fc);
	if (name)
		ret = vfs_parse_fs_string(fc, "source", name, strlen(name));
	mnt = ret ? ERR_PTR(ret) : fc_mount(fc);
	put_fs_context(fc);
	return mnt;
}
EXPORT_SYMBOL(vfs_kern_mount);

struct vfsmount *kern_mount(struct file_system_type *type)
{
	return vfs_kern_mount(type, SB_KERNMOUNT, type->name, NULL);
}
EXPORT_SYMBOL(kern_mount);

static void attach_mnt(struct mount *mnt, struct mount *parent, struct dentry *mountpoint)
{
	spin_lock(&mountpoint->d_lock);
	mountpoint->d_flags |= DCACHE_MOUNTED;
	spin_unlock(&mountpoint->d_lock);
	mnt->mnt_mountpoint = dget(mountpoint);
	mnt->mnt_parent = parent;
	mntget(&parent->mnt);
	hlist_add_head_rcu(&mnt->mnt_hash, m_hash(&parent->mnt, mountpoint));
	list_add_tail(&mnt->mnt_child, &parent->mnt_mounts);
}

static int graft_tree(struct mount *mnt, const struct path *path)
{
	if (d_is_dir(path->dentry) != d_is_dir(mnt->mnt.mnt_root))
		return -ENOTDIR;
	write_seqlock(&mount_lock);
	attach_mnt(mnt, real_mount(path->mnt), path->dentry);
	write_sequnlock(&mount_lock);
	list_add_tail(&mnt->mnt_list, &mount_list);
	return 0;
}

static int do_add_mount(struct mount *newmnt, const struct path *path, int mnt_flags)
{
	if (path->mnt->mnt_sb == newmnt->mnt.mnt_sb && path->mnt->mnt_root == path->dentry)
		return -EBUSY;
	newmnt->mnt.mnt_flags |= mnt_flags;
	return graft_tree(newmnt, path);
}

static int do_new_mount_fc(struct fs_context *fc, struct path *path, unsigned int mnt_flags)
{
	struct vfsmount *mnt = fc_mount(fc);
	int error;

	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	down_write(&namespace_sem);
	error = do_add_mount(real_mount(mnt), path, mnt_flags);
	up_write(&namespace_sem);
	if (error)
		mntput(mnt);
	return error;
}

static int do_new_mount(struct path *path, const char *fstype, int sb_flags, int mnt_flags, const char *name)
{
	struct file_system_type *type;
	struct fs_context *fc;
	int err = 0;

	if (!fstype)
		return -EINVAL;
	type = get_fs_type(fstype);
	if (!type)
		return -ENODEV;
	fc = fs_context_for_mount(type, sb_flags);
	put_filesystem(type);
	if (IS_ERR(fc))
		return PTR_ERR(fc);
	if (name)
		err = vfs_parse_fs_string(fc, "source", name, strlen(name));
	if (!err)
		err = do_new_mount_fc(fc, path, mnt_flags);
	put_fs_context(fc);
	return err;
}

int path_mount(const char *dev_name, struct path *path, const char *type, unsigned long flags, void *data)
{
	int ret = security_sb_mount(dev_name, path, type, flags);

	if (ret)
		return ret;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return do_new_mount(path, type, flags & SB_RDONLY, flags & SB_RDONLY ? MNT_READONLY : 0, dev_name);
}
EXPORT_SYMBOL(path_mount);

static void umount_tree(struct mount *mnt)
{
	struct dentry *mountpoint = mnt->mnt_mountpoint;
	struct mount *parent = mnt->mnt_parent;

	write_seqlock(&mount_lock);
	mnt->mnt.mnt_flags |= MNT_UMOUNT;
	hlist_del_init_rcu(&mnt->mnt_hash);
	list_del_init(&mnt->mnt_child);
	list_del_init(&mnt->mnt_list);
	mnt->mnt_parent = mnt;
	mnt->mnt_mountpoint = mnt->mnt.mnt_root;
	write_sequnlock(&mount_lock);
	spin_lock(&mountpoint->d_lock);
	mountpoint->d_flags &= ~DCACHE_MOUNTED;
	spin_unlock(&mountpoint->d_lock);
	dput(mountpoint);
	mntput(&parent->mnt);
}

static int do_umount(struct mount *mnt, int flags)
{
	int retval = -EBUSY;

	down_write(&namespace_sem);
	/* one for being mounted, one for the caller's path */
	if (mnt_has_parent(mnt) && list_empty(&mnt->mnt_mounts) && mnt_get_count(mnt) <= 2) {
		umount_tree(mnt);
		retval = 0;
	}
	up_write(&namespace_sem);
	if (!retval)
		mntput_no_expire(mnt);
	return retval;
}

int path_umount(struct path *path, int flags)
{
	int ret = -EINVAL;

	if (path->dentry == path->mnt->mnt_root)
		ret = capable(CAP_SYS_ADMIN) ? do_umount(real_mount(path->mnt), flags) : -EPERM;
	dput(path->dentry);
	mntput_no_expire(real_mount(path->mnt));
	return ret;
}
EXPORT_SYMBOL(path_umount);

SYSCALL_DEFINE2(umount, char __user *, name, int, flags)
{
	struct path path;
	int ret = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);

	return ret ? ret : path_umount(&path, flags);
}

SYSCALL_DEFINE5(mount, char __user *, dev_name, char __user *, dir_name, char __user *, type,
		unsigned long, flags, void __user *, data)
{
	char *kernel_type = strndup_user(type, NAME_MAX), *kernel_dev;
	struct path path;
	int ret;

	if (IS_ERR(kernel_type))
		return PTR_ERR(kernel_type);
	kernel_dev = dev_name ? strndup_user(dev_name, NAME_MAX) : kstrdup("none", GFP_KERNEL);
	ret = PTR_ERR_OR_ZERO(kernel_dev);
	if (!ret) {
		ret = user_path_at(AT_FDCWD, dir_name, LOOKUP_FOLLOW, &path);
		if (!ret) {
			ret = path_mount(kernel_dev, &path, kernel_type, flags, NULL);
			path_put(&path);
		}
		kfree(kernel_dev);
	}
	kfree(kernel_type);
	return ret;
}

static void __init init_mount_tree(void)
{
	struct file_system_type *type = get_fs_type("tmpfs");
	struct vfsmount *mnt = vfs_kern_mount(type, 0, "rootfs", NULL);
	struct path root;

	list_add(&real_mount(mnt)->mnt_list, &mount_list);
	root.mnt = mnt;
	root.dentry = mnt->mnt_root;
	set_fs_pwd(current->fs, &root);
	set_fs_root(current->fs, &root);
}

void __init mnt_init(void)
{
	mnt_cache = kmem_cache_create("mnt_cache", sizeof(struct mount), 0, 0, NULL);
	seqlock_init(&mount_lock);
	init_mount_tree();
}
