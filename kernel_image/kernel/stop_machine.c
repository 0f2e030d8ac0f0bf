// SPDX-License-Identifier: MIT
/* One stopper thread per CPU (migration/N), above every other task: runs functions on that CPU, or on all at once. */
#include <linux/stop_machine.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/spinlock.h>
#include <linux/smpboot.h>
#include <linux/sched.h>
#include <linux/atomic.h>
#include <linux/init.h>
#include <linux/smp.h>
#include <linux/mutex.h>
#include <linux/export.h>
#include <asm/percpu.h>
#include "sched/sched.h"

struct cpu_stop_done { atomic_t nr_todo; int ret; struct completion completion; };
struct cpu_stopper {
	struct task_struct *thread;
	raw_spinlock_t lock;
	struct list_head works;		/* lock */
};
static DEFINE_PER_CPU(struct cpu_stopper, cpu_stopper);
static DEFINE_MUTEX(stop_cpus_mutex);

static void cpu_stop_init_done(struct cpu_stop_done *done, unsigned int nr_todo)
{
	atomic_set(&done->nr_todo, nr_todo);
	done->ret = 0;
	init_completion(&done->completion);
}

static void cpu_stop_signal_done(struct cpu_stop_done *done)
{
	if (atomic_dec_and_test(&done->nr_todo))
		complete(&done->completion);
}

static bool cpu_stop_queue_work(unsigned int cpu, struct cpu_stop_work *work)
{
	struct cpu_stopper *stopper = per_cpu_ptr(cpu_stopper, cpu);
	unsigned long flags;

	if (!stopper->thread)
		return false;
	raw_spin_lock_irqsave(&stopper->lock, flags);
	list_add_tail(&work->list, &stopper->works);
	raw_spin_unlock_irqrestore(&stopper->lock, flags);
	wake_up_process(stopper->thread);
	return true;
}

int stop_one_cpu(unsigned int cpu, cpu_stop_fn_t fn, void *arg)
{
	struct cpu_stop_done done;
	struct cpu_stop_work work = { .fn = fn, .arg = arg, .done = &done };

	cpu_stop_init_done(&done, 1);
	if (!cpu_stop_queue_work(cpu, &work))
		return -ENOENT;
	cond_resched();
	wait_for_completion(&done.completion);
	return done.ret;
}

bool stop_one_cpu_nowait(unsigned int cpu, cpu_stop_fn_t fn, void *arg, struct cpu_stop_work *work_buf)
{
	*work_buf = (struct cpu_stop_work){ .fn = fn, .arg = arg };
	return cpu_stop_queue_work(cpu, work_buf);
}

/* All CPUs go through these states in step; in MULTI_STOP_RUN one, or those asked for, run fn. */
enum multi_stop_state {
	MULTI_STOP_NONE, MULTI_STOP_PREPARE, MULTI_STOP_DISABLE_IRQ, MULTI_STOP_RUN, MULTI_STOP_EXIT,
};
struct multi_stop_data {
	cpu_stop_fn_t fn;
	void *data;
	unsigned int num_threads;
	const struct cpumask *active_cpus;
	enum multi_stop_state state;
	atomic_t thread_ack;
};

static void set_state(struct multi_stop_data *msdata, enum multi_stop_state newstate)
{
	atomic_set(&msdata->thread_ack, msdata->num_threads);
	WRITE_ONCE(msdata->state, newstate);
}

static void ack_state(struct multi_stop_data *msdata)
{
	if (atomic_dec_and_test(&msdata->thread_ack))
		set_state(msdata, msdata->state + 1);
}

static int multi_cpu_stop(void *data)
{
	struct multi_stop_data *msdata = data;
	enum multi_stop_state newstate, curstate = MULTI_STOP_NONE;
	bool is_active = msdata->active_cpus ? cpumask_test_cpu(smp_processor_id(), msdata->active_cpus)
					     : smp_processor_id() == 0;
	unsigned long flags;
	unsigned int spins = 0;
	int err = 0;

	local_save_flags(flags);
	do {
		cpu_spin_wait(&spins);
		newstate = READ_ONCE(msdata->state);
		if (newstate == curstate)
			continue;
		curstate = newstate;
		if (curstate == MULTI_STOP_DISABLE_IRQ)
			local_irq_disable();
		else if (curstate == MULTI_STOP_RUN && is_active)
			err = msdata->fn(msdata->data);
		ack_state(msdata);
	} while (curstate != MULTI_STOP_EXIT);
	local_irq_restore(flags);
	return err;
}

static int __stop_cpus(cpu_stop_fn_t fn, void *arg)
{
	static struct cpu_stop_work works[NR_CPUS];	/* stop_cpus_mutex */
	struct cpu_stop_done done;
	int cpu;

	cpu_stop_init_done(&done, num_online_cpus());
	preempt_disable();
	for_each_online_cpu(cpu) {
		works[cpu] = (struct cpu_stop_work){ .fn = fn, .arg = arg, .done = &done };
		cpu_stop_queue_work(cpu, &works[cpu]);
	}
	preempt_enable();
	wait_for_completion(&done.completion);
	return done.ret;
}

int stop_machine_cpuslocked(cpu_stop_fn_t fn, void *data, const struct cpumask *cpus)
{
	struct multi_stop_data msdata = { .fn = fn, .data = data, .num_threads = num_online_cpus(), .active_cpus = cpus };
	int ret;

	if (!cpu_stopper[0].thread) {		/* early boot: one CPU, no threads */
		unsigned long flags;

		local_irq_save(flags);
		ret = fn(data);
		local_irq_restore(flags);
		return ret;
	}
	mutex_lock(&stop_cpus_mutex);
	set_state(&msdata, MULTI_STOP_PREPARE);
	ret = __stop_cpus(multi_cpu_stop, &msdata);
	mutex_unlock(&stop_cpus_mutex);
	return ret;
}

int stop_machine(cpu_stop_fn_t fn, void *data, const struct cpumask *cpus)
{
	return stop_machine_cpuslocked(fn, data, cpus);
}
EXPORT_SYMBOL(stop_machine);

static struct cpu_stop_work *next_work(struct cpu_stopper *stopper)
{
	struct cpu_stop_work *work = NULL;

	raw_spin_lock_irq(&stopper->lock);
	if (!list_empty(&stopper->works)) {
		work = list_first_entry(&stopper->works, struct cpu_stop_work, list);
		list_del_init(&work->list);
	}
	raw_spin_unlock_irq(&stopper->lock);
	return work;
}

static void cpu_stopper_thread(unsigned int cpu)
{
	struct cpu_stopper *stopper = per_cpu_ptr(cpu_stopper, cpu);
	struct cpu_stop_work *work;

	while ((work = next_work(stopper))) {
		struct cpu_stop_done *done = work->done;
		int ret;

		preempt_disable();
		ret = work->fn(work->arg);
		if (done && ret)
			done->ret = ret;
		preempt_enable_no_resched();
		if (done)
			cpu_stop_signal_done(done);
	}
}

static int cpu_stop_should_run(unsigned int cpu)
{
	return !list_empty(&per_cpu_ptr(cpu_stopper, cpu)->works);
}

static struct task_struct *stopper_threads[NR_CPUS];

/* Its class is set before it first runs; only then may work be queued. */
static void cpu_stop_create(unsigned int cpu)
{
	sched_set_stop_task(cpu, stopper_threads[cpu]);
	cpu_stopper[cpu].thread = stopper_threads[cpu];
}

static struct smp_hotplug_thread cpu_stop_threads = {
	.store = stopper_threads,
	.thread_should_run = cpu_stop_should_run,
	.thread_fn = cpu_stopper_thread,
	.thread_comm = "migration/%u",
	.create = cpu_stop_create,
};

static int __init cpu_stop_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		raw_spin_lock_init(&cpu_stopper[cpu].lock);
		INIT_LIST_HEAD(&cpu_stopper[cpu].works);
	}
	return smpboot_register_percpu_thread(&cpu_stop_threads);
}
early_initcall(cpu_stop_init);
