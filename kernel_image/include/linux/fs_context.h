/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_FS_CONTEXT_H
#define _LINUX_FS_CONTEXT_H
#include <linux/fs.h>

struct fs_context_operations {
	void (*free)(struct fs_context *fc);
	int (*get_tree)(struct fs_context *fc);
};

struct fs_context {
	const struct fs_context_operations *ops;
	struct file_system_type *fs_type;
	void *fs_private;
	struct dentry *root;
	const struct cred *cred;
	char *source;
	void *s_fs_info;
	unsigned int sb_flags;
};

struct fs_context *fs_context_for_mount(struct file_system_type *fs_type, unsigned int sb_flags);
void put_fs_context(struct fs_context *fc);
int vfs_parse_fs_string(struct fs_context *fc, const char *key, const char *value, size_t size);
int set_anon_super_fc(struct super_block *sb, struct fs_context *fc);
#endif
