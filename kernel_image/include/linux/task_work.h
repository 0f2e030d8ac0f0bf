/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_TASK_WORK_H
#define _LINUX_TASK_WORK_H
#include <linux/sched.h>

enum task_work_notify_mode { TWA_NONE, TWA_RESUME, TWA_SIGNAL };

int task_work_add(struct task_struct *task, struct callback_head *work, enum task_work_notify_mode mode);
void task_work_run(void);
void exit_task_work(struct task_struct *task);
#endif
