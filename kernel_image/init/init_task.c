// SPDX-License-Identifier: MIT
/* Task 0: CPU 0's, which boots and then idles. */
#include <linux/sched.h>
#include <linux/list.h>
#include <linux/atomic.h>
#include <linux/init.h>

unsigned long init_thread_union[THREAD_SIZE / sizeof(long)] __aligned(THREAD_SIZE) __section(".data..init_task");

/* Theirs: kernel/signal, kernel/cred, mm/init-mm, fs. */
extern struct signal_struct init_signals __weak;
extern struct sighand_struct init_sighand __weak;
extern struct mm_struct init_mm __weak;
extern struct fs_struct init_fs __weak;
extern struct files_struct init_files __weak;
extern const struct cred init_cred __weak;

struct task_struct init_task = {
	.stack = init_thread_union,
	.__state = TASK_RUNNING,
	.flags = PF_KTHREAD,
	.usage = ATOMIC_INIT(2),
	.comm = "swapper/0",
	.prio = MAX_PRIO - 20,
	.static_prio = MAX_PRIO - 20,
	.normal_prio = MAX_PRIO - 20,
	.cpus_mask = ~0UL,
	.nr_cpus_allowed = NR_CPUS,
	.se = { .load = { 1024 } },
	.rt = { .run_list = LIST_HEAD_INIT(init_task.rt.run_list), .time_slice = 25 },
	.rcu_node_entry = LIST_HEAD_INIT(init_task.rcu_node_entry),
	.tasks = LIST_HEAD_INIT(init_task.tasks),
	.thread_group = LIST_HEAD_INIT(init_task.thread_group),
	.children = LIST_HEAD_INIT(init_task.children),
	.sibling = LIST_HEAD_INIT(init_task.sibling),
	.pending = { .list = LIST_HEAD_INIT(init_task.pending.list) },
	.real_parent = &init_task,
	.parent = &init_task,
	.group_leader = &init_task,
	.active_mm = &init_mm,
	.signal = &init_signals,
	.sighand = &init_sighand,
	.fs = &init_fs,
	.files = &init_files,
	.cred = &init_cred,
	.curr_ret_stack = -1,
	.curr_ret_depth = -1,
};
