/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_MOUNT_H
#define _LINUX_MOUNT_H
#include <linux/types.h>
#include <linux/list.h>
#include <asm/percpu.h>

struct super_block; struct dentry; struct path; struct file; struct file_system_type; struct fs_context;

#define MNT_NOSUID	0x01
#define MNT_NODEV	0x02
#define MNT_NOEXEC	0x04
#define MNT_NOATIME	0x08
#define MNT_NODIRATIME	0x10
#define MNT_RELATIME	0x20
#define MNT_READONLY	0x40
#define MNT_INTERNAL	0x4000
#define MNT_UMOUNT	0x8000000

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
	int mnt_flags;
};

struct vfsmount *mntget(struct vfsmount *mnt);
void mntput(struct vfsmount *mnt);
int mnt_want_write(struct vfsmount *mnt);
int __mnt_want_write(struct vfsmount *mnt);
void mnt_drop_write(struct vfsmount *mnt);
void __mnt_drop_write(struct vfsmount *mnt);
int __mnt_is_readonly(struct vfsmount *mnt);
struct vfsmount *vfs_kern_mount(struct file_system_type *type, int flags, const char *name, void *data);
struct vfsmount *vfs_create_mount(struct fs_context *fc);
struct vfsmount *fc_mount(struct fs_context *fc);
struct vfsmount *kern_mount(struct file_system_type *type);
struct vfsmount *lookup_mnt(const struct path *path);
int path_mount(const char *dev_name, struct path *path, const char *type, unsigned long flags, void *data);
int path_umount(struct path *path, int flags);
void mnt_init(void);
#endif
