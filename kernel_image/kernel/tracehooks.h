/* SPDX-License-Identifier: MIT */
#ifndef _KERNEL_TRACEHOOKS_H
#define _KERNEL_TRACEHOOKS_H
/* Where kernel/trace may want to hear of processes and signals; weak ones stand in where it does not. */
struct task_struct; struct kernel_siginfo; struct k_sigaction; struct pid;
void trace_task_newtask(struct task_struct *task, unsigned long clone_flags);
void trace_sched_process_free(struct task_struct *p);
void trace_sched_process_wait(struct pid *pid);
void trace_signal_generate(int sig, struct kernel_siginfo *info, struct task_struct *task, int group, int result);
void trace_signal_deliver(int sig, struct kernel_siginfo *info, struct k_sigaction *ka);
void ftrace_graph_init_task(struct task_struct *t);
void ftrace_graph_exit_task(struct task_struct *t);
#endif
