/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SIGNAL_TYPES_H
#define _LINUX_SIGNAL_TYPES_H
#include <linux/types.h>
typedef u64 sigset_t;
typedef void (*__sighandler_t)(int);
typedef struct kernel_siginfo {
	int si_signo, si_errno, si_code;
	pid_t si_pid;
	uid_t si_uid;
	int si_status;
	long si_value;
} kernel_siginfo_t;
struct sigaction {
	__sighandler_t sa_handler;
	unsigned long sa_flags;
	__sighandler_t sa_restorer;
	sigset_t sa_mask;
};
struct k_sigaction { struct sigaction sa; };
struct ksignal {
	struct k_sigaction ka;
	kernel_siginfo_t info;
	int sig;
};
struct sigqueue {
	struct list_head list;
	int flags;
	kernel_siginfo_t info;
};
#endif
