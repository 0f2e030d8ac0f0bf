// SPDX-License-Identifier: MIT
/* Where kernel/trace may want to hear of programs and modules; these stand in where it does not. */
#include <linux/compiler.h>
#include <linux/fs_trace.h>

__weak notrace void trace_sched_process_exec(struct task_struct *p, int old_pid, struct linux_binprm *bprm) { }
__weak notrace void trace_task_rename(struct task_struct *task, const char *comm) { }
__weak notrace void trace_module_load(struct module *mod) { }
__weak notrace void trace_module_free(struct module *mod) { }
