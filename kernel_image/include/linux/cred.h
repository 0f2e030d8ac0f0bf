/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_CRED_H
#define _LINUX_CRED_H
#include <linux/capability.h>
#include <linux/uidgid.h>
#include <linux/sched.h>
#include <linux/sched/user.h>
#include <linux/atomic.h>

/* Read-only once committed; usage is the only word that changes. */
struct cred {
	atomic_t usage;
	kuid_t uid, suid, euid, fsuid;
	kgid_t gid, sgid, egid, fsgid;
	unsigned int securebits;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective, cap_bset, cap_ambient;
	void *security;
	struct user_struct *user;
	struct user_namespace *user_ns;
	struct callback_head rcu;
};
extern struct cred init_cred;
struct cred *prepare_creds(void);
struct cred *prepare_exec_creds(void);
struct cred *prepare_kernel_cred(struct task_struct *daemon);
struct cred *cred_alloc_blank(void);
int commit_creds(struct cred *new);
void abort_creds(struct cred *new);
const struct cred *override_creds(const struct cred *new);
void revert_creds(const struct cred *old);
void __put_cred(struct cred *cred);
void exit_creds(struct task_struct *tsk);
int copy_creds(struct task_struct *p, unsigned long clone_flags);
const struct cred *get_task_cred(struct task_struct *task);
void cred_init(void);
static inline const struct cred *get_cred(const struct cred *cred)
{
	atomic_inc(&((struct cred *)cred)->usage);
	return cred;
}
static inline struct cred *get_new_cred(struct cred *cred) { atomic_inc(&cred->usage); return cred; }
static inline void put_cred(const struct cred *cred)
{
	if (cred && atomic_dec_and_test(&((struct cred *)cred)->usage))
		__put_cred((struct cred *)cred);
}
#define current_cred()		(current->cred)
#define current_real_cred()	(current->cred)
#define __task_cred(task)	((task)->cred)
#define get_current_cred()	get_cred(current_cred())
#define current_cred_xxx(f)	(current_cred()->f)
#define current_uid()		current_cred_xxx(uid)
#define current_gid()		current_cred_xxx(gid)
#define current_euid()		current_cred_xxx(euid)
#define current_egid()		current_cred_xxx(egid)
#define current_fsuid()		current_cred_xxx(fsuid)
#define current_fsgid()		current_cred_xxx(fsgid)
#define current_user()		current_cred_xxx(user)
#define current_user_ns()	(&init_user_ns)
#define task_uid(t)		((t)->cred->uid)
#define task_euid(t)		((t)->cred->euid)
#define current_uid_gid(u, g)	do { *(u) = current_uid(); *(g) = current_gid(); } while (0)
#define current_fsuid_fsgid(u, g) do { *(u) = current_fsuid(); *(g) = current_fsgid(); } while (0)
int in_group_p(kgid_t grp);
int in_egroup_p(kgid_t grp);
#endif
