/* SPDX-License-Identifier: MIT */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <trace/events/sched.h>
#include "fork.h"

static noinline_for_trace int wait_for_vfork_done(struct task_struct *child, struct completion *vfork)
{
	int killed = wait_for_completion_killable(vfork);

	if (killed)
		child->signal->vfork_done = NULL;
	put_task_struct(child);
	return killed;
}

noinline_for_trace pid_t kernel_clone(struct kernel_clone_args *args)
{
	u64 clone_flags = args->flags;
	DECLARE_COMPLETION_ONSTACK(vfork);
	struct task_struct *p;
	struct pid *pid;
	pid_t nr;

	p = copy_process(NULL, 0, -1, args);
	if (IS_ERR(p))
		return PTR_ERR(p);
	trace_sched_process_fork(current, p);
	pid = get_task_pid(p, PIDTYPE_PID);
	nr = pid_vnr(pid);
	if (clone_flags & CLONE_PARENT_SETTID)
		put_user(nr, args->parent_tid);
	if (clone_flags & CLONE_VFORK) {
		p->signal->vfork_done = &vfork;
		get_task_struct(p);
	}
	wake_up_new_task(p);
	if (clone_flags & CLONE_VFORK)
		wait_for_vfork_done(p, &vfork);
	put_pid(pid);
	return nr;
}

pid_t kernel_thread(int (*fn)(void *), void *arg, unsigned long flags)
{
	struct kernel_clone_args args = {
		.flags = ((flags | CLONE_VM | CLONE_UNTRACED) & ~CSIGNAL),
		.exit_signal = flags & CSIGNAL,
		.fn = fn,
		.fn_arg = arg,
		.kthread = 1,
	};

	return kernel_clone(&args);
}

pid_t user_mode_thread(int (*fn)(void *), void *arg, unsigned long flags)
{
	struct kernel_clone_args args = {
		.flags = ((flags | CLONE_VM | CLONE_UNTRACED) & ~CSIGNAL),
		.exit_signal = flags & CSIGNAL,
		.fn = fn,
		.fn_arg = arg,
	};

	return kernel_clone(&args);
}

static int idle_dummy(void *dummy)
{
	return 0;
}

struct task_struct *fork_idle(int cpu)
{
	struct kernel_clone_args args = { .flags = CLONE_VM, .fn = idle_dummy, .kthread = 1, .idle = 1 };
	struct task_struct *task = copy_process(&init_struct_pid, 0, -1, &args);

	if (!IS_ERR(task))
		init_idle(task, cpu);
	return task;
}

/*
 * A child bears the pid that it has outside, which the host passes as the sixth argument: none of these calls has
 * so many of its own.  HOST_PID at its top says that it is one.  0: take the next number.
 */
#define HOST_PID	0x9d54

static __always_inline pid_t host_pid(const struct pt_regs *regs)
{
	u64 told = regs->__SC_R6;

	if (told >> 48 != HOST_PID)
		return 0;
	yield_pid((u32)told);
	return (u32)told;
}

static noinline_for_trace long __do_sys_clone(unsigned long clone_flags, unsigned long newsp, int __user *parent_tidptr,
				    int __user *child_tidptr, unsigned long tls, pid_t pid)
{
	struct kernel_clone_args args = {
		.set_tid = &pid,
		.set_tid_size = pid > 0,
		.flags = (u32)clone_flags & ~CSIGNAL,
		.child_tid = child_tidptr,
		.parent_tid = parent_tidptr,
		.exit_signal = clone_flags & CSIGNAL,
		.stack = newsp,
		.tls = tls,
	};

	return kernel_clone(&args);
}

#define FUNCTION_SYSCALL(name)	long __SYS(name)(const struct pt_regs *regs); long __SYS(name)(const struct pt_regs *regs)

/* The kernel's own compiler leaves __do_sys_clone as a function: stack traces show it. */
FUNCTION_SYSCALL(clone)
{
	return __do_sys_clone(regs->__SC_R1, regs->__SC_R2, (int *)regs->__SC_R3, (int *)regs->__SC_R4, regs->__SC_R5,
			      host_pid(regs));
}

FUNCTION_SYSCALL(fork)
{
	pid_t pid = host_pid(regs);
	struct kernel_clone_args args = { .exit_signal = SIGCHLD, .set_tid = &pid, .set_tid_size = pid > 0 };

	return kernel_clone(&args);
}

/* A child with a number from outside goes on there: to wait for it here would be to wait for the host. */
FUNCTION_SYSCALL(vfork)
{
	pid_t pid = host_pid(regs);
	struct kernel_clone_args args = {
		.flags = (pid ? 0 : CLONE_VFORK) | CLONE_VM,
		.exit_signal = SIGCHLD,
		.set_tid = &pid,
		.set_tid_size = pid > 0,
	};

	return kernel_clone(&args);
}

struct clone_args {
	u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

SYSCALL_DEFINE2(clone3, struct clone_args __user *, uargs, size_t, size)
{
	struct clone_args args = { 0 };
	struct kernel_clone_args kargs;
	pid_t pid = 0;

	if (size < 64)
		return -EINVAL;
	if (copy_from_user(&args, uargs, min(size, sizeof(args))))
		return -EFAULT;
	if (args.set_tid_size > 1 || args.exit_signal & ~(u64)CSIGNAL)
		return -EINVAL;
	if (args.set_tid_size && get_user(pid, (pid_t *)(unsigned long)args.set_tid))
		return -EFAULT;
	kargs = (struct kernel_clone_args){
		.flags = args.flags & ~(u64)CSIGNAL,
		.child_tid = u64_to_user_ptr(args.child_tid),
		.parent_tid = u64_to_user_ptr(args.parent_tid),
		.exit_signal = args.exit_signal,
		.stack = args.stack,
		.stack_size = args.stack_size,
		.tls = args.tls,
		.set_tid = &pid,
		.set_tid_size = args.set_tid_size,
	};
	return kernel_clone(&kargs);
}

/*
 * This project's own: a child of the caller with a pid and a name that exist outside.  A kernel thread that
 * happens to have the pid gives it up.  flags: CLONE_*, and in the low byte the signal that the parent gets at
 * its end; 0: nobody waits for it, so that it never is a zombie.
 */
__SYSCALL_DEFINE(3, clone_client, pid_t, pid, const char __user *, comm_ptr, unsigned long, flags)
{
	char comm[TASK_COMM_LEN] = "";
	struct kernel_clone_args args = {
		.flags = flags & ~CSIGNAL,
		.exit_signal = flags & CSIGNAL,
		.set_tid = &pid,
		.set_tid_size = pid > 0,
		.comm = comm_ptr ? comm : NULL,
	};

	if (comm_ptr && strncpy_from_user(comm, comm_ptr, sizeof(comm)) < 0)
		return -EFAULT;
	comm[sizeof(comm) - 1] = 0;
	if (pid > 0)
		yield_pid(pid);
	return kernel_clone(&args);
}

ABI_DEFS(fork_clone) { ABI_CONST(HOST_PID); }
