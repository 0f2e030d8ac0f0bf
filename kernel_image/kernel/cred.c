/* SPDX-License-Identifier: MIT */
#include <linux/cred.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>

static struct kmem_cache *cred_jar;

struct user_namespace { int level; };
struct user_namespace init_user_ns;

struct cred init_cred = {
	.usage = ATOMIC_INIT(4),
	.cap_permitted = CAP_FULL_SET,
	.cap_effective = CAP_FULL_SET,
	.cap_bset = CAP_FULL_SET,
	.user = &root_user,
	.user_ns = &init_user_ns,
};

static void put_cred_rcu(struct callback_head *rcu)
{
	struct cred *cred = container_of(rcu, struct cred, rcu);

	security_cred_free(cred);
	free_uid(cred->user);
	kmem_cache_free(cred_jar, cred);
}

void __put_cred(struct cred *cred)
{
	call_rcu(&cred->rcu, put_cred_rcu);
}
EXPORT_SYMBOL(__put_cred);

void exit_creds(struct task_struct *tsk)
{
	const struct cred *cred = tsk->cred;

	tsk->cred = NULL;
	put_cred(cred);
}

const struct cred *get_task_cred(struct task_struct *task)
{
	const struct cred *cred;

	rcu_read_lock();
	do
		cred = __task_cred(task);
	while (!atomic_inc_not_zero(&((struct cred *)cred)->usage));
	rcu_read_unlock();
	return cred;
}

struct cred *cred_alloc_blank(void)
{
	struct cred *new = kmem_cache_zalloc(cred_jar, GFP_KERNEL);

	if (!new)
		return NULL;
	atomic_set(&new->usage, 1);
	if (security_cred_alloc_blank(new) < 0) {
		kmem_cache_free(cred_jar, new);
		return NULL;
	}
	return new;
}

/* A copy of current's to change: then commit_creds or abort_creds. */
struct cred *prepare_creds(void)
{
	struct cred *new = kmem_cache_alloc(cred_jar, GFP_KERNEL);
	const struct cred *old = current_cred();

	if (!new)
		return NULL;
	memcpy(new, old, sizeof(*new));
	atomic_set(&new->usage, 1);
	new->security = NULL;
	get_uid(new->user);
	if (security_prepare_creds(new, old) < 0) {
		abort_creds(new);
		return NULL;
	}
	return new;
}
EXPORT_SYMBOL(prepare_creds);

struct cred *prepare_exec_creds(void)
{
	return prepare_creds();
}

struct cred *prepare_kernel_cred(struct task_struct *daemon)
{
	struct cred *new = prepare_creds();

	if (new && !daemon) {
		new->uid = new->euid = new->suid = new->fsuid = GLOBAL_ROOT_UID;
		new->gid = new->egid = new->sgid = new->fsgid = GLOBAL_ROOT_GID;
		new->cap_permitted = new->cap_effective = CAP_FULL_SET;
	}
	return new;
}
EXPORT_SYMBOL(prepare_kernel_cred);

int copy_creds(struct task_struct *p, unsigned long clone_flags)
{
	struct cred *new;

	if (clone_flags & CLONE_THREAD) {
		get_cred(p->cred);
		return 0;
	}
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	p->cred = new;
	return 0;
}

int commit_creds(struct cred *new)
{
	const struct cred *old = current->cred;

	rcu_assign_pointer(current->cred, new);
	put_cred(old);
	return 0;
}
EXPORT_SYMBOL(commit_creds);

void abort_creds(struct cred *new)
{
	put_cred(new);
}
EXPORT_SYMBOL(abort_creds);

const struct cred *override_creds(const struct cred *new)
{
	const struct cred *old = current->cred;

	get_cred(new);
	rcu_assign_pointer(current->cred, new);
	return old;
}
EXPORT_SYMBOL(override_creds);

void revert_creds(const struct cred *old)
{
	const struct cred *override = current->cred;

	rcu_assign_pointer(current->cred, old);
	put_cred(override);
}
EXPORT_SYMBOL(revert_creds);

/* No supplementary groups. */
int in_group_p(kgid_t grp)
{
	return gid_eq(grp, current_fsgid());
}

int in_egroup_p(kgid_t grp)
{
	return gid_eq(grp, current_egid());
}

__init void cred_init(void)
{
	cred_jar = kmem_cache_create("cred_jar", sizeof(struct cred), 0, SLAB_HWCACHE_ALIGN | SLAB_PANIC | SLAB_ACCOUNT, NULL);
}
