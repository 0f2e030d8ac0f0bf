// SPDX-License-Identifier: MIT
/* Pipes, with and without a name. */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/file.h>
#include <linux/pipe_fs_i.h>
#include <linux/poll.h>
#include <linux/mount.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <linux/signal.h>
#include <linux/sched/signal.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <linux/cred.h>
#include <linux/sched.h>
#include "internal.h"

static struct vfsmount *pipe_mnt;

static void anon_pipe_buf_release(struct pipe_inode_info *pipe, struct pipe_buffer *buf)
{
	struct page *page = buf->page;

	/* a page or two are kept for the next write */
	if (page_count(page) == 1) {
		if (!pipe->tmp_page[0]) {
			pipe->tmp_page[0] = page;
			return;
		}
		if (!pipe->tmp_page[1]) {
			pipe->tmp_page[1] = page;
			return;
		}
	}
	put_page(page);
}

static const struct pipe_buf_operations anon_pipe_buf_ops = { .release = anon_pipe_buf_release };

static __always_inline notrace struct pipe_buffer *pipe_buf(struct pipe_inode_info *pipe, unsigned int slot)
{
	return &pipe->bufs[slot & (pipe->ring_size - 1)];
}

static ssize_t pipe_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *filp = iocb->ki_filp;
	struct pipe_inode_info *pipe = filp->private_data;
	bool was_full, wake_next_reader = false;
	ssize_t ret = 0;

	if (unlikely(!iov_iter_count(to)))
		return 0;
	mutex_lock(&pipe->mutex);
	was_full = pipe_full(pipe->head, pipe->tail, pipe->max_usage);
	for (;;) {
		if (!pipe_empty(pipe->head, pipe->tail)) {
			struct pipe_buffer *buf = pipe_buf(pipe, pipe->tail);
			size_t chars = min_t(size_t, buf->len, iov_iter_count(to)), written;

			written = copy_page_to_iter(buf->page, buf->offset, chars, to);
			if (written < chars) {
				if (!ret)
					ret = -EFAULT;
				break;
			}
			ret += chars;
			buf->offset += chars;
			buf->len -= chars;
			if (!buf->len) {
				buf->ops->release(pipe, buf);
				pipe->tail++;
			}
			if (!iov_iter_count(to))
				break;
			if (!pipe_empty(pipe->head, pipe->tail))
				continue;
		}
		if (!pipe->writers || ret)
			break;
		if (filp->f_flags & O_NONBLOCK) {
			ret = -EAGAIN;
			break;
		}
		mutex_unlock(&pipe->mutex);
		if (unlikely(was_full))
			wake_up_interruptible_sync_poll(&pipe->wr_wait, EPOLLOUT | EPOLLWRNORM);
		if (wait_event_interruptible_exclusive(pipe->rd_wait, !pipe_empty(READ_ONCE(pipe->head), pipe->tail) ||
						       !READ_ONCE(pipe->writers)) < 0)
			return -ERESTARTSYS;
		mutex_lock(&pipe->mutex);
		was_full = pipe_full(pipe->head, pipe->tail, pipe->max_usage);
		wake_next_reader = true;
	}
	if (pipe_empty(pipe->head, pipe->tail))
		wake_next_reader = false;
	mutex_unlock(&pipe->mutex);
	if (was_full)
		wake_up_interruptible_sync_poll(&pipe->wr_wait, EPOLLOUT | EPOLLWRNORM);
	if (wake_next_reader)
		wake_up_interruptible_sync_poll(&pipe->rd_wait, EPOLLIN | EPOLLRDNORM);
	if (ret > 0)
		file_accessed(filp);
	return ret;
}

/* Appends what fits to the last buffer; returns the bytes taken or an error. */
static ssize_t pipe_merge(struct pipe_inode_info *pipe, struct iov_iter *from, size_t chars)
{
	struct pipe_buffer *buf = pipe_buf(pipe, pipe->head - 1);
	unsigned int offset = buf->offset + buf->len;

	if (!(buf->flags & PIPE_BUF_FLAG_CAN_MERGE) || offset + chars > PAGE_SIZE)
		return 0;
	if (copy_page_from_iter(buf->page, offset, chars, from) < chars)
		return -EFAULT;
	buf->len += chars;
	return chars;
}

static ssize_t pipe_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *filp = iocb->ki_filp;
	struct pipe_inode_info *pipe = filp->private_data;
	bool was_empty, wake_next_writer = false;
	ssize_t ret = 0;
	size_t chars;

	if (unlikely(!iov_iter_count(from)))
		return 0;
	mutex_lock(&pipe->mutex);
	was_empty = pipe_empty(pipe->head, pipe->tail);
	chars = iov_iter_count(from) & (PAGE_SIZE - 1);
	if (pipe->readers && chars && !was_empty) {
		ret = pipe_merge(pipe, from, chars);
		if (ret < 0 || !iov_iter_count(from))
			goto out;
	}
	for (;;) {
		if (!pipe->readers) {
			send_sig(SIGPIPE, current, 0);
			if (!ret)
				ret = -EPIPE;
			break;
		}
		if (!pipe_full(pipe->head, pipe->tail, pipe->max_usage)) {
			struct pipe_buffer *buf = pipe_buf(pipe, pipe->head);
			struct page *page = pipe->tmp_page[0];
			size_t copied;

			if (page) {
				pipe->tmp_page[0] = pipe->tmp_page[1];
				pipe->tmp_page[1] = NULL;
			} else {
				page = alloc_page(GFP_KERNEL);
				if (unlikely(!page)) {
					ret = ret ? ret : -ENOMEM;
					break;
				}
			}
			copied = copy_page_from_iter(page, 0, PAGE_SIZE, from);
			if (unlikely(copied < PAGE_SIZE && iov_iter_count(from))) {
				put_page(page);
				if (!ret)
					ret = -EFAULT;
				break;
			}
			*buf = (struct pipe_buffer){ .page = page, .len = copied, .ops = &anon_pipe_buf_ops,
						     .flags = PIPE_BUF_FLAG_CAN_MERGE };
			pipe->head++;
			ret += copied;
			if (!iov_iter_count(from))
				break;
			continue;
		}
		if (filp->f_flags & O_NONBLOCK) {
			if (!ret)
				ret = -EAGAIN;
			break;
		}
		if (signal_pending(current)) {
			if (!ret)
				ret = -ERESTARTSYS;
			break;
		}
		mutex_unlock(&pipe->mutex);
		if (was_empty)
			wake_up_interruptible_sync_poll(&pipe->rd_wait, EPOLLIN | EPOLLRDNORM);
		wait_event_interruptible_exclusive(pipe->wr_wait, !pipe_full(READ_ONCE(pipe->head), pipe->tail,
						   pipe->max_usage) || !READ_ONCE(pipe->readers));
		mutex_lock(&pipe->mutex);
		was_empty = pipe_empty(pipe->head, pipe->tail);
		wake_next_writer = true;
	}
out:
	if (pipe_full(pipe->head, pipe->tail, pipe->max_usage))
		wake_next_writer = false;
	mutex_unlock(&pipe->mutex);
	if (was_empty)
		wake_up_interruptible_sync_poll(&pipe->rd_wait, EPOLLIN | EPOLLRDNORM);
	if (wake_next_writer)
		wake_up_interruptible_sync_poll(&pipe->wr_wait, EPOLLOUT | EPOLLWRNORM);
	if (ret > 0)
		file_update_time(filp);
	return ret;
}

static __poll_t pipe_poll(struct file *filp, poll_table *wait)
{
	struct pipe_inode_info *pipe = filp->private_data;
	__poll_t mask = 0;

	if (filp->f_mode & FMODE_READ)
		poll_wait(filp, &pipe->rd_wait, wait);
	if (filp->f_mode & FMODE_WRITE)
		poll_wait(filp, &pipe->wr_wait, wait);
	if (filp->f_mode & FMODE_READ) {
		if (!pipe_empty(pipe->head, pipe->tail))
			mask |= EPOLLIN | EPOLLRDNORM;
		if (!pipe->writers)
			mask |= EPOLLHUP;
	}
	if (filp->f_mode & FMODE_WRITE) {
		if (!pipe_full(pipe->head, pipe->tail, pipe->max_usage))
			mask |= EPOLLOUT | EPOLLWRNORM;
		if (!pipe->readers)
			mask |= EPOLLERR;
	}
	return mask;
}

struct pipe_inode_info *alloc_pipe_info(void)
{
	struct pipe_inode_info *pipe = kzalloc(sizeof(*pipe), GFP_KERNEL);

	if (!pipe)
		return NULL;
	pipe->bufs = kcalloc(PIPE_DEF_BUFFERS, sizeof(struct pipe_buffer), GFP_KERNEL);
	if (!pipe->bufs) {
		kfree(pipe);
		return NULL;
	}
	init_waitqueue_head(&pipe->rd_wait);
	init_waitqueue_head(&pipe->wr_wait);
	mutex_init(&pipe->mutex);
	pipe->r_counter = pipe->w_counter = 1;
	pipe->ring_size = pipe->max_usage = PIPE_DEF_BUFFERS;
	return pipe;
}

void free_pipe_info(struct pipe_inode_info *pipe)
{
	unsigned int i;

	for (i = pipe->tail; i != pipe->head; i++)
		put_page(pipe_buf(pipe, i)->page);
	for (i = 0; i < ARRAY_SIZE(pipe->tmp_page); i++)
		if (pipe->tmp_page[i])
			put_page(pipe->tmp_page[i]);
	kfree(pipe->bufs);
	kfree(pipe);
}

static void put_pipe_info(struct inode *inode, struct pipe_inode_info *pipe)
{
	int kill = 0;

	spin_lock(&inode->i_lock);
	if (!--pipe->files) {
		inode->i_pipe = NULL;
		kill = 1;
	}
	spin_unlock(&inode->i_lock);
	if (kill)
		free_pipe_info(pipe);
}

static int pipe_release(struct inode *inode, struct file *file)
{
	struct pipe_inode_info *pipe = file->private_data;

	mutex_lock(&pipe->mutex);
	if (file->f_mode & FMODE_READ)
		pipe->readers--;
	if (file->f_mode & FMODE_WRITE)
		pipe->writers--;
	if (!pipe->readers != !pipe->writers) {		/* one side is left: it must notice */
		wake_up_interruptible_all(&pipe->rd_wait);
		wake_up_interruptible_all(&pipe->wr_wait);
	}
	mutex_unlock(&pipe->mutex);
	put_pipe_info(inode, pipe);
	return 0;
}

static char *pipefs_dname(struct dentry *dentry, char *buffer, int buflen)
{
	return strcpy(buffer, "pipe:[]");
}

static const struct dentry_operations pipefs_dentry_operations = { .d_dname = pipefs_dname };

static struct inode *get_pipe_inode(void)
{
	struct inode *inode = new_inode_pseudo(pipe_mnt->mnt_sb);
	struct pipe_inode_info *pipe;

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	pipe = alloc_pipe_info();
	if (!pipe) {
		iput(inode);
		return NULL;
	}
	inode->i_pipe = pipe;
	pipe->files = 2;
	pipe->readers = pipe->writers = 1;
	inode->i_fop = &pipefifo_fops;
	inode->i_state = I_DIRTY;		/* already: nobody will write it anywhere */
	inode->i_mode = S_IFIFO | S_IRUSR | S_IWUSR;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	return inode;
}

int create_pipe_files(struct file **res, int flags)
{
	struct inode *inode = get_pipe_inode();
	struct file *f;

	if (!inode)
		return -ENFILE;
	f = alloc_file_pseudo(inode, pipe_mnt, "", O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)), &pipefifo_fops);
	if (IS_ERR(f)) {
		free_pipe_info(inode->i_pipe);
		iput(inode);
		return PTR_ERR(f);
	}
	f->private_data = inode->i_pipe;
	ihold(inode);
	res[0] = alloc_file_pseudo(inode, pipe_mnt, "", O_RDONLY | (flags & O_NONBLOCK), &pipefifo_fops);
	if (IS_ERR(res[0])) {
		iput(inode);
		put_pipe_info(inode, inode->i_pipe);
		fput(f);
		return PTR_ERR(res[0]);
	}
	res[0]->private_data = inode->i_pipe;
	res[1] = f;
	stream_open(inode, res[0]);
	stream_open(inode, res[1]);
	atomic_inc(&inode->i_readcount);
	return 0;
}

static int __do_pipe_flags(int *fd, struct file **files, int flags)
{
	int error, fdr, fdw;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	error = create_pipe_files(files, flags);
	if (error)
		return error;
	fdr = error = get_unused_fd_flags(flags);
	if (error < 0)
		goto err_read_pipe;
	fdw = error = get_unused_fd_flags(flags);
	if (error < 0)
		goto err_fdr;
	fd[0] = fdr;
	fd[1] = fdw;
	return 0;
err_fdr:
	put_unused_fd(fdr);
err_read_pipe:
	fput(files[0]);
	fput(files[1]);
	return error;
}

static noinline int do_pipe2(int __user *fildes, int flags)
{
	struct file *files[2];
	int fd[2];
	int error = __do_pipe_flags(fd, files, flags);

	if (error)
		return error;
	if (unlikely(copy_to_user(fildes, fd, sizeof(fd)))) {
		fput(files[0]);
		fput(files[1]);
		put_unused_fd(fd[0]);
		put_unused_fd(fd[1]);
		return -EFAULT;
	}
	fd_install(fd[0], files[0]);
	fd_install(fd[1], files[1]);
	return 0;
}

SYSCALL_DEFINE2(pipe2, int __user *, fildes, int, flags)
{
	return do_pipe2(fildes, flags);
}

SYSCALL_DEFINE1(pipe, int __user *, fildes)
{
	return do_pipe2(fildes, 0);
}

/* A FIFO: each side waits for the other, unless it does not want to. */
static int fifo_open(struct inode *inode, struct file *filp)
{
	struct pipe_inode_info *pipe = NULL;
	bool rd = filp->f_mode & FMODE_READ, wr = filp->f_mode & FMODE_WRITE;
	int ret = 0;

	spin_lock(&inode->i_lock);
	if (inode->i_pipe) {
		pipe = inode->i_pipe;
		pipe->files++;
		spin_unlock(&inode->i_lock);
	} else {
		spin_unlock(&inode->i_lock);
		pipe = alloc_pipe_info();
		if (!pipe)
			return -ENOMEM;
		pipe->files = 1;
		spin_lock(&inode->i_lock);
		if (unlikely(inode->i_pipe)) {
			inode->i_pipe->files++;
			spin_unlock(&inode->i_lock);
			free_pipe_info(pipe);
			pipe = inode->i_pipe;
		} else {
			inode->i_pipe = pipe;
			spin_unlock(&inode->i_lock);
		}
	}
	filp->private_data = pipe;
	stream_open(inode, filp);
	mutex_lock(&pipe->mutex);
	if (wr && !rd && (filp->f_flags & O_NONBLOCK) && !pipe->readers) {
		mutex_unlock(&pipe->mutex);
		put_pipe_info(inode, pipe);
		return -ENXIO;
	}
	if (rd) {
		pipe->r_counter++;
		if (!pipe->readers++)
			wake_up_interruptible(&pipe->wr_wait);
	}
	if (wr) {
		pipe->w_counter++;
		if (!pipe->writers++)
			wake_up_interruptible(&pipe->rd_wait);
	}
	mutex_unlock(&pipe->mutex);
	if (rd && !wr && !pipe->writers && !(filp->f_flags & O_NONBLOCK)) {
		unsigned int seen = pipe->w_counter;

		ret = wait_event_interruptible(pipe->rd_wait, READ_ONCE(pipe->w_counter) != seen);
	} else if (wr && !rd && !pipe->readers) {
		unsigned int seen = pipe->r_counter;

		ret = wait_event_interruptible(pipe->wr_wait, READ_ONCE(pipe->r_counter) != seen);
	}
	if (ret)
		pipe_release(inode, filp);
	return ret;
}

const struct file_operations pipefifo_fops = {
	.open = fifo_open,
	.read_iter = pipe_read,
	.write_iter = pipe_write,
	.poll = pipe_poll,
	.release = pipe_release,
};

static int pipefs_init_fs_context(struct fs_context *fc)
{
	init_pseudo(fc, PIPEFS_MAGIC);
	return 0;
}

static struct file_system_type pipe_fs_type = {
	.name = "pipefs",
	.init_fs_context = pipefs_init_fs_context,
	.kill_sb = kill_anon_super,
};

void __init pipe_init(void)
{
	register_filesystem(&pipe_fs_type);
	pipe_mnt = kern_mount(&pipe_fs_type);
	pipe_mnt->mnt_sb->s_d_op = &pipefs_dentry_operations;
}
