// SPDX-License-Identifier: MIT
/* flock(2): whole-file locks that belong to an open file. */
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/security.h>
#include <linux/syscalls.h>
#include <linux/wait.h>
#include <linux/sched.h>
#include "internal.h"

struct file_lock {
	struct list_head fl_list;
	struct file *fl_file;
	unsigned char fl_type;
};

struct file_lock_context {
	spinlock_t flc_lock;
	struct list_head flc_flock;		/* flc_lock */
	wait_queue_head_t flc_wait;
};

static struct file_lock_context *locks_get_lock_context(struct inode *inode, int type)
{
	struct file_lock_context *ctx = READ_ONCE(inode->i_flctx);

	if (ctx || type == F_UNLCK)
		return ctx;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return NULL;
	spin_lock_init(&ctx->flc_lock);
	INIT_LIST_HEAD(&ctx->flc_flock);
	init_waitqueue_head(&ctx->flc_wait);
	if (cmpxchg(&inode->i_flctx, NULL, ctx)) {
		kfree(ctx);
		ctx = inode->i_flctx;
	}
	return ctx;
}

void locks_free_lock_context(struct inode *inode)
{
	kfree(inode->i_flctx);
	inode->i_flctx = NULL;
}

/* The file's lock is replaced only when nobody else's is in the way: FILE_LOCK_DEFERRED is -EAGAIN here. */
static noinline int flock_lock_inode(struct file_lock_context *ctx, struct file *filp, int type)
{
	struct file_lock *new = NULL, *fl, *next, *mine = NULL;
	int error = 0;

	if (type != F_UNLCK) {
		new = kzalloc(sizeof(*new), GFP_KERNEL);
		if (!new)
			return -ENOMEM;
		new->fl_file = filp;
		new->fl_type = type;
	}
	spin_lock(&ctx->flc_lock);
	list_for_each_entry_safe(fl, next, &ctx->flc_flock, fl_list) {
		if (fl->fl_file == filp)
			mine = fl;
		else if (new && (fl->fl_type == F_WRLCK || type == F_WRLCK))
			error = -EAGAIN;
	}
	if (!error) {
		if (mine)
			list_del(&mine->fl_list);
		if (new)
			list_add_tail(&new->fl_list, &ctx->flc_flock);
	}
	spin_unlock(&ctx->flc_lock);
	if (error) {
		kfree(new);
		return error;
	}
	if (mine) {
		kfree(mine);
		wake_up_all(&ctx->flc_wait);
	}
	return 0;
}

static int flock_lock_inode_wait(struct inode *inode, struct file *filp, int type, bool wait)
{
	struct file_lock_context *ctx = locks_get_lock_context(inode, type);
	int error;

	if (!ctx)
		return type == F_UNLCK ? 0 : -ENOMEM;
	if (!wait)
		return flock_lock_inode(ctx, filp, type);
	if (wait_event_interruptible(ctx->flc_wait, (error = flock_lock_inode(ctx, filp, type)) != -EAGAIN))
		return -ERESTARTSYS;
	return error;
}

SYSCALL_DEFINE2(flock, unsigned int, fd, unsigned int, cmd)
{
	int how = cmd & ~LOCK_NB, error = -EINVAL;
	struct fd f;

	if (how != LOCK_SH && how != LOCK_EX && how != LOCK_UN)
		return error;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	error = security_file_lock(f.file, cmd);
	if (!error)
		error = flock_lock_inode_wait(file_inode(f.file), f.file,
					      how == LOCK_SH ? F_RDLCK : how == LOCK_EX ? F_WRLCK : F_UNLCK,
					      !(cmd & LOCK_NB));
	fdput(f);
	return error;
}

/* There are no byte-range locks, so close never finds one of the process's. */
void locks_remove_posix(struct file *filp, void *owner)
{
	struct file_lock_context *ctx = READ_ONCE(file_inode(filp)->i_flctx);

	if (!ctx)
		return;
	barrier();
}

static noinline void locks_remove_flock(struct file *filp, struct file_lock_context *ctx)
{
	flock_lock_inode(ctx, filp, F_UNLCK);
}

void locks_remove_file(struct file *filp)
{
	struct file_lock_context *ctx = READ_ONCE(file_inode(filp)->i_flctx);

	if (ctx)
		locks_remove_flock(filp, ctx);
}
