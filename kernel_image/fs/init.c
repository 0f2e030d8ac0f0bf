// SPDX-License-Identifier: MIT
/* Boot: the caches, the root, and what stands in it before the first process opens a file. */
#include <linux/fs.h>
#include <linux/fdtable.h>
#include <linux/fs_struct.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/pagemap.h>
#include <linux/proc_fs.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/init.h>
#include <linux/printk.h>
#include "internal.h"

void anon_inode_init(void);

void __init vfs_caches_init(void)
{
	names_cachep = kmem_cache_create("names_cache", PATH_MAX, 0, 0, NULL);
	dcache_init();
	inode_init();
	files_init();
	pagecache_init();
	shmem_init();
	mnt_init();
}

static int __init init_mkdir(const char *name, umode_t mode)
{
	struct path path;
	struct dentry *dentry = kern_path_create(AT_FDCWD, name, &path, LOOKUP_DIRECTORY);
	int error;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	error = vfs_mkdir(path.dentry->d_inode, dentry, mode);
	done_path_create(&path, dentry);
	return error;
}

static int __init init_mknod(const char *name, umode_t mode, dev_t dev)
{
	struct path path;
	struct dentry *dentry = kern_path_create(AT_FDCWD, name, &path, 0);
	int error;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	error = path.dentry->d_inode->i_op->mknod(path.dentry->d_inode, dentry, mode, dev);
	done_path_create(&path, dentry);
	return error;
}

static void __init init_mount(const char *type, const char *where)
{
	struct path path;
	int error = kern_path(where, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (!error) {
		error = path_mount(type, &path, type, 0, NULL);
		path_put(&path);
	}
	if (error)
		pr_err("VFS: cannot mount %s on %s: %d\n", type, where, error);
}

static int __init populate_rootfs(void)
{
	static const char *const dirs[] __initdata = {
		"/proc", "/sys", "/sys/kernel", "/sys/kernel/tracing", "/tmp", "/run", "/dev", "/mnt", "/mnt/ext4", "/bin",
	};
	unsigned int i;

	chrdev_init();
	anon_inode_init();
	pipe_init();
	tracefs_init();
	proc_root_init();
	for (i = 0; i < ARRAY_SIZE(dirs); i++)
		init_mkdir(dirs[i], 0755);
	init_mknod("/dev/null", S_IFCHR | 0666, MKDEV(1, 3));
	init_mknod("/dev/zero", S_IFCHR | 0666, MKDEV(1, 5));
	init_mount("proc", "/proc");
	init_mount("tmpfs", "/tmp");
	init_mount("tmpfs", "/run");
	init_mount("tracefs", "/sys/kernel/tracing");
	return 0;
}
fs_initcall(populate_rootfs);
