/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_PIPE_FS_I_H
#define _LINUX_PIPE_FS_I_H
#include <linux/mutex.h>
#include <linux/wait.h>

#define PIPE_DEF_BUFFERS	16
#define PIPE_BUF		4096
#define PIPE_BUF_FLAG_CAN_MERGE	0x10

struct page; struct file; struct pipe_inode_info; struct pipe_buffer;

struct pipe_buf_operations {
	void (*release)(struct pipe_inode_info *, struct pipe_buffer *);
};

struct pipe_buffer {
	struct page *page;
	unsigned int offset, len;
	const struct pipe_buf_operations *ops;
	unsigned int flags;
};

/* Everything but the wait queues is under mutex. */
struct pipe_inode_info {
	struct mutex mutex;
	wait_queue_head_t rd_wait, wr_wait;
	unsigned int head, tail, max_usage, ring_size;
	unsigned int readers, writers, files;
	unsigned int r_counter, w_counter;
	struct page *tmp_page[2];
	struct pipe_buffer *bufs;
};

#define pipe_empty(head, tail)		((head) == (tail))
#define pipe_full(head, tail, limit)	((head) - (tail) >= (limit))

struct pipe_inode_info *alloc_pipe_info(void);
void free_pipe_info(struct pipe_inode_info *pipe);
int create_pipe_files(struct file **res, int flags);
#endif
