/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_FS_TRACE_H
#define _LINUX_FS_TRACE_H
struct task_struct; struct linux_binprm; struct module;
void trace_sched_process_exec(struct task_struct *p, int old_pid, struct linux_binprm *bprm);
void trace_task_rename(struct task_struct *task, const char *comm);
void trace_module_load(struct module *mod);
void trace_module_free(struct module *mod);
#endif
