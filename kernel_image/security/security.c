// SPDX-License-Identifier: MIT
/* The hooks: each asks the security modules in order, and the first that says no has decided. */
#include <linux/fs.h>
#include <linux/lsm_hooks.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/cred.h>
#include <linux/kernel.h>

static const struct lsm_info *const lsms[] = { &capability_lsm, &landlock_lsm, &apparmor_lsm, &tomoyo_lsm, &bpf_lsm };
static struct kmem_cache *lsm_file_cache, *lsm_inode_cache;

#define LSM_BLOB_SIZE	32	/* what all modules together keep for a file or an inode */

/* Those that have something to say on each question, in order: a list that ends with NULL. */
static struct {
#define LSM_HOOK(RET, DEFAULT, NAME, ...) RET (*NAME[ARRAY_SIZE(lsms) + 1])(__VA_ARGS__);
#include <linux/lsm_hook_defs.h>
#undef LSM_HOOK
} security_hook_heads;

#define call_int_hook(FUNC, ...) ({ \
	int _rc = 0; \
	for (__typeof__(&security_hook_heads.FUNC[0]) _p = security_hook_heads.FUNC; !_rc && *_p; _p++) \
		_rc = (*_p)(__VA_ARGS__); \
	_rc; })
#define call_void_hook(FUNC, ...) do { \
	for (__typeof__(&security_hook_heads.FUNC[0]) _p = security_hook_heads.FUNC; *_p; _p++) \
		(*_p)(__VA_ARGS__); \
} while (0)

int security_file_permission(struct file *file, int mask)
{
	return call_int_hook(file_permission, file, mask);
}

int security_file_alloc(struct file *file)
{
	int rc;

	if (!lsm_file_cache)
		lsm_file_cache = kmem_cache_create("lsm_file_cache", LSM_BLOB_SIZE, 0, 0, NULL);
	file->f_security = kmem_cache_zalloc(lsm_file_cache, GFP_KERNEL);
	if (!file->f_security)
		return -ENOMEM;
	rc = call_int_hook(file_alloc_security, file);
	if (unlikely(rc))
		security_file_free(file);
	return rc;
}

void security_file_free(struct file *file)
{
	void *blob = file->f_security;

	call_void_hook(file_free_security, file);
	if (blob) {
		file->f_security = NULL;
		kmem_cache_free(lsm_file_cache, blob);
	}
}

int security_file_open(struct file *file) { return call_int_hook(file_open, file); }
int security_file_fcntl(struct file *file, unsigned int cmd, unsigned long arg) { return call_int_hook(file_fcntl, file, cmd, arg); }
int security_file_lock(struct file *file, unsigned int cmd) { return call_int_hook(file_lock, file, cmd); }
int security_file_receive(struct file *file) { return call_int_hook(file_receive, file); }
int security_file_truncate(struct file *file) { return call_int_hook(file_truncate, file); }

int security_inode_alloc(struct inode *inode)
{
	int rc;

	if (!lsm_inode_cache)
		lsm_inode_cache = kmem_cache_create("lsm_inode_cache", LSM_BLOB_SIZE, 0, 0, NULL);
	inode->i_security = kmem_cache_zalloc(lsm_inode_cache, GFP_KERNEL);
	if (!inode->i_security)
		return -ENOMEM;
	rc = call_int_hook(inode_alloc_security, inode);
	if (unlikely(rc))
		security_inode_free(inode);
	return rc;
}

void security_inode_free(struct inode *inode)
{
	call_void_hook(inode_free_security, inode);
	if (inode->i_security)
		kmem_cache_free(lsm_inode_cache, inode->i_security);
	inode->i_security = NULL;
}

/* The kernel's own inodes (S_PRIVATE) are nobody's business. */
int security_inode_permission(struct inode *inode, int mask)
{
	return IS_PRIVATE(inode) ? 0 : call_int_hook(inode_permission, inode, mask);
}

int security_inode_create(struct inode *dir, struct dentry *dentry, umode_t mode) { return call_int_hook(inode_create, dir, dentry, mode); }
int security_inode_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode) { return call_int_hook(inode_mkdir, dir, dentry, mode); }
int security_inode_rmdir(struct inode *dir, struct dentry *dentry) { return call_int_hook(inode_rmdir, dir, dentry); }
int security_inode_unlink(struct inode *dir, struct dentry *dentry) { return call_int_hook(inode_unlink, dir, dentry); }
int security_inode_symlink(struct inode *dir, struct dentry *dentry, const char *old_name) { return call_int_hook(inode_symlink, dir, dentry, old_name); }
int security_inode_link(struct dentry *old, struct inode *dir, struct dentry *dentry) { return call_int_hook(inode_link, old, dir, dentry); }
int security_inode_rename(struct inode *od, struct dentry *o, struct inode *nd, struct dentry *n) { return call_int_hook(inode_rename, od, o, nd, n); }
int security_inode_setattr(struct dentry *dentry, struct iattr *attr) { return call_int_hook(inode_setattr, dentry, attr); }
int security_inode_getattr(const struct path *path) { return IS_PRIVATE(d_backing_inode(path->dentry)) ? 0 : call_int_hook(inode_getattr, path); }
int security_inode_readlink(struct dentry *dentry) { return call_int_hook(inode_readlink, dentry); }
int security_inode_follow_link(struct dentry *dentry, struct inode *inode) { return call_int_hook(inode_follow_link, dentry, inode); }

void security_d_instantiate(struct dentry *dentry, struct inode *inode)
{
	if (inode && IS_PRIVATE(inode))
		return;
	call_void_hook(d_instantiate, dentry, inode);
}

int security_path_mkdir(const struct path *dir, struct dentry *dentry, umode_t mode) { return call_int_hook(path_mkdir, dir, dentry, mode); }
int security_path_rmdir(const struct path *dir, struct dentry *dentry) { return call_int_hook(path_rmdir, dir, dentry); }
int security_path_unlink(const struct path *dir, struct dentry *dentry) { return call_int_hook(path_unlink, dir, dentry); }
int security_path_mknod(const struct path *dir, struct dentry *dentry, umode_t mode, unsigned int dev) { return call_int_hook(path_mknod, dir, dentry, mode, dev); }
int security_path_symlink(const struct path *dir, struct dentry *dentry, const char *old_name) { return call_int_hook(path_symlink, dir, dentry, old_name); }
int security_path_link(struct dentry *old, const struct path *dir, struct dentry *dentry) { return call_int_hook(path_link, old, dir, dentry); }
int security_path_rename(const struct path *od, struct dentry *o, const struct path *nd, struct dentry *n) { return call_int_hook(path_rename, od, o, nd, n); }
int security_path_truncate(const struct path *path) { return call_int_hook(path_truncate, path); }
int security_path_chmod(const struct path *path, umode_t mode) { return call_int_hook(path_chmod, path, mode); }

int security_bprm_creds_for_exec(struct linux_binprm *bprm) { return call_int_hook(bprm_creds_for_exec, bprm); }
int security_bprm_creds_from_file(struct linux_binprm *bprm, struct file *file) { return call_int_hook(bprm_creds_from_file, bprm, file); }
int security_bprm_check(struct linux_binprm *bprm)
{
	int ret = call_int_hook(bprm_check_security, bprm);

	return ret ? ret : ima_bprm_check(bprm);
}
void security_bprm_committing_creds(struct linux_binprm *bprm) { call_void_hook(bprm_committing_creds, bprm); }
void security_bprm_committed_creds(struct linux_binprm *bprm) { call_void_hook(bprm_committed_creds, bprm); }

int security_sb_alloc(struct super_block *sb) { return call_int_hook(sb_alloc_security, sb); }
void security_sb_free(struct super_block *sb) { call_void_hook(sb_free_security, sb); }
int security_sb_mount(const char *dev_name, const struct path *path, const char *type, unsigned long flags) { return call_int_hook(sb_mount, dev_name, path, type, flags); }
int security_sb_statfs(struct dentry *dentry) { return call_int_hook(sb_statfs, dentry); }
int security_kernel_module_request(const char *name) { return call_int_hook(kernel_module_request, name); }
int security_kernel_read_file(const char *what) { return call_int_hook(kernel_read_file, what); }

int security_task_alloc(struct task_struct *task, unsigned long clone_flags) { return call_int_hook(task_alloc, task, clone_flags); }
void security_task_free(struct task_struct *task) { call_void_hook(task_free, task); }
int security_task_kill(struct task_struct *p, int sig, const struct cred *cred) { return call_int_hook(task_kill, p, sig, cred); }
int security_capable(const struct cred *cred, int cap) { return call_int_hook(capable, cred, cap); }
int security_cred_alloc_blank(struct cred *cred) { return call_int_hook(cred_alloc_blank, cred); }
int security_prepare_creds(struct cred *new, const struct cred *old) { return call_int_hook(cred_prepare, new, old); }
void security_cred_free(struct cred *cred) { call_void_hook(cred_free, cred); }

static __init void security_add_hooks(const struct lsm_info *lsm)
{
	unsigned int i;

#define LSM_HOOK(RET, DEFAULT, NAME, ...) \
	for (i = 0; security_hook_heads.NAME[i]; i++) \
		; \
	security_hook_heads.NAME[i] = lsm->NAME;
#include <linux/lsm_hook_defs.h>
#undef LSM_HOOK
}

void __init security_init(void)
{
	pr_info("LSM: security modules:");
	for (unsigned int i = 0; i < ARRAY_SIZE(lsms); i++) {
		pr_cont(" %s", lsms[i]->name);
		security_add_hooks(lsms[i]);
	}
	pr_cont("\n");
}
