// SPDX-License-Identifier: MIT
/* What kernel/trace may want to hear of the scheduler; these stand in where it does not. */
#include "sched.h"

__weak notrace void trace_sched_switch(bool preempt, struct task_struct *prev, struct task_struct *next) { }
__weak notrace void trace_sched_waking(struct task_struct *p) { }
__weak notrace void trace_sched_wakeup(struct task_struct *p) { }
__weak notrace void trace_sched_wakeup_new(struct task_struct *p) { }
__weak notrace void trace_sched_migrate_task(struct task_struct *p, int dest_cpu) { }
