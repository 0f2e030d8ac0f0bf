/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_FSNOTIFY_BACKEND_H
#define _LINUX_FSNOTIFY_BACKEND_H
#include <linux/types.h>
#include <linux/list.h>

#define FS_ACCESS		0x00000001
#define FS_MODIFY		0x00000002
#define FS_ATTRIB		0x00000004
#define FS_CLOSE_WRITE		0x00000008
#define FS_CLOSE_NOWRITE	0x00000010
#define FS_OPEN			0x00000020
#define FS_MOVED_FROM		0x00000040
#define FS_MOVED_TO		0x00000080
#define FS_CREATE		0x00000100
#define FS_DELETE		0x00000200
#define FS_OPEN_EXEC		0x00001000
#define FS_EVENT_ON_CHILD	0x08000000
#define FS_ISDIR		0x40000000
enum { FSNOTIFY_EVENT_NONE, FSNOTIFY_EVENT_PATH, FSNOTIFY_EVENT_INODE, FSNOTIFY_EVENT_DENTRY };

struct inode; struct dentry; struct qstr; struct fsnotify_mark;

struct fsnotify_group {
	const struct fsnotify_ops *ops;
	void *private;
};

struct fsnotify_ops {
	int (*handle_inode_event)(struct fsnotify_mark *mark, u32 mask, struct inode *inode, struct inode *dir,
				  const struct qstr *name);
	void (*free_mark)(struct fsnotify_mark *mark);
};

struct fsnotify_mark {
	u32 mask;
	struct inode *inode;
	struct fsnotify_group *group;
	struct hlist_node obj_list;	/* inode->i_lock to change, fsnotify_mark_srcu to read */
	struct list_head g_list;
};

int fsnotify(u32 mask, const void *data, int data_type, struct inode *dir, const struct qstr *name,
	     struct inode *inode, u32 cookie);
int __fsnotify_parent(struct dentry *dentry, u32 mask, const void *data, int data_type);
int fsnotify_add_mark(struct fsnotify_mark *mark, struct inode *inode);
void fsnotify_destroy_mark(struct fsnotify_mark *mark);
void __fsnotify_inode_delete(struct inode *inode);
void __fsnotify_update_child_dentry_flags(struct inode *inode);
void dnotify_flush(struct file *filp, void *id);
#endif
