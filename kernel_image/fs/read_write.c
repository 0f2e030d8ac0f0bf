// SPDX-License-Identifier: MIT
/* read(2), write(2), lseek(2). */
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/fsnotify.h>
#include <linux/security.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include "internal.h"

loff_t vfs_setpos(struct file *file, loff_t offset, loff_t maxsize)
{
	if (offset < 0 || offset > maxsize)
		return -EINVAL;
	file->f_pos = offset;
	return offset;
}
EXPORT_SYMBOL(vfs_setpos);

loff_t generic_file_llseek_size(struct file *file, loff_t offset, int whence, loff_t maxsize, loff_t eof)
{
	switch (whence) {
	case SEEK_END:
		offset += eof;
		break;
	case SEEK_CUR:
		if (!offset)
			return file->f_pos;
		spin_lock(&file->f_lock);
		offset = vfs_setpos(file, file->f_pos + offset, maxsize);
		spin_unlock(&file->f_lock);
		return offset;
	case SEEK_SET:
		break;
	default:
		return -EINVAL;
	}
	return vfs_setpos(file, offset, maxsize);
}
EXPORT_SYMBOL(generic_file_llseek_size);

loff_t generic_file_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file->f_mapping->host;

	return generic_file_llseek_size(file, offset, whence, inode->i_sb->s_maxbytes, i_size_read(inode));
}
EXPORT_SYMBOL(generic_file_llseek);

loff_t noop_llseek(struct file *file, loff_t offset, int whence)
{
	return file->f_pos;
}

loff_t vfs_llseek(struct file *file, loff_t offset, int whence)
{
	return file->f_mode & FMODE_LSEEK ? file->f_op->llseek(file, offset, whence) : -ESPIPE;
}
EXPORT_SYMBOL(vfs_llseek);

static noinline loff_t ksys_lseek(unsigned int fd, long offset, unsigned int whence)
{
	struct fd f = fdget_pos(fd);
	loff_t res = -EINVAL;

	if (!f.file)
		return -EBADF;
	if (whence <= SEEK_END)
		res = vfs_llseek(f.file, offset, whence);
	fdput_pos(f);
	return res;
}

SYSCALL_DEFINE3(lseek, unsigned int, fd, long, offset, unsigned int, whence)
{
	return ksys_lseek(fd, offset, whence);
}

noinline int rw_verify_area(int read_write, struct file *file, const loff_t *ppos, size_t count)
{
	if ((ssize_t)count < 0)
		return -EINVAL;
	if (ppos && *ppos < 0)
		return -EINVAL;
	return security_file_permission(file, read_write == READ ? MAY_READ : MAY_WRITE);
}

static __always_inline notrace void init_sync_kiocb(struct kiocb *kiocb, struct file *filp)
{
	kiocb->ki_filp = filp;
	kiocb->ki_pos = 0;
	kiocb->ki_flags = filp->f_flags & O_APPEND ? IOCB_APPEND : 0;
	if (filp->f_flags & O_DSYNC)
		kiocb->ki_flags |= IOCB_DSYNC;
	kiocb->ki_ioprio = __get_task_ioprio(current);
}

static ssize_t new_sync_read(struct file *filp, char __user *buf, size_t len, loff_t *ppos)
{
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct kiocb kiocb;
	struct iov_iter iter;
	ssize_t ret;

	init_sync_kiocb(&kiocb, filp);
	kiocb.ki_pos = ppos ? *ppos : 0;
	iov_iter_init(&iter, ITER_DEST, &iov, 1, len);
	ret = filp->f_op->read_iter(&kiocb, &iter);
	if (ppos)
		*ppos = kiocb.ki_pos;
	return ret;
}

ssize_t vfs_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	ssize_t ret;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!(file->f_mode & FMODE_CAN_READ))
		return -EINVAL;
	if (!access_ok(buf, count))
		return -EFAULT;
	ret = rw_verify_area(READ, file, pos, count);
	if (ret)
		return ret;
	if (count > MAX_RW_COUNT)
		count = MAX_RW_COUNT;
	if (file->f_op->read)
		ret = file->f_op->read(file, buf, count, pos);
	else
		ret = new_sync_read(file, buf, count, pos);
	if (ret > 0)
		fsnotify_access(file);
	return ret;
}

static ssize_t new_sync_write(struct file *filp, const char __user *buf, size_t len, loff_t *ppos)
{
	struct iovec iov = { .iov_base = (void __user *)buf, .iov_len = len };
	struct kiocb kiocb;
	struct iov_iter iter;
	ssize_t ret;

	init_sync_kiocb(&kiocb, filp);
	kiocb.ki_pos = ppos ? *ppos : 0;
	iov_iter_init(&iter, ITER_SOURCE, &iov, 1, len);
	ret = filp->f_op->write_iter(&kiocb, &iter);
	if (ret > 0 && ppos)
		*ppos = kiocb.ki_pos;
	return ret;
}

ssize_t vfs_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	ssize_t ret;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!(file->f_mode & FMODE_CAN_WRITE))
		return -EINVAL;
	if (!access_ok(buf, count))
		return -EFAULT;
	ret = rw_verify_area(WRITE, file, pos, count);
	if (ret)
		return ret;
	if (count > MAX_RW_COUNT)
		count = MAX_RW_COUNT;
	if (S_ISREG(file_inode(file)->i_mode))
		sb_start_write(file_inode(file)->i_sb);
	if (file->f_op->write)
		ret = file->f_op->write(file, buf, count, pos);
	else
		ret = new_sync_write(file, buf, count, pos);
	if (ret > 0)
		fsnotify_modify(file);
	if (S_ISREG(file_inode(file)->i_mode))
		sb_end_write(file_inode(file)->i_sb);
	return ret;
}

static __always_inline notrace loff_t *file_ppos(struct file *file)
{
	return file->f_mode & FMODE_STREAM ? NULL : &file->f_pos;
}

ssize_t ksys_read(unsigned int fd, char __user *buf, size_t count)
{
	struct fd f = fdget_pos(fd);
	ssize_t ret = -EBADF;

	if (f.file) {
		loff_t pos, *ppos = file_ppos(f.file);

		if (ppos) {
			pos = *ppos;
			ppos = &pos;
		}
		ret = vfs_read(f.file, buf, count, ppos);
		if (ret >= 0 && ppos)
			f.file->f_pos = pos;
		fdput_pos(f);
	}
	return ret;
}

SYSCALL_DEFINE3(read, unsigned int, fd, char __user *, buf, size_t, count)
{
	return ksys_read(fd, buf, count);
}

ssize_t ksys_write(unsigned int fd, const char __user *buf, size_t count)
{
	struct fd f = fdget_pos(fd);
	ssize_t ret = -EBADF;

	if (f.file) {
		loff_t pos, *ppos = file_ppos(f.file);

		if (ppos) {
			pos = *ppos;
			ppos = &pos;
		}
		ret = vfs_write(f.file, buf, count, ppos);
		if (ret >= 0 && ppos)
			f.file->f_pos = pos;
		fdput_pos(f);
	}
	return ret;
}

SYSCALL_DEFINE3(write, unsigned int, fd, const char __user *, buf, size_t, count)
{
	return ksys_write(fd, buf, count);
}

SYSCALL_DEFINE4(pread64, unsigned int, fd, char __user *, buf, size_t, count, long, offset)
{
	struct fd f;
	ssize_t ret = -EBADF;
	loff_t pos = offset;

	if (pos < 0)
		return -EINVAL;
	f = fdget(fd);
	if (f.file) {
		ret = f.file->f_mode & FMODE_PREAD ? vfs_read(f.file, buf, count, &pos) : -ESPIPE;
		fdput(f);
	}
	return ret;
}

SYSCALL_DEFINE4(pwrite64, unsigned int, fd, const char __user *, buf, size_t, count, long, offset)
{
	struct fd f;
	ssize_t ret = -EBADF;
	loff_t pos = offset;

	if (pos < 0)
		return -EINVAL;
	f = fdget(fd);
	if (f.file) {
		ret = f.file->f_mode & FMODE_PWRITE ? vfs_write(f.file, buf, count, &pos) : -ESPIPE;
		fdput(f);
	}
	return ret;
}

/* One iterator over all segments where the file knows iterators, else segment by segment. */
static ssize_t do_iter_readv_writev(struct file *file, struct iov_iter *iter, loff_t *ppos, int type)
{
	struct kiocb kiocb;
	ssize_t ret;

	init_sync_kiocb(&kiocb, file);
	kiocb.ki_pos = ppos ? *ppos : 0;
	ret = type == READ ? file->f_op->read_iter(&kiocb, iter) : file->f_op->write_iter(&kiocb, iter);
	if (ppos)
		*ppos = kiocb.ki_pos;
	return ret;
}

static ssize_t do_loop_readv_writev(struct file *file, struct iov_iter *iter, loff_t *ppos, int type)
{
	ssize_t ret = 0;

	while (iov_iter_count(iter)) {
		const struct iovec *v = iter->iov;
		size_t len = v->iov_len - iter->iov_offset;
		char __user *base = (char __user *)v->iov_base + iter->iov_offset;
		ssize_t nr = type == READ ? file->f_op->read(file, base, len, ppos) :
					    file->f_op->write(file, base, len, ppos);

		if (nr < 0)
			return ret ? ret : nr;
		ret += nr;
		if ((size_t)nr != len)
			break;
		iov_iter_advance(iter, nr);
	}
	return ret;
}

static ssize_t do_iter_rw(struct file *file, struct iov_iter *iter, loff_t *pos, int type)
{
	ssize_t ret;

	if (!iov_iter_count(iter))
		return 0;
	ret = rw_verify_area(type, file, pos, iov_iter_count(iter));
	if (ret < 0)
		return ret;
	if (type == READ ? file->f_op->read_iter != NULL : file->f_op->write_iter != NULL)
		ret = do_iter_readv_writev(file, iter, pos, type);
	else
		ret = do_loop_readv_writev(file, iter, pos, type);
	if (ret > 0) {
		if (type == READ)
			fsnotify_access(file);
		else
			fsnotify_modify(file);
	}
	return ret;
}

static ssize_t vfs_readv(struct file *file, const struct iovec __user *vec, unsigned long vlen, loff_t *pos)
{
	struct iovec iov[UIO_MAXIOV];
	struct iov_iter iter;
	ssize_t ret;

	if (!(file->f_mode & FMODE_CAN_READ))
		return file->f_mode & FMODE_READ ? -EINVAL : -EBADF;
	ret = import_iovec(READ, vec, vlen, iov, &iter);
	return ret < 0 ? ret : do_iter_rw(file, &iter, pos, READ);
}

static ssize_t vfs_writev(struct file *file, const struct iovec __user *vec, unsigned long vlen, loff_t *pos)
{
	struct iovec iov[UIO_MAXIOV];
	struct iov_iter iter;
	ssize_t ret;

	if (!(file->f_mode & FMODE_CAN_WRITE))
		return file->f_mode & FMODE_WRITE ? -EINVAL : -EBADF;
	ret = import_iovec(WRITE, vec, vlen, iov, &iter);
	if (ret < 0)
		return ret;
	sb_start_write(file_inode(file)->i_sb);
	ret = do_iter_rw(file, &iter, pos, WRITE);
	sb_end_write(file_inode(file)->i_sb);
	return ret;
}

static ssize_t do_readv(unsigned long fd, const struct iovec __user *vec, unsigned long vlen)
{
	struct fd f = fdget_pos(fd);
	ssize_t ret = -EBADF;

	if (f.file) {
		ret = vfs_readv(f.file, vec, vlen, file_ppos(f.file));
		fdput_pos(f);
	}
	return ret;
}

SYSCALL_DEFINE3(readv, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen)
{
	return do_readv(fd, vec, vlen);
}

static ssize_t do_writev(unsigned long fd, const struct iovec __user *vec, unsigned long vlen)
{
	struct fd f = fdget_pos(fd);
	ssize_t ret = -EBADF;

	if (f.file) {
		ret = vfs_writev(f.file, vec, vlen, file_ppos(f.file));
		fdput_pos(f);
	}
	return ret;
}

SYSCALL_DEFINE3(writev, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen)
{
	return do_writev(fd, vec, vlen);
}

ssize_t __kernel_read(struct file *file, void *buf, size_t count, loff_t *pos)
{
	struct kvec iov = { .iov_base = buf, .iov_len = count };
	struct kiocb kiocb;
	struct iov_iter iter;
	ssize_t ret;

	if (!file->f_op->read_iter || file->f_op->read)
		return -EINVAL;
	init_sync_kiocb(&kiocb, file);
	kiocb.ki_pos = pos ? *pos : 0;
	iov_iter_kvec(&iter, ITER_DEST, &iov, 1, count);
	ret = file->f_op->read_iter(&kiocb, &iter);
	if (ret > 0) {
		if (pos)
			*pos = kiocb.ki_pos;
		fsnotify_access(file);
	}
	return ret;
}

ssize_t kernel_read(struct file *file, void *buf, size_t count, loff_t *pos)
{
	ssize_t ret = rw_verify_area(READ, file, pos, count);

	return ret ? ret : __kernel_read(file, buf, count, pos);
}
EXPORT_SYMBOL(kernel_read);

ssize_t generic_write_checks(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = iocb->ki_filp->f_mapping->host;

	if (!iov_iter_count(from))
		return 0;
	if (iocb->ki_flags & IOCB_APPEND)
		iocb->ki_pos = i_size_read(inode);
	if (iocb->ki_pos >= inode->i_sb->s_maxbytes)
		return -EFBIG;
	return iov_iter_count(from);
}
EXPORT_SYMBOL(generic_write_checks);
