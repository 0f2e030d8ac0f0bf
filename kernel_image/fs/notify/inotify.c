// SPDX-License-Identifier: MIT
/* inotify(7): events in a queue that is read like a file. */
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/fsnotify.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/kernel.h>
#include <linux/mount.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <linux/sched.h>
#include "../internal.h"

#define INOTIFY_MAX_EVENTS	256

struct inotify_group {
	struct fsnotify_group fsn;
	spinlock_t lock;
	struct list_head events;	/* lock */
	struct list_head marks;		/* lock */
	int nr_events, next_wd;
	wait_queue_head_t wait;
};

struct inotify_mark { struct fsnotify_mark fsn; struct list_head list; int wd; };

struct inotify_event { int wd; u32 mask, cookie, len; };
struct inotify_event_info { struct list_head list; struct inotify_event e; char name[]; };

static int inotify_handle_inode_event(struct fsnotify_mark *mark, u32 mask, struct inode *inode, struct inode *dir,
				      const struct qstr *name)
{
	struct inotify_mark *i_mark = container_of(mark, struct inotify_mark, fsn);
	struct inotify_group *group = mark->group->private;
	int len = name ? ALIGN(name->len + 1, (int)sizeof(struct inotify_event)) : 0;
	struct inotify_event_info *event = kzalloc(sizeof(*event) + len, GFP_ATOMIC);
	bool queued = false;

	if (!event)
		return -ENOMEM;
	event->e = (struct inotify_event){ .wd = i_mark->wd, .mask = mask & ~FS_EVENT_ON_CHILD, .len = len };
	if (name)
		memcpy(event->name, name->name, name->len);
	spin_lock(&group->lock);
	if (group->nr_events < INOTIFY_MAX_EVENTS) {
		group->nr_events++;
		list_add_tail(&event->list, &group->events);
		queued = true;
	}
	spin_unlock(&group->lock);
	if (queued)
		wake_up(&group->wait);
	else
		kfree(event);
	return 0;
}

static void inotify_free_mark(struct fsnotify_mark *mark)
{
	kfree(container_of(mark, struct inotify_mark, fsn));
}

static const struct fsnotify_ops inotify_fsnotify_ops = {
	.handle_inode_event = inotify_handle_inode_event,
	.free_mark = inotify_free_mark,
};

static struct inotify_event_info *get_one_event(struct inotify_group *group, size_t count)
{
	struct inotify_event_info *event;

	spin_lock(&group->lock);
	event = list_first_entry_or_null(&group->events, struct inotify_event_info, list);
	if (event && sizeof(event->e) + event->e.len > count)
		event = ERR_PTR(-EINVAL);
	if (!IS_ERR_OR_NULL(event)) {
		list_del(&event->list);
		group->nr_events--;
	}
	spin_unlock(&group->lock);
	return event;
}

static ssize_t inotify_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct inotify_group *group = file->private_data;
	struct inotify_event_info *event;
	char __user *start = buf;
	int ret = 0;

	for (;;) {
		event = get_one_event(group, count);
		if (IS_ERR(event)) {
			ret = PTR_ERR(event);
			break;
		}
		if (event) {
			size_t len = sizeof(event->e) + event->e.len;

			if (copy_to_user(buf, &event->e, len))
				ret = -EFAULT;
			kfree(event);
			if (ret)
				break;
			buf += len;
			count -= len;
			continue;
		}
		if (start != buf)
			break;
		if (file->f_flags & O_NONBLOCK) {
			ret = -EAGAIN;
			break;
		}
		ret = wait_event_interruptible(group->wait, !list_empty(&group->events));
		if (ret)
			break;
	}
	return start != buf && ret != -EFAULT ? buf - start : ret;
}

static __poll_t inotify_poll(struct file *file, poll_table *wait)
{
	struct inotify_group *group = file->private_data;

	poll_wait(file, &group->wait, wait);
	return list_empty(&group->events) ? 0 : EPOLLIN | EPOLLRDNORM;
}

static void inotify_remove(struct inotify_group *group, struct inotify_mark *mark)
{
	spin_lock(&group->lock);
	list_del(&mark->list);
	spin_unlock(&group->lock);
	fsnotify_destroy_mark(&mark->fsn);
}

static int inotify_release(struct inode *ignored, struct file *file)
{
	struct inotify_group *group = file->private_data;
	struct inotify_event_info *event;

	while (!list_empty(&group->marks))
		inotify_remove(group, list_first_entry(&group->marks, struct inotify_mark, list));
	while ((event = get_one_event(group, ~0UL)) != NULL)
		kfree(event);
	kfree(group);
	return 0;
}

static const struct file_operations inotify_fops = {
	.read = inotify_read,
	.poll = inotify_poll,
	.release = inotify_release,
	.llseek = noop_llseek,
};

static struct inotify_group *inotify_new_group(void)
{
	struct inotify_group *group = kzalloc(sizeof(*group), GFP_KERNEL);

	if (!group)
		return NULL;
	group->fsn.ops = &inotify_fsnotify_ops;
	group->fsn.private = group;
	spin_lock_init(&group->lock);
	INIT_LIST_HEAD(&group->events);
	INIT_LIST_HEAD(&group->marks);
	init_waitqueue_head(&group->wait);
	return group;
}

static noinline int do_inotify_init(int flags)
{
	struct inotify_group *group;
	int ret;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	group = inotify_new_group();
	if (!group)
		return -ENOMEM;
	ret = anon_inode_getfd("inotify", &inotify_fops, group, O_RDONLY | flags);
	if (ret < 0)
		kfree(group);
	return ret;
}

SYSCALL_DEFINE1(inotify_init1, int, flags)
{
	return do_inotify_init(flags);
}

SYSCALL_DEFINE0(inotify_init)
{
	return do_inotify_init(0);
}

static int inotify_update_watch(struct inotify_group *group, struct inode *inode, u32 mask)
{
	struct inotify_mark *mark;
	int wd;

	spin_lock(&group->lock);
	list_for_each_entry(mark, &group->marks, list) {
		if (mark->fsn.inode == inode) {
			mark->fsn.mask = mask;
			wd = mark->wd;
			spin_unlock(&group->lock);
			return wd;
		}
	}
	spin_unlock(&group->lock);
	mark = kzalloc(sizeof(*mark), GFP_KERNEL);
	if (!mark)
		return -ENOMEM;
	mark->fsn.group = &group->fsn;
	mark->fsn.mask = mask;
	spin_lock(&group->lock);
	wd = mark->wd = ++group->next_wd;
	list_add_tail(&mark->list, &group->marks);
	spin_unlock(&group->lock);
	fsnotify_add_mark(&mark->fsn, inode);
	return wd;
}

SYSCALL_DEFINE3(inotify_add_watch, int, fd, const char __user *, pathname, u32, mask)
{
	struct fd f = fdget(fd);
	struct path path;
	int ret = -EINVAL;

	if (!f.file)
		return -EBADF;
	if (f.file->f_op == &inotify_fops)
		ret = user_path_at(AT_FDCWD, pathname, LOOKUP_FOLLOW, &path);
	if (!ret) {
		if (S_ISDIR(path.dentry->d_inode->i_mode))
			mask |= FS_EVENT_ON_CHILD;
		ret = inode_permission(path.dentry->d_inode, MAY_READ);
		if (!ret)
			ret = inotify_update_watch(f.file->private_data, path.dentry->d_inode, mask);
		path_put(&path);
	}
	fdput(f);
	return ret;
}

SYSCALL_DEFINE2(inotify_rm_watch, int, fd, int, wd)
{
	struct fd f = fdget(fd);
	struct inotify_group *group;
	struct inotify_mark *mark, *found = NULL;
	int ret = -EINVAL;

	if (!f.file)
		return -EBADF;
	if (f.file->f_op == &inotify_fops) {
		group = f.file->private_data;
		list_for_each_entry(mark, &group->marks, list)
			if (mark->wd == wd)
				found = mark;
		if (found) {
			inotify_remove(group, found);
			ret = 0;
		}
	}
	fdput(f);
	return ret;
}
