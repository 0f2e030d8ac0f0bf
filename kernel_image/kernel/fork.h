/* SPDX-License-Identifier: MIT */
#ifndef _KERNEL_FORK_H
#define _KERNEL_FORK_H
#include <linux/sched.h>
#include <linux/sched/task.h>

/* fork_mm.c */
int copy_mm(unsigned long clone_flags, struct task_struct *tsk);
#endif
