/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SECURITY_H
#define _LINUX_SECURITY_H
#include <linux/types.h>

struct inode; struct dentry; struct file; struct path; struct cred; struct task_struct; struct linux_binprm;
struct super_block; struct qstr; struct iattr; struct vfsmount; struct fs_context;

void security_init(void);
int security_file_permission(struct file *file, int mask);
int security_file_alloc(struct file *file);
void security_file_free(struct file *file);
int security_file_open(struct file *file);
int security_file_fcntl(struct file *file, unsigned int cmd, unsigned long arg);
int security_file_lock(struct file *file, unsigned int cmd);
int security_file_receive(struct file *file);
int security_file_truncate(struct file *file);
int security_inode_alloc(struct inode *inode);
void security_inode_free(struct inode *inode);
int security_inode_permission(struct inode *inode, int mask);
int security_inode_create(struct inode *dir, struct dentry *dentry, umode_t mode);
int security_inode_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode);
int security_inode_rmdir(struct inode *dir, struct dentry *dentry);
int security_inode_unlink(struct inode *dir, struct dentry *dentry);
int security_inode_symlink(struct inode *dir, struct dentry *dentry, const char *old_name);
int security_inode_link(struct dentry *old, struct inode *dir, struct dentry *dentry);
int security_inode_rename(struct inode *od, struct dentry *o, struct inode *nd, struct dentry *n);
int security_inode_setattr(struct dentry *dentry, struct iattr *attr);
int security_inode_getattr(const struct path *path);
int security_inode_readlink(struct dentry *dentry);
int security_inode_follow_link(struct dentry *dentry, struct inode *inode);
void security_d_instantiate(struct dentry *dentry, struct inode *inode);
int security_path_mkdir(const struct path *dir, struct dentry *dentry, umode_t mode);
int security_path_rmdir(const struct path *dir, struct dentry *dentry);
int security_path_unlink(const struct path *dir, struct dentry *dentry);
int security_path_mknod(const struct path *dir, struct dentry *dentry, umode_t mode, unsigned int dev);
int security_path_symlink(const struct path *dir, struct dentry *dentry, const char *old_name);
int security_path_link(struct dentry *old, const struct path *dir, struct dentry *dentry);
int security_path_rename(const struct path *od, struct dentry *o, const struct path *nd, struct dentry *n);
int security_path_truncate(const struct path *path);
int security_path_chmod(const struct path *path, umode_t mode);
int security_bprm_creds_for_exec(struct linux_binprm *bprm);
int security_bprm_creds_from_file(struct linux_binprm *bprm, struct file *file);
int security_bprm_check(struct linux_binprm *bprm);
void security_bprm_committing_creds(struct linux_binprm *bprm);
void security_bprm_committed_creds(struct linux_binprm *bprm);
int security_sb_alloc(struct super_block *sb);
void security_sb_free(struct super_block *sb);
int security_sb_mount(const char *dev_name, const struct path *path, const char *type, unsigned long flags);
int security_sb_statfs(struct dentry *dentry);
int security_kernel_module_request(const char *name);
int security_kernel_read_file(const char *what);
int security_task_alloc(struct task_struct *task, unsigned long clone_flags);
void security_task_free(struct task_struct *task);
int security_task_kill(struct task_struct *p, int sig, const struct cred *cred);
int security_capable(const struct cred *cred, int cap);
int security_cred_alloc_blank(struct cred *cred);
int security_prepare_creds(struct cred *new, const struct cred *old);
void security_cred_free(struct cred *cred);
void ima_file_free(struct file *file);
int ima_file_check(struct file *file, int mask);
int ima_bprm_check(struct linux_binprm *bprm);
#endif
