/* SPDX-License-Identifier: MIT */
#include <linux/compiler.h>
#include "tracehooks.h"

__weak notrace void ftrace_graph_init_task(struct task_struct *t) { }
__weak notrace void rethook_flush_task(struct task_struct *t) { }
__weak notrace void ftrace_graph_exit_task(struct task_struct *t) { }
