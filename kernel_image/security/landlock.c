// SPDX-License-Identifier: MIT
/* Landlock: rules that a process puts on itself.  None can be made here, so no task has a domain. */
#include <linux/fs.h>
#include <linux/lsm_hooks.h>
#include <linux/cred.h>
#include <linux/sched.h>

static __always_inline notrace bool landlocked(const struct cred *cred)
{
	return cred->securebits >> 31;
}

static noinline int hook_file_open(struct file *file)
{
	return landlocked(file->f_cred) && (file->f_mode & FMODE_WRITE) ? -EACCES : 0;
}

static noinline int hook_path_mkdir(const struct path *dir, struct dentry *dentry, umode_t mode)
{
	return landlocked(current_cred()) ? -EACCES : 0;
}

static noinline int hook_path_unlink(const struct path *dir, struct dentry *dentry)
{
	return landlocked(current_cred()) ? -EACCES : 0;
}

static noinline int hook_path_rename(const struct path *od, struct dentry *o, const struct path *nd, struct dentry *n)
{
	return landlocked(current_cred()) ? -EXDEV : 0;
}

static noinline int hook_sb_mount(const char *dev_name, const struct path *path, const char *type, unsigned long flags)
{
	return landlocked(current_cred()) ? -EPERM : 0;
}

const struct lsm_info landlock_lsm = {
	.name = "landlock",
	.file_open = hook_file_open,
	.path_mkdir = hook_path_mkdir,
	.path_unlink = hook_path_unlink,
	.path_rename = hook_path_rename,
	.sb_mount = hook_sb_mount,
};
