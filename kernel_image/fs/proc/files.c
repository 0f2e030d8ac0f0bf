// SPDX-License-Identifier: MIT
/* The files of /proc. */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/sysinfo.h>
#include <linux/timekeeping.h>
#include <linux/utsname.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/mount.h>
#include "internal.h"
#include "../internal.h"

static int version_proc_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s version %s (tracefs@emulated) %s\n", utsname()->sysname, utsname()->release,
		   utsname()->version);
	return 0;
}

static int uptime_proc_show(struct seq_file *m, void *v)
{
	struct timespec64 uptime;

	ktime_get_boottime_ts64(&uptime);
	seq_printf(m, "%lu.%02lu %lu.%02lu\n", (unsigned long)uptime.tv_sec, (unsigned long)uptime.tv_nsec / 10000000,
		   (unsigned long)uptime.tv_sec, (unsigned long)uptime.tv_nsec / 10000000);
	return 0;
}

static void show_val_kb(struct seq_file *m, const char *s, unsigned long num)
{
	seq_put_decimal_ull_width(m, s, num << (PAGE_SHIFT - 10), 8);
	seq_write(m, " kB\n", 4);
}

static int meminfo_proc_show(struct seq_file *m, void *v)
{
	struct sysinfo i;

	si_meminfo(&i);
	show_val_kb(m, "MemTotal:       ", i.totalram);
	show_val_kb(m, "MemFree:        ", i.freeram);
	show_val_kb(m, "MemAvailable:   ", i.freeram);
	show_val_kb(m, "Buffers:        ", i.bufferram);
	show_val_kb(m, "Shmem:          ", i.sharedram);
	return 0;
}

/* One record for each mount. */
static void *m_start(struct seq_file *m, loff_t *pos)
{
	return seq_list_start(&mount_list, *pos);
}

static void *m_next(struct seq_file *m, void *v, loff_t *pos)
{
	return seq_list_next(v, &mount_list, pos);
}

static void m_stop(struct seq_file *m, void *v)
{
}

static int show_vfsmnt(struct seq_file *m, void *v)
{
	struct mount *r = list_entry((struct list_head *)v, struct mount, mnt_list);
	struct path path = { .mnt = &r->mnt, .dentry = r->mnt.mnt_root };
	char buf[128], *where = d_path(&path, buf, sizeof(buf));

	seq_printf(m, "%s %s %s %s 0 0\n", r->mnt_devname, IS_ERR(where) ? "?" : where, r->mnt.mnt_sb->s_type->name,
		   __mnt_is_readonly(&r->mnt) ? "ro,relatime" : "rw,relatime");
	return 0;
}

static const struct seq_operations mounts_op = { m_start, m_stop, m_next, show_vfsmnt };

void __init proc_files_init(void)
{
	proc_create_single("version", 0444, NULL, version_proc_show);
	proc_create_single("uptime", 0444, NULL, uptime_proc_show);
	proc_create_single("meminfo", 0444, NULL, meminfo_proc_show);
	proc_create_seq("mounts", 0444, NULL, &mounts_op);
	proc_create_seq("modules", 0444, NULL, &modules_op);
	proc_mkdir("sys", NULL);
}
