// SPDX-License-Identifier: MIT
/* poll(2) */
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/jiffies.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <linux/sched.h>
#include "internal.h"

#define POLL_MAX	64
#define POLL_QUEUES	(2 * POLL_MAX)

struct poll_table_entry {
	struct file *filp;
	wait_queue_entry_t wait;
	wait_queue_head_t *wait_address;
};

struct poll_wqueues {
	poll_table pt;
	struct task_struct *polling_task;
	int triggered, error, nr;
	struct poll_table_entry entries[POLL_QUEUES];
};

static int pollwake(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct poll_wqueues *pwq = wait->private;

	pwq->triggered = 1;
	wake_up_process(pwq->polling_task);
	return 1;
}

static void __pollwait(struct file *filp, wait_queue_head_t *wait_address, poll_table *p)
{
	struct poll_wqueues *pwq = container_of(p, struct poll_wqueues, pt);
	struct poll_table_entry *entry;

	if (pwq->nr == POLL_QUEUES) {
		pwq->error = -ENOMEM;
		return;
	}
	entry = &pwq->entries[pwq->nr++];
	entry->filp = get_file(filp);
	entry->wait_address = wait_address;
	init_waitqueue_func_entry(&entry->wait, pollwake);
	entry->wait.private = pwq;
	add_wait_queue(wait_address, &entry->wait);
}

static void poll_freewait(struct poll_wqueues *pwq)
{
	while (pwq->nr) {
		struct poll_table_entry *entry = &pwq->entries[--pwq->nr];

		remove_wait_queue(entry->wait_address, &entry->wait);
		fput(entry->filp);
	}
}

static __poll_t do_pollfd(struct pollfd *pollfd, poll_table *pwait)
{
	struct fd f;
	__poll_t mask;

	if (pollfd->fd < 0)
		return 0;
	f = fdget(pollfd->fd);
	if (!f.file)
		return POLLNVAL;
	mask = vfs_poll(f.file, pwait) & ((unsigned short)pollfd->events | EPOLLERR | EPOLLHUP);
	fdput(f);
	return mask;
}

static noinline int do_poll(struct pollfd *fds, unsigned int nfds, struct poll_wqueues *wait, long timeout)
{
	poll_table *pt = &wait->pt;
	int count = 0;

	if (!timeout)
		pt->_qproc = NULL;
	for (;;) {
		unsigned int i;

		for (i = 0; i < nfds; i++) {
			fds[i].revents = do_pollfd(&fds[i], pt);
			if (fds[i].revents) {
				count++;
				pt->_qproc = NULL;
			}
		}
		pt->_qproc = NULL;
		if (!count) {
			count = wait->error;
			if (signal_pending(current))
				count = -EINTR;
		}
		if (count || !timeout)
			return count;
		set_current_state(TASK_INTERRUPTIBLE);
		if (!wait->triggered)
			timeout = schedule_timeout(timeout);
		__set_current_state(TASK_RUNNING);
		wait->triggered = 0;
	}
}

static noinline int do_sys_poll(struct pollfd __user *ufds, unsigned int nfds, long timeout)
{
	struct poll_wqueues *table;
	struct pollfd *fds;
	int err;

	if (nfds > POLL_MAX)
		return -EINVAL;
	table = kzalloc(sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	fds = memdup_user(ufds, nfds * sizeof(*fds));
	if (IS_ERR(fds)) {
		kfree(table);
		return PTR_ERR(fds);
	}
	table->pt._qproc = __pollwait;
	table->polling_task = current;
	err = do_poll(fds, nfds, table, timeout);
	poll_freewait(table);
	if (err >= 0 && copy_to_user(ufds, fds, nfds * sizeof(*fds)))
		err = -EFAULT;
	kfree(fds);
	kfree(table);
	return err;
}

SYSCALL_DEFINE3(poll, struct pollfd __user *, ufds, unsigned int, nfds, int, timeout_msecs)
{
	return do_sys_poll(ufds, nfds, timeout_msecs < 0 ? MAX_SCHEDULE_TIMEOUT : (long)msecs_to_jiffies(timeout_msecs));
}

SYSCALL_DEFINE3(ppoll, struct pollfd __user *, ufds, unsigned int, nfds, s64 __user *, tsp)
{
	s64 ts[2];
	long timeout = MAX_SCHEDULE_TIMEOUT;

	if (tsp) {
		if (copy_from_user(ts, tsp, sizeof(ts)))
			return -EFAULT;
		timeout = (long)ts[0] * HZ + (long)ts[1] / (1000000000 / HZ);
	}
	return do_sys_poll(ufds, nfds, timeout);
}
