/* SPDX-License-Identifier: MIT */
#ifndef _KERNEL_TRACEHOOKS_H
#define _KERNEL_TRACEHOOKS_H
/* What the graph tracer does at a task's birth and end; weak ones stand in where it is absent. */
struct task_struct;
void ftrace_graph_init_task(struct task_struct *t);
void rethook_flush_task(struct task_struct *t);
void ftrace_graph_exit_task(struct task_struct *t);
#endif
