// SPDX-License-Identifier: MIT
/* Tomoyo: each task is in a domain, named by how it came to run; a domain's profile says whether it is held to rules. */
#include <linux/fs.h>
#include <linux/lsm_hooks.h>
#include <linux/binfmts.h>
#include <linux/sched.h>
#include <linux/srcu.h>
#include <linux/slab.h>

struct tomoyo_domain_info { const char *domainname; unsigned char profile; };
struct tomoyo_request_info { struct tomoyo_domain_info *domain; unsigned char mode; };
enum { TOMOYO_CONFIG_DISABLED, TOMOYO_CONFIG_LEARNING, TOMOYO_CONFIG_PERMISSIVE, TOMOYO_CONFIG_ENFORCING };

static struct tomoyo_domain_info tomoyo_kernel_domain = { .domainname = "<kernel>" };
static const unsigned char tomoyo_profile_mode[] = { TOMOYO_CONFIG_DISABLED };
DEFINE_STATIC_SRCU(tomoyo_ss);

static noinline struct tomoyo_domain_info *tomoyo_domain(void)
{
	return &tomoyo_kernel_domain;
}

static noinline int tomoyo_init_request_info(struct tomoyo_request_info *r, struct tomoyo_domain_info *domain)
{
	r->domain = domain;
	r->mode = tomoyo_profile_mode[domain->profile];
	return r->mode;
}

noinline int tomoyo_check_open_permission(struct tomoyo_domain_info *domain, const struct path *path, int flag)
{
	struct tomoyo_request_info r;
	int error = 0, idx = srcu_read_lock(&tomoyo_ss);

	if (tomoyo_init_request_info(&r, domain) == TOMOYO_CONFIG_ENFORCING)
		error = -EPERM;		/* no rule permits anything */
	srcu_read_unlock(&tomoyo_ss, idx);
	return error;
}

static noinline int tomoyo_path_perm(const struct path *path)
{
	struct tomoyo_request_info r;

	return tomoyo_init_request_info(&r, tomoyo_domain()) == TOMOYO_CONFIG_ENFORCING ? -EPERM : 0;
}

static noinline int tomoyo_file_open(struct file *f)
{
	/* the program that execve opens was checked by the domain transition */
	return f->f_mode & FMODE_EXEC ? 0 : tomoyo_check_open_permission(tomoyo_domain(), &f->f_path, f->f_flags);
}

static noinline int tomoyo_path_truncate(const struct path *path) { return tomoyo_path_perm(path); }
static noinline int tomoyo_path_unlink(const struct path *dir, struct dentry *dentry) { return tomoyo_path_perm(dir); }
static noinline int tomoyo_path_rmdir(const struct path *dir, struct dentry *dentry) { return tomoyo_path_perm(dir); }
static noinline int tomoyo_path_mkdir(const struct path *dir, struct dentry *dentry, umode_t mode) { return tomoyo_path_perm(dir); }
static noinline int tomoyo_path_mknod(const struct path *dir, struct dentry *dentry, umode_t mode, unsigned int dev) { return tomoyo_path_perm(dir); }
static noinline int tomoyo_inode_getattr(const struct path *path) { return tomoyo_path_perm(path); }

static noinline int tomoyo_file_fcntl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (cmd != F_SETFL || !((arg ^ file->f_flags) & O_APPEND))
		return 0;
	return tomoyo_check_open_permission(tomoyo_domain(), &file->f_path, O_WRONLY);
}

static noinline int tomoyo_bprm_check_security(struct linux_binprm *bprm)
{
	return tomoyo_check_open_permission(tomoyo_domain(), &bprm->file->f_path, O_RDONLY);
}

static noinline int tomoyo_task_alloc(struct task_struct *task, unsigned long clone_flags)
{
	return tomoyo_domain() ? 0 : -EPERM;
}

const struct lsm_info tomoyo_lsm = {
	.name = "tomoyo",
	.file_open = tomoyo_file_open,
	.file_fcntl = tomoyo_file_fcntl,
	.path_truncate = tomoyo_path_truncate,
	.path_unlink = tomoyo_path_unlink,
	.path_rmdir = tomoyo_path_rmdir,
	.path_mkdir = tomoyo_path_mkdir,
	.path_mknod = tomoyo_path_mknod,
	.inode_getattr = tomoyo_inode_getattr,
	.bprm_check_security = tomoyo_bprm_check_security,
	.task_alloc = tomoyo_task_alloc,
};
