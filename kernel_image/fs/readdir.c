// SPDX-License-Identifier: MIT
/* getdents64(2) */
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/fsnotify.h>
#include <linux/security.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <linux/kernel.h>
#include "internal.h"

struct linux_dirent64 {
	u64 d_ino;
	s64 d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	char d_name[];
};

struct getdents_callback64 {
	struct dir_context ctx;
	struct linux_dirent64 __user *current_dir;
	int prev_reclen, count, error;
};

int iterate_dir(struct file *file, struct dir_context *ctx)
{
	struct inode *inode = file_inode(file);
	int res = -ENOTDIR;

	if (!file->f_op->iterate_shared)
		return res;
	res = security_file_permission(file, MAY_READ);
	if (res)
		return res;
	inode_lock_shared(inode);
	res = -ENOENT;
	if (!IS_DEADDIR(inode)) {
		ctx->pos = file->f_pos;
		res = file->f_op->iterate_shared(file, ctx);
		file->f_pos = ctx->pos;
		fsnotify_access(file);
		file_accessed(file);
	}
	inode_unlock_shared(inode);
	return res;
}

static bool filldir64(struct dir_context *ctx, const char *name, int namlen, loff_t offset, u64 ino,
		      unsigned int d_type)
{
	struct getdents_callback64 *buf = container_of(ctx, struct getdents_callback64, ctx);
	struct linux_dirent64 __user *dirent = buf->current_dir;
	int reclen = ALIGN(offsetof(struct linux_dirent64, d_name) + namlen + 1, 8);
	struct linux_dirent64 head = { .d_ino = ino, .d_reclen = reclen, .d_type = d_type };

	buf->error = -EINVAL;
	if (reclen > buf->count)
		return false;
	if (buf->prev_reclen) {
		struct linux_dirent64 __user *prev = (void *)((char *)dirent - buf->prev_reclen);

		if (put_user(offset, &prev->d_off))
			goto efault;
	}
	if (copy_to_user(dirent, &head, offsetof(struct linux_dirent64, d_name)) ||
	    copy_to_user(dirent->d_name, name, namlen) || put_user(0, dirent->d_name + namlen))
		goto efault;
	buf->prev_reclen = reclen;
	buf->current_dir = (void *)((char *)dirent + reclen);
	buf->count -= reclen;
	return true;
efault:
	buf->error = -EFAULT;
	return false;
}

SYSCALL_DEFINE3(getdents64, unsigned int, fd, struct linux_dirent64 __user *, dirent, unsigned int, count)
{
	struct getdents_callback64 buf = { .ctx.actor = filldir64, .count = count, .current_dir = dirent };
	struct fd f = fdget_pos(fd);
	int error;

	if (!f.file)
		return -EBADF;
	error = iterate_dir(f.file, &buf.ctx);
	if (error >= 0)
		error = buf.error;
	if (buf.prev_reclen) {
		struct linux_dirent64 __user *last = (void *)((char *)buf.current_dir - buf.prev_reclen);

		error = put_user(buf.ctx.pos, &last->d_off) ? -EFAULT : (int)count - buf.count;
	}
	fdput_pos(f);
	return error;
}
