/* SPDX-License-Identifier: MIT */
#include <linux/fcntl.h>
#include <linux/hrtimer.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <asm/processor.h>
#include <asm/syscall.h>
#include "workloads.h"

/* As a program would, without the entry: the functions under x64_sys_call are those of a real call. */
static noinline_for_trace long workload_syscall(unsigned int nr, unsigned long a, unsigned long b, unsigned long c)
{
	struct pt_regs regs = { .orig_ax = nr, .__SC_R1 = a, .__SC_R2 = b, .__SC_R3 = c };

	return x64_sys_call(&regs, nr);
}

enum { NR_read = 0, NR_write = 1, NR_open = 2, NR_close = 3, NR_wait4 = 61, NR_unlink = 87, NR_pipe = 22 };
#define sys1(name, a)		workload_syscall(NR_##name, (unsigned long)(a), 0, 0)
#define sys3(name, a, b, c)	workload_syscall(NR_##name, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c))

/* slab: 64 live objects of many sizes. */

workload_fn u32 workload_replace(struct workload_run *run, u32 slot, u32 size)
{
	u8 *p = kmalloc(size, GFP_KERNEL);

	kfree(run->data[slot]);
	run->data[slot] = p;
	if (!p)
		return 0;
	memset(p, slot, size);
	return p[size - 1] + size;
}

static u32 slab_step(struct workload_run *run, u32 i)
{
	return workload_replace(run, i % 64, 8 + i * 2654435761u % 1500);
}

static void slab_end(struct workload_run *run)
{
	for (int i = 0; i < 64; i++)
		kfree(run->data[i]);
}
const struct workload workload_slab = { .name = "slab", .step = slab_step, .end = slab_end };

/* irqsoff: a section with interrupts off and one with preemption off, of arg rounds each. */

workload_fn u32 workload_spin(u32 rounds, u32 x)
{
	while (rounds--)
		x = x * 1664525 + 1013904223;
	return x;
}

workload_fn u32 workload_irqs_off(u32 rounds, u32 x)
{
	unsigned long flags;

	local_irq_save(flags);
	x = workload_spin(rounds, x);
	local_irq_restore(flags);
	return x;
}

workload_fn u32 workload_preempt_off(u32 rounds, u32 x)
{
	preempt_disable();
	x = workload_spin(rounds, x);
	preempt_enable();
	return x;
}

static u32 irqsoff_step(struct workload_run *run, u32 i)
{
	u32 rounds = run->arg ? run->arg : 1000;

	return workload_preempt_off(rounds, workload_irqs_off(rounds, i));
}
const struct workload workload_irqsoff = { .name = "irqsoff", .step = irqsoff_step };

/* sleep: arg microseconds on a timer. */

static u32 sleep_step(struct workload_run *run, u32 i)
{
	hrtimer_nanosleep((run->arg ? run->arg : 1000) * NSEC_PER_USEC, HRTIMER_MODE_REL, CLOCK_MONOTONIC);
	return i;
}
const struct workload workload_sleep = { .name = "sleep", .step = sleep_step };

/* fork: a child that exits at once, and the wait for it. */

static int fork_child(void *code)
{
	do_group_exit((int)(long)code << 8);
}

workload_fn u32 workload_fork_wait(u32 code)
{
	pid_t pid = user_mode_thread(fork_child, (void *)(long)code, SIGCHLD);
	int status = -1;

	if (pid < 0)
		return pid;
	sys3(wait4, pid, &status, 0);
	return status;
}

static u32 fork_step(struct workload_run *run, u32 i)
{
	return workload_fork_wait(i % 251);
}
const struct workload workload_fork = { .name = "fork", .step = fork_step };

/* pipe: a word there and back between two tasks. */

static int pipe_echo(void *data)
{
	struct workload_run *run = data;
	u32 word;

	while (sys3(read, run->fd[0], &word, sizeof(word)) == sizeof(word) && word != ~0u) {
		word = word * 3 + 1;
		if (sys3(write, run->fd[3], &word, sizeof(word)) != sizeof(word))
			break;
	}
	do_group_exit(0);
}

static void pipe_close(struct workload_run *run, int n)
{
	for (int i = 0; i < n; i++)
		sys1(close, run->fd[i]);
}

static int pipe_begin(struct workload_run *run)
{
	long pid;
	int err = sys1(pipe, run->fd);

	if (err)
		return err;
	err = sys1(pipe, run->fd + 2);
	if (err) {
		pipe_close(run, 2);
		return err;
	}
	pid = user_mode_thread(pipe_echo, run, CLONE_FILES | SIGCHLD);
	if (pid < 0) {
		pipe_close(run, 4);
		return pid;
	}
	run->data[0] = (void *)pid;
	return 0;
}

static u32 pipe_step(struct workload_run *run, u32 i)
{
	u32 word = i & INT_MAX;

	sys3(write, run->fd[1], &word, sizeof(word));
	sys3(read, run->fd[2], &word, sizeof(word));
	return word;
}

static void pipe_end(struct workload_run *run)
{
	u32 stop = ~0u;

	sys3(write, run->fd[1], &stop, sizeof(stop));
	sys3(wait4, run->data[0], NULL, 0);
	pipe_close(run, 4);
}
const struct workload workload_pipe = { .name = "pipe", .begin = pipe_begin, .step = pipe_step, .end = pipe_end };

/* vfs: a file of the root is written, closed, read back and closed; removed at the end. */

static int vfs_begin(struct workload_run *run)
{
	/* What the host says about names is said in these: nothing here. */
	current_pt_regs()->__SC_R5 = current_pt_regs()->__SC_R6 = 0;
	snprintf(run->path, sizeof(run->path), "/workload-%d", current->pid);
	return 0;
}

static u32 vfs_step(struct workload_run *run, u32 i)
{
	u32 out[16], in[16] = { 0 }, sum = 0;
	int fd;

	for (int k = 0; k < 16; k++)
		out[k] = i + k;
	fd = sys3(open, run->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return fd;
	sys3(write, fd, out, sizeof(out));
	sys1(close, fd);
	fd = sys3(open, run->path, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	sys3(read, fd, in, sizeof(in));
	sys1(close, fd);
	for (int k = 0; k < 16; k++)
		sum = sum * 7 + in[k];
	return sum;
}

static void vfs_end(struct workload_run *run)
{
	sys1(unlink, run->path);
}
const struct workload workload_vfs = { .name = "vfs", .begin = vfs_begin, .step = vfs_step, .end = vfs_end };

/* oops: a store through a NULL pointer.  hang: a loop with interrupts off.  What becomes of a kernel with bugs. */

workload_fn u32 workload_write_null(u32 *p, u32 i)
{
	return *(volatile u32 *)p = i;
}

static u32 oops_step(struct workload_run *run, u32 i)
{
	return workload_write_null((u32 *)run->arg, i);
}
const struct workload workload_oops = { .name = "oops", .step = oops_step };

workload_fn u32 workload_loop(u32 i)
{
	while (i < U32_MAX)
		cpu_relax();
	return i;
}

static u32 hang_step(struct workload_run *run, u32 i)
{
	local_irq_disable();
	return workload_loop(i);
}
const struct workload workload_hang = { .name = "hang", .step = hang_step };
