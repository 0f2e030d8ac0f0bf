/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_CAPABILITY_H
#define _LINUX_CAPABILITY_H
#include <linux/types.h>
typedef struct { u64 val; } kernel_cap_t;
struct file; struct inode; struct user_namespace; struct task_struct;
#define CAP_CHOWN		0
#define CAP_DAC_OVERRIDE	1
#define CAP_DAC_READ_SEARCH	2
#define CAP_FOWNER		3
#define CAP_FSETID		4
#define CAP_KILL		5
#define CAP_SETGID		6
#define CAP_SETUID		7
#define CAP_SETPCAP		8
#define CAP_LINUX_IMMUTABLE	9
#define CAP_NET_BIND_SERVICE	10
#define CAP_NET_BROADCAST	11
#define CAP_NET_ADMIN		12
#define CAP_NET_RAW		13
#define CAP_IPC_LOCK		14
#define CAP_IPC_OWNER		15
#define CAP_SYS_MODULE		16
#define CAP_SYS_RAWIO		17
#define CAP_SYS_CHROOT		18
#define CAP_SYS_PTRACE		19
#define CAP_SYS_PACCT		20
#define CAP_SYS_ADMIN		21
#define CAP_SYS_BOOT		22
#define CAP_SYS_NICE		23
#define CAP_SYS_RESOURCE	24
#define CAP_SYS_TIME		25
#define CAP_SYS_TTY_CONFIG	26
#define CAP_MKNOD		27
#define CAP_LEASE		28
#define CAP_AUDIT_WRITE	29
#define CAP_AUDIT_CONTROL	30
#define CAP_SETFCAP		31
#define CAP_MAC_OVERRIDE	32
#define CAP_MAC_ADMIN		33
#define CAP_SYSLOG		34
#define CAP_WAKE_ALARM		35
#define CAP_BLOCK_SUSPEND	36
#define CAP_AUDIT_READ		37
#define CAP_PERFMON		38
#define CAP_BPF		39
#define CAP_CHECKPOINT_RESTORE	40
#define CAP_LAST_CAP		40
#define CAP_FULL_SET		((kernel_cap_t){ (1ull << (CAP_LAST_CAP + 1)) - 1 })
#define CAP_EMPTY_SET		((kernel_cap_t){ 0 })
#define cap_raised(c, flag)	((c).val >> (flag) & 1)
#define cap_raise(c, flag)	((c).val |= 1ull << (flag))
#define cap_lower(c, flag)	((c).val &= ~(1ull << (flag)))
#define CAP_OPT_NONE		0
#define CAP_OPT_NOAUDIT		2
bool capable(int cap);
bool ns_capable(struct user_namespace *ns, int cap);
bool ns_capable_noaudit(struct user_namespace *ns, int cap);
bool has_capability(struct task_struct *t, int cap);
bool has_ns_capability(struct task_struct *t, struct user_namespace *ns, int cap);
bool file_ns_capable(const struct file *file, struct user_namespace *ns, int cap);
bool capable_wrt_inode_uidgid(struct user_namespace *mnt_userns, const struct inode *inode, int cap);
#endif
