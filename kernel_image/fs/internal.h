/* SPDX-License-Identifier: MIT */
#ifndef _FS_INTERNAL_H
#define _FS_INTERNAL_H
#include <linux/fs.h>
#include <linux/namei.h>
#include "mount.h"

struct open_flags { int open_flag; umode_t mode; int acc_mode, intent, lookup_flags; };

/* Where a path walk stands.  In RCU mode (LOOKUP_RCU) nothing is pinned: the sequence numbers tell whether it held. */
struct nameidata {
	struct path path, root;
	struct qstr last;
	struct inode *inode;		/* path.dentry->d_inode */
	unsigned int flags, state;
	unsigned int seq, next_seq, m_seq, r_seq;
	int last_type;
	unsigned int depth;
	int total_link_count;
	struct saved { struct path link; const char *name; } *stack, internal[2];	/* nested symbolic links */
	struct filename *name;
	kuid_t dir_uid;
	umode_t dir_mode;
	int dfd;
};
#define ND_ROOT_PRESET	1
#define ND_ROOT_GRABBED	2
#define ND_JUMPED	4

static __always_inline notrace void set_nameidata(struct nameidata *p, int dfd, struct filename *name,
						  const struct path *root)
{
	p->stack = p->internal;
	p->depth = 0;
	p->state = root ? ND_ROOT_PRESET : 0;
	p->total_link_count = 0;
	p->dfd = dfd;
	p->name = name;
	p->path.mnt = NULL;
	p->path.dentry = NULL;
	p->root.mnt = NULL;
	if (root)
		p->root = *root;
}

/* namei.c */
void restore_nameidata(struct nameidata *now);
const char *path_init(struct nameidata *nd, unsigned int flags);
int link_path_walk(const char *name, struct nameidata *nd);
const char *step_into(struct nameidata *nd, int flags, struct dentry *dentry);
const char *handle_dots(struct nameidata *nd, int type);
struct dentry *lookup_fast(struct nameidata *nd);
struct dentry *lookup_dcache(const struct qstr *name, struct dentry *dir, unsigned int flags);
int complete_walk(struct nameidata *nd);
bool try_to_unlazy(struct nameidata *nd);
void terminate_walk(struct nameidata *nd);
int filename_parentat(int dfd, struct filename *name, unsigned int flags, struct path *parent, struct qstr *last,
		      int *type);
int may_open(const struct path *path, int acc_mode, int flag);
int may_delete(struct inode *dir, struct dentry *victim, bool isdir);
int may_create(struct inode *dir, struct dentry *child);
int may_lookup(struct nameidata *nd);
#define WALK_TRAILING	1
#define WALK_MORE	2
#define WALK_NOFOLLOW	4

/* open.c */
struct file *do_filp_open(int dfd, struct filename *pathname, const struct open_flags *op);

/* file.c */
struct files_struct;
int expand_files(struct files_struct *files, unsigned int nr);
int alloc_fd(unsigned int start, unsigned int end, unsigned int flags);

/* outside.c: a system call that names a file, and what the host adds to it */
struct pt_regs;
void host_args(const struct pt_regs *regs);
#define HOST_SYSCALL_DEFINE(x, name, args...) \
	SYSCALL_METADATA(x, name, args) \
	static __always_inline long __do_sys_##name(__SC_P##x(args)); \
	long __SYS(name)(const struct pt_regs *regs); \
	long __SYS(name)(const struct pt_regs *regs) \
	{ \
		long ret; \
		host_args(regs); \
		ret = __do_sys_##name(__SC_A##x(args)); \
		current->fs->host_mode = 0; \
		return ret; \
	} \
	static __always_inline long __do_sys_##name(__SC_P##x(args))

/* outside.c: names that exist only for the host */
struct dentry *outside_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags,
			      struct inode *(*make)(struct inode *dir, umode_t mode));

void dentry_unlink_inode_done(struct inode *inode);
void inode_init(void);
void dcache_init(void);
void files_stat_init(void);
void pipe_init(void);
void tracefs_init(void);
#endif
