// SPDX-License-Identifier: MIT
/* The I/O priority of a task that never set one follows from how it is scheduled. */
#include <linux/fs.h>
#include <linux/sched.h>

#define IOPRIO_CLASS_RT		1
#define IOPRIO_CLASS_BE		2
#define IOPRIO_PRIO_VALUE(class, data)	((class) << 13 | (data))

noinline int __get_task_ioprio(struct task_struct *p)
{
	if (p->policy == SCHED_FIFO || p->policy == SCHED_RR)
		return IOPRIO_PRIO_VALUE(IOPRIO_CLASS_RT, 4);
	return IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, (p->static_prio - 100) / 5);
}
