// SPDX-License-Identifier: MIT
/* Character devices: those of drivers/char/mem.c are all there are. */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/uio.h>
#include <linux/random.h>
#include <linux/sched.h>
#include "internal.h"

#define MEM_MAJOR	1

static const struct file_operations *chrdevs[32];	/* chrdevs_lock */
static DEFINE_SPINLOCK(cdev_lock);

int register_chrdev(unsigned int major, const char *name, const struct file_operations *fops)
{
	if (major >= ARRAY_SIZE(chrdevs) || chrdevs[major])
		return -EBUSY;
	chrdevs[major] = fops;
	return 0;
}
EXPORT_SYMBOL(register_chrdev);

static int chrdev_open(struct inode *inode, struct file *filp)
{
	unsigned int major = inode->i_rdev >> MINORBITS;
	const struct file_operations *fops;

	spin_lock(&cdev_lock);
	fops = major < ARRAY_SIZE(chrdevs) ? chrdevs[major] : NULL;
	spin_unlock(&cdev_lock);
	if (!fops || !try_module_get(fops->owner))
		return -ENXIO;
	filp->f_op = fops;
	return fops->open ? fops->open(inode, filp) : 0;
}

const struct file_operations def_chr_fops = { .open = chrdev_open, .llseek = noop_llseek };

void init_special_inode(struct inode *inode, umode_t mode, dev_t rdev)
{
	inode->i_mode = mode;
	if (S_ISCHR(mode)) {
		inode->i_fop = &def_chr_fops;
		inode->i_rdev = rdev;
	} else if (S_ISFIFO(mode)) {
		inode->i_fop = &pipefifo_fops;
	}
}

static ssize_t read_null(struct file *file, char __user *buf, size_t count, loff_t *ppos)
{
	return 0;
}

static ssize_t write_null(struct file *file, const char __user *buf, size_t count, loff_t *ppos)
{
	return count;
}

static ssize_t read_iter_zero(struct kiocb *iocb, struct iov_iter *iter)
{
	size_t written = 0, n;

	while (iov_iter_count(iter)) {
		n = iov_iter_zero(min_t(size_t, PAGE_SIZE, iov_iter_count(iter)), iter);
		if (!n)
			return written ? written : -EFAULT;
		written += n;
		cond_resched();
	}
	return written;
}

static loff_t null_lseek(struct file *file, loff_t offset, int orig)
{
	return file->f_pos = 0;
}

static const struct file_operations null_fops = { .llseek = null_lseek, .read = read_null, .write = write_null };
static const struct file_operations zero_fops = { .llseek = null_lseek, .read_iter = read_iter_zero, .write = write_null };

static int memory_open(struct inode *inode, struct file *filp)
{
	switch (inode->i_rdev & ((1 << MINORBITS) - 1)) {
	case 3:
		filp->f_op = &null_fops;
		return 0;
	case 5:
		filp->f_op = &zero_fops;
		return 0;
	default:
		return -ENXIO;
	}
}

static const struct file_operations memory_fops = { .open = memory_open, .llseek = noop_llseek };

void __init chrdev_init(void)
{
	register_chrdev(MEM_MAJOR, "mem", &memory_fops);
}
