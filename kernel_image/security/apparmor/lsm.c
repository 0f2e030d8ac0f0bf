// SPDX-License-Identifier: MIT
/*
 * AppArmor: a task and an open file carry a label; a label that is not "unconfined" permits what its mask says.
 * No policy is loaded, so every label is unconfined, and the checks end as early as the kernel's do.
 */
#include <linux/fs.h>
#include <linux/lsm_hooks.h>
#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/mount.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

struct aa_label { const char *name; bool unconfined; u32 allow; };
struct aa_file_ctx { struct aa_label *label; u32 allow; };

#define AA_MAY_CREATE	0x10
#define AA_MAY_DELETE	0x20
#define AA_MAY_SETATTR	0x200
#define AA_MAY_GETATTR	0x2000
#define AA_MAY_CHMOD	0x1000
#define AA_MAY_LOCK	0x8000
#define AA_MAY_LINK	0x40000

static struct aa_label unconfined_label = { "unconfined", true, ~0U };

static __always_inline notrace struct aa_label *current_label(void)
{
	return current->cred && current->cred->security ? current->cred->security : &unconfined_label;
}

static __always_inline notrace struct aa_file_ctx *file_ctx(struct file *file)
{
	return file->f_security;
}

noinline int aa_file_perm(struct aa_label *label, struct file *file, u32 request)
{
	struct aa_file_ctx *ctx = file_ctx(file);
	struct aa_label *flabel;
	int error = 0;

	rcu_read_lock();
	flabel = rcu_dereference(ctx->label);
	/* checked when it was opened, by the same label, for the same access: nothing to do */
	if (!(label->unconfined && flabel->unconfined) && (flabel != label || (request & ~ctx->allow)))
		error = request & ~label->allow ? -EACCES : 0;
	rcu_read_unlock();
	if (!error)
		ctx->allow |= request;
	return error;
}

static int common_file_perm(struct file *file, u32 mask)
{
	return aa_file_perm(current_label(), file, mask);
}

static noinline int apparmor_file_permission(struct file *file, int mask)
{
	return common_file_perm(file, mask);
}

static noinline int apparmor_file_receive(struct file *file)
{
	return common_file_perm(file, file->f_mode & (FMODE_READ | FMODE_WRITE));
}

static noinline int apparmor_file_lock(struct file *file, unsigned int cmd)
{
	return common_file_perm(file, AA_MAY_LOCK);
}

static noinline int apparmor_file_open(struct file *file)
{
	struct aa_label *label = file->f_cred->security ? file->f_cred->security : &unconfined_label;

	if (file->f_mode & FMODE_EXEC)
		return 0;
	file_ctx(file)->allow = label->unconfined ? ~0U : label->allow;
	return label->unconfined ? 0 : file->f_mode & ~label->allow & (FMODE_READ | FMODE_WRITE) ? -EACCES : 0;
}

static noinline int apparmor_file_alloc_security(struct file *file)
{
	rcu_assign_pointer(file_ctx(file)->label, current_label());
	return 0;
}

static noinline void apparmor_file_free_security(struct file *file)
{
	if (file_ctx(file))
		rcu_assign_pointer(file_ctx(file)->label, NULL);
}

static noinline int apparmor_file_truncate(struct file *file)
{
	return common_file_perm(file, MAY_WRITE | AA_MAY_SETATTR);
}

static int common_perm(const struct path *path, u32 mask)
{
	struct aa_label *label = current_label();

	return label->unconfined ? 0 : mask & ~label->allow ? -EACCES : 0;
}

/* The kernel's internal mounts have no paths to speak of. */
noinline int common_perm_cond(const struct path *path, u32 mask)
{
	return path->mnt->mnt_flags & MNT_INTERNAL ? 0 : common_perm(path, mask);
}

static noinline int common_perm_create(const struct path *dir, struct dentry *dentry, u32 mask)
{
	return common_perm_cond(dir, mask);
}

static noinline int common_perm_rm(const struct path *dir, struct dentry *dentry, u32 mask)
{
	return dentry->d_inode ? common_perm_cond(dir, mask) : 0;
}

static noinline int apparmor_path_mkdir(const struct path *dir, struct dentry *dentry, umode_t mode) { return common_perm_create(dir, dentry, AA_MAY_CREATE); }
static noinline int apparmor_path_mknod(const struct path *dir, struct dentry *dentry, umode_t mode, unsigned int dev) { return common_perm_create(dir, dentry, AA_MAY_CREATE); }
static noinline int apparmor_path_symlink(const struct path *dir, struct dentry *dentry, const char *old) { return common_perm_create(dir, dentry, AA_MAY_CREATE); }
static noinline int apparmor_path_rmdir(const struct path *dir, struct dentry *dentry) { return common_perm_rm(dir, dentry, AA_MAY_DELETE); }
static noinline int apparmor_path_unlink(const struct path *dir, struct dentry *dentry) { return common_perm_rm(dir, dentry, AA_MAY_DELETE); }
static noinline int apparmor_path_link(struct dentry *old, const struct path *dir, struct dentry *dentry) { return common_perm_cond(dir, AA_MAY_LINK); }
static noinline int apparmor_path_rename(const struct path *od, struct dentry *o, const struct path *nd, struct dentry *n) { return common_perm_cond(od, AA_MAY_DELETE) ?: common_perm_cond(nd, AA_MAY_CREATE); }
static noinline int apparmor_path_truncate(const struct path *path) { return common_perm_cond(path, MAY_WRITE | AA_MAY_SETATTR); }
static noinline int apparmor_path_chmod(const struct path *path, umode_t mode) { return common_perm_cond(path, AA_MAY_CHMOD); }
static noinline int apparmor_inode_getattr(const struct path *path) { return common_perm_cond(path, AA_MAY_GETATTR); }

static noinline int apparmor_capable(const struct cred *cred, int cap)
{
	struct aa_label *label = cred->security ? cred->security : &unconfined_label;

	return label->unconfined ? 0 : -EPERM;
}

static noinline int apparmor_bprm_creds_for_exec(struct linux_binprm *bprm)
{
	return current_label()->unconfined ? 0 : -EACCES;
}

static noinline void apparmor_bprm_committing_creds(struct linux_binprm *bprm)
{
	if (!bprm->cred->security)
		bprm->cred->security = &unconfined_label;
}

static noinline int apparmor_cred_prepare(struct cred *new, const struct cred *old)
{
	new->security = old->security;
	return 0;
}

static noinline void apparmor_cred_free(struct cred *cred)
{
	cred->security = NULL;
}

static noinline int apparmor_task_kill(struct task_struct *target, int sig, const struct cred *cred)
{
	return current_label()->unconfined ? 0 : -EACCES;
}

const struct lsm_info apparmor_lsm = {
	.name = "apparmor",
	.file_permission = apparmor_file_permission,
	.file_alloc_security = apparmor_file_alloc_security,
	.file_free_security = apparmor_file_free_security,
	.file_open = apparmor_file_open,
	.file_receive = apparmor_file_receive,
	.file_lock = apparmor_file_lock,
	.file_truncate = apparmor_file_truncate,
	.path_mkdir = apparmor_path_mkdir,
	.path_mknod = apparmor_path_mknod,
	.path_symlink = apparmor_path_symlink,
	.path_rmdir = apparmor_path_rmdir,
	.path_unlink = apparmor_path_unlink,
	.path_link = apparmor_path_link,
	.path_rename = apparmor_path_rename,
	.path_truncate = apparmor_path_truncate,
	.path_chmod = apparmor_path_chmod,
	.inode_getattr = apparmor_inode_getattr,
	.capable = apparmor_capable,
	.bprm_creds_for_exec = apparmor_bprm_creds_for_exec,
	.bprm_committing_creds = apparmor_bprm_committing_creds,
	.cred_prepare = apparmor_cred_prepare,
	.cred_free = apparmor_cred_free,
	.task_kill = apparmor_task_kill,
};
