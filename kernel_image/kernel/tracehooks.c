/* SPDX-License-Identifier: MIT */
#include <linux/compiler.h>
#include <linux/ftrace.h>
#include "tracehooks.h"

__weak notrace void trace_sched_process_fork(struct task_struct *parent, struct task_struct *child) { }
__weak notrace void trace_sched_process_exit(struct task_struct *task) { }
__weak notrace void trace_task_newtask(struct task_struct *task, unsigned long clone_flags) { }
__weak notrace void trace_sched_process_free(struct task_struct *p) { }
__weak notrace void trace_sched_process_wait(struct pid *pid) { }
__weak notrace void trace_signal_generate(int sig, struct kernel_siginfo *info, struct task_struct *task, int group, int result) { }
__weak notrace void trace_signal_deliver(int sig, struct kernel_siginfo *info, struct k_sigaction *ka) { }
__weak notrace void ftrace_graph_init_task(struct task_struct *t) { }
__weak notrace void ftrace_graph_exit_task(struct task_struct *t) { }
