/* SPDX-License-Identifier: MIT */
#ifndef _KERNEL_FORK_H
#define _KERNEL_FORK_H
#include <linux/entry-common.h>
#include <linux/sched.h>
#include <linux/sched/task.h>

/* Of thread_flags only these pass to a child. */
#ifdef SYSCALL_WORK_TRACEPOINT
#define SYSCALL_WORK_INHERITED	SYSCALL_WORK_TRACEPOINT
#else
#define SYSCALL_WORK_INHERITED	0
#endif

/* fork_mm.c */
int copy_mm(unsigned long clone_flags, struct task_struct *tsk);
#endif
