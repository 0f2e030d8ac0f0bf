/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SCHED_TASK_H
#define _LINUX_SCHED_TASK_H
#include <linux/sched.h>
#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <linux/rcupdate.h>

#define CSIGNAL			0x000000ff
#define CLONE_VM		0x00000100
#define CLONE_FS		0x00000200
#define CLONE_FILES		0x00000400
#define CLONE_SIGHAND		0x00000800
#define CLONE_VFORK		0x00004000
#define CLONE_PARENT		0x00008000
#define CLONE_THREAD		0x00010000
#define CLONE_NEWNS		0x00020000
#define CLONE_SETTLS		0x00080000
#define CLONE_PARENT_SETTID	0x00100000
#define CLONE_CHILD_CLEARTID	0x00200000
#define CLONE_UNTRACED		0x00800000
#define CLONE_CHILD_SETTID	0x01000000

struct kernel_clone_args {
	u64 flags;
	int *child_tid, *parent_tid;
	int exit_signal;
	unsigned long stack, stack_size, tls;
	pid_t *set_tid;
	size_t set_tid_size;		/* 0 or 1 */
	int kthread, io_thread, idle;
	int (*fn)(void *);		/* a kernel or user-mode thread runs it; NULL: the child enters user mode */
	void *fn_arg;
	const char *comm;		/* name of the child, or NULL: the parent's */
};
#define USER_BUF_SIZE		8192UL	/* task_struct.user_buf: the path, and from 4096 a second argument */

extern rwlock_t tasklist_lock;
extern int nr_threads;
extern unsigned long total_forks;
extern spinlock_t mmlist_lock;

pid_t kernel_clone(struct kernel_clone_args *kargs);
struct task_struct *copy_process(struct pid *pid, int trace, int node, struct kernel_clone_args *args);
struct task_struct *fork_idle(int cpu);
struct task_struct *create_io_thread(int (*fn)(void *), void *arg, int node);
pid_t kernel_thread(int (*fn)(void *), void *arg, unsigned long flags);
pid_t user_mode_thread(int (*fn)(void *), void *arg, unsigned long flags);
int copy_thread(struct task_struct *p, const struct kernel_clone_args *args);
void exit_thread(struct task_struct *tsk);
void flush_thread(void);
void release_task(struct task_struct *p);
void release_thread(struct task_struct *p);
void fork_init(void);
void proc_caches_init(void);
void do_group_exit(int exit_code) __noreturn;
void make_task_dead(int signr) __noreturn;
long kernel_wait4(pid_t upid, int *stat_addr, int options, void *ru);
void exit_files(struct task_struct *tsk);
void exit_fs(struct task_struct *tsk);
void exit_mm_release(struct task_struct *tsk, struct mm_struct *mm);
void exec_mm_release(struct task_struct *tsk, struct mm_struct *mm);
void put_task_struct_rcu_user(struct task_struct *task);
struct sighand_struct;
void free_task(struct task_struct *tsk);
void __mmput(struct mm_struct *mm);
void sched_post_fork(struct task_struct *p);
void sched_cgroup_fork(struct task_struct *p, struct kernel_clone_args *kargs);
void sched_dead(struct task_struct *p);

static __always_inline notrace struct task_struct *get_task_struct(struct task_struct *t)
{
	atomic_inc(&t->usage);
	return t;
}
#define task_stack_page(t)	((t)->stack)
#endif
