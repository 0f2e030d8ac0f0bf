// SPDX-License-Identifier: MIT
/* File system types and the context in which one of them is being mounted. */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/cred.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/module.h>
#include "internal.h"

static struct file_system_type *file_systems;	/* file_systems_lock */
static DEFINE_RWLOCK(file_systems_lock);

struct file_system_type *get_filesystem(struct file_system_type *fs)
{
	__module_get(fs->owner);
	return fs;
}

void put_filesystem(struct file_system_type *fs)
{
	module_put(fs->owner);
}

static struct file_system_type **find_filesystem(const char *name)
{
	struct file_system_type **p;

	for (p = &file_systems; *p; p = &(*p)->next)
		if (!strcmp((*p)->name, name))
			break;
	return p;
}

int register_filesystem(struct file_system_type *fs)
{
	struct file_system_type **p;
	int res = 0;

	write_lock(&file_systems_lock);
	p = find_filesystem(fs->name);
	if (*p)
		res = -EBUSY;
	else
		*p = fs;
	write_unlock(&file_systems_lock);
	return res;
}
EXPORT_SYMBOL(register_filesystem);

int unregister_filesystem(struct file_system_type *fs)
{
	struct file_system_type **p;
	int res = -EINVAL;

	write_lock(&file_systems_lock);
	for (p = &file_systems; *p; p = &(*p)->next) {
		if (*p != fs)
			continue;
		*p = fs->next;
		fs->next = NULL;
		res = 0;
		break;
	}
	write_unlock(&file_systems_lock);
	return res;
}
EXPORT_SYMBOL(unregister_filesystem);

static struct file_system_type *__get_fs_type(const char *name)
{
	struct file_system_type *fs;

	read_lock(&file_systems_lock);
	fs = *find_filesystem(name);
	if (fs && !try_module_get(fs->owner))
		fs = NULL;
	read_unlock(&file_systems_lock);
	return fs;
}

struct file_system_type *get_fs_type(const char *name)
{
	return __get_fs_type(name);
}
EXPORT_SYMBOL(get_fs_type);

static struct fs_context *alloc_fs_context(struct file_system_type *fs_type, unsigned int sb_flags)
{
	struct fs_context *fc = kzalloc(sizeof(*fc), GFP_KERNEL);
	int ret;

	if (!fc)
		return ERR_PTR(-ENOMEM);
	fc->sb_flags = sb_flags;
	fc->fs_type = get_filesystem(fs_type);
	fc->cred = get_current_cred();
	ret = fs_type->init_fs_context(fc);
	if (ret < 0) {
		put_fs_context(fc);
		return ERR_PTR(ret);
	}
	return fc;
}

struct fs_context *fs_context_for_mount(struct file_system_type *fs_type, unsigned int sb_flags)
{
	return alloc_fs_context(fs_type, sb_flags);
}
EXPORT_SYMBOL(fs_context_for_mount);

void put_fs_context(struct fs_context *fc)
{
	struct super_block *sb;

	if (fc->root) {
		sb = fc->root->d_sb;
		dput(fc->root);
		fc->root = NULL;
		deactivate_super(sb);
	}
	if (fc->ops && fc->ops->free)
		fc->ops->free(fc);
	put_cred(fc->cred);
	put_filesystem(fc->fs_type);
	kfree(fc->source);
	kfree(fc);
}
EXPORT_SYMBOL(put_fs_context);

/* The only parameter that any of the file systems here takes is where it comes from. */
static int vfs_parse_fs_param_source(struct fs_context *fc, const char *value)
{
	if (fc->source)
		return -EINVAL;
	fc->source = kstrdup(value, GFP_KERNEL);
	return fc->source ? 0 : -ENOMEM;
}

int vfs_parse_fs_string(struct fs_context *fc, const char *key, const char *value, size_t size)
{
	return strcmp(key, "source") ? -EINVAL : vfs_parse_fs_param_source(fc, value);
}
