/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_POLL_H
#define _LINUX_POLL_H
#include <linux/fs.h>
#include <linux/wait.h>

#define EPOLLIN		0x0001
#define EPOLLPRI	0x0002
#define EPOLLOUT	0x0004
#define EPOLLERR	0x0008
#define EPOLLHUP	0x0010
#define POLLNVAL	0x0020
#define EPOLLRDNORM	0x0040
#define EPOLLWRNORM	0x0100
#define DEFAULT_POLLMASK (EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM)

typedef unsigned int __poll_t;
typedef struct poll_table_struct {
	void (*_qproc)(struct file *, wait_queue_head_t *, struct poll_table_struct *);
	__poll_t _key;
} poll_table;

struct pollfd { int fd; short events, revents; };

static __always_inline notrace void poll_wait(struct file *filp, wait_queue_head_t *q, poll_table *p)
{
	if (p && p->_qproc && q)
		p->_qproc(filp, q, p);
}
static __always_inline notrace __poll_t vfs_poll(struct file *file, struct poll_table_struct *pt)
{
	return file->f_op->poll ? file->f_op->poll(file, pt) : DEFAULT_POLLMASK;
}
#endif
