/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>

bool has_ns_capability(struct task_struct *t, struct user_namespace *ns, int cap)
{
	int ret;

	rcu_read_lock();
	ret = security_capable(__task_cred(t), cap);
	rcu_read_unlock();
	return ret == 0;
}

bool has_capability(struct task_struct *t, int cap)
{
	return has_ns_capability(t, &init_user_ns, cap);
}
EXPORT_SYMBOL(has_capability);

noinline_for_trace bool ns_capable(struct user_namespace *ns, int cap)
{
	return security_capable(current_cred(), cap) == 0;
}
EXPORT_SYMBOL(ns_capable);

noinline_for_trace bool ns_capable_noaudit(struct user_namespace *ns, int cap)
{
	return security_capable(current_cred(), cap) == 0;
}

bool capable(int cap)
{
	return ns_capable(&init_user_ns, cap);
}
EXPORT_SYMBOL(capable);

bool file_ns_capable(const struct file *file, struct user_namespace *ns, int cap)
{
	return security_capable(file->f_cred, cap) == 0;
}
EXPORT_SYMBOL(file_ns_capable);

bool capable_wrt_inode_uidgid(struct user_namespace *mnt_userns, const struct inode *inode, int cap)
{
	return ns_capable(&init_user_ns, cap);
}

struct user_cap_header { u32 version; int pid; };
struct user_cap_data { u32 effective, permitted, inheritable; };
#define CAPABILITY_VERSION_3	0x20080522

SYSCALL_DEFINE2(capget, struct user_cap_header __user *, header, struct user_cap_data __user *, dataptr)
{
	struct user_cap_data data[2];
	const struct cred *cred;
	struct task_struct *t;
	pid_t pid;
	u32 version;

	if (get_user(version, &header->version))
		return -EFAULT;
	if (version != CAPABILITY_VERSION_3) {
		if (put_user(CAPABILITY_VERSION_3, &header->version))
			return -EFAULT;
		return dataptr ? -EINVAL : 0;
	}
	if (get_user(pid, &header->pid))
		return -EFAULT;
	t = pid ? find_get_task_by_vpid(pid) : get_task_struct(current);
	if (!t)
		return -ESRCH;
	cred = get_task_cred(t);
	for (int i = 0; i < 2; i++)
		data[i] = (struct user_cap_data){ cred->cap_effective.val >> 32 * i, cred->cap_permitted.val >> 32 * i,
						  cred->cap_inheritable.val >> 32 * i };
	put_cred(cred);
	put_task_struct(t);
	return copy_to_user(dataptr, data, sizeof(data)) ? -EFAULT : 0;
}
