// SPDX-License-Identifier: MIT
/* dnotify's side of close(2).  fcntl(F_NOTIFY) is not offered, so a directory never has such a mark. */
#include <linux/fs.h>
#include <linux/fsnotify.h>

void dnotify_flush(struct file *filp, void *id)
{
	struct inode *inode = file_inode(filp);

	if (!S_ISDIR(inode->i_mode))
		return;
	barrier();
}
