/* SPDX-License-Identifier: MIT */
#ifndef _FS_MOUNT_H
#define _FS_MOUNT_H
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/seqlock.h>

struct mount {
	struct hlist_node mnt_hash;	/* mount_lock */
	struct mount *mnt_parent;	/* mount_lock */
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct callback_head mnt_rcu;
	int mnt_count[NR_CPUS];		/* the sum counts: each CPU adds to its own */
	int mnt_writers[NR_CPUS];
	struct list_head mnt_mounts, mnt_child;	/* mount_lock: the tree */
	struct list_head mnt_instance;	/* mount_lock: mounts of one super block */
	const char *mnt_devname;
	struct list_head mnt_list;	/* namespace_sem: all that are mounted */
	int mnt_id;
};

static __always_inline notrace struct mount *real_mount(struct vfsmount *mnt)
{
	return container_of(mnt, struct mount, mnt);
}
static __always_inline notrace bool mnt_has_parent(struct mount *mnt) { return mnt != mnt->mnt_parent; }

extern seqlock_t mount_lock;
extern struct list_head mount_list;
struct mount *__lookup_mnt(struct vfsmount *mnt, struct dentry *dentry);
bool legitimize_mnt(struct vfsmount *bastard, unsigned int seq);
int __legitimize_mnt(struct vfsmount *bastard, unsigned int seq);
#endif
