/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SCHED_USER_H
#define _LINUX_SCHED_USER_H
#include <linux/refcount.h>
#include <linux/uidgid.h>
struct user_struct {
	refcount_t __count;
	struct hlist_node uidhash_node;		/* uidhash_lock */
	kuid_t uid;
	atomic_t processes;
};
extern struct user_struct root_user;
#define INIT_USER	(&root_user)
struct user_struct *alloc_uid(kuid_t uid);
struct user_struct *find_user(kuid_t uid);
void free_uid(struct user_struct *up);
static inline struct user_struct *get_uid(struct user_struct *u)
{
	refcount_inc(&u->__count);
	return u;
}
#endif
