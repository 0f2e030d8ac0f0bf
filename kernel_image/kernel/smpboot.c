// SPDX-License-Identifier: MIT
/* Threads that exist once on each CPU. */
#include <linux/smpboot.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/init.h>

static LIST_HEAD(hotplug_threads);		/* smpboot_threads_lock */
static DEFINE_MUTEX(smpboot_threads_lock);

struct smpboot_thread_data { unsigned int cpu; struct smp_hotplug_thread *ht; bool set_up; };
static struct smpboot_thread_data thread_data[8][NR_CPUS];
static int nr_kinds;

static int smpboot_thread_fn(void *data)
{
	struct smpboot_thread_data *td = data;
	struct smp_hotplug_thread *ht = td->ht;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		preempt_disable();
		if (kthread_should_stop()) {
			__set_current_state(TASK_RUNNING);
			preempt_enable();
			return 0;
		}
		if (!td->set_up) {
			td->set_up = true;
			__set_current_state(TASK_RUNNING);
			preempt_enable();
			if (ht->setup)
				ht->setup(td->cpu);
			continue;
		}
		if (!ht->thread_should_run(td->cpu)) {
			preempt_enable_no_resched();
			schedule();
		} else {
			__set_current_state(TASK_RUNNING);
			preempt_enable();
			ht->thread_fn(td->cpu);
		}
	}
}

static int __smpboot_create_thread(struct smp_hotplug_thread *ht, unsigned int cpu, struct smpboot_thread_data *td)
{
	struct task_struct *tsk;

	if (ht->store[cpu])
		return 0;
	*td = (struct smpboot_thread_data){ .cpu = cpu, .ht = ht };
	tsk = kthread_create_on_cpu(smpboot_thread_fn, td, cpu, ht->thread_comm);
	if (IS_ERR(tsk))
		return PTR_ERR(tsk);
	get_task_struct(tsk);
	ht->store[cpu] = tsk;
	if (ht->create)
		ht->create(cpu);
	return 0;
}

static struct smpboot_thread_data *data_of(struct smp_hotplug_thread *ht, unsigned int cpu)
{
	struct smp_hotplug_thread *p;
	int i = 0;

	list_for_each_entry(p, &hotplug_threads, list) {
		if (p == ht)
			return &thread_data[i][cpu];
		i++;
	}
	return NULL;
}

int smpboot_create_threads(unsigned int cpu)
{
	struct smp_hotplug_thread *cur;
	int ret = 0;

	mutex_lock(&smpboot_threads_lock);
	list_for_each_entry(cur, &hotplug_threads, list) {
		ret = __smpboot_create_thread(cur, cpu, data_of(cur, cpu));
		if (ret)
			break;
	}
	mutex_unlock(&smpboot_threads_lock);
	return ret;
}

int smpboot_unpark_threads(unsigned int cpu)
{
	struct smp_hotplug_thread *cur;

	mutex_lock(&smpboot_threads_lock);
	list_for_each_entry(cur, &hotplug_threads, list)
		if (cur->store[cpu])
			wake_up_process(cur->store[cpu]);
	mutex_unlock(&smpboot_threads_lock);
	return 0;
}

int smpboot_register_percpu_thread(struct smp_hotplug_thread *ht)
{
	unsigned int cpu;
	int ret = 0;

	cpus_read_lock();
	mutex_lock(&smpboot_threads_lock);
	if (nr_kinds == 8) {
		ret = -ENOSPC;
		goto out;
	}
	nr_kinds++;
	list_add_tail(&ht->list, &hotplug_threads);
	for_each_online_cpu(cpu) {
		if (!cpu_online(cpu))
			continue;
		ret = __smpboot_create_thread(ht, cpu, data_of(ht, cpu));
		if (ret)
			break;
		wake_up_process(ht->store[cpu]);
	}
out:
	mutex_unlock(&smpboot_threads_lock);
	cpus_read_unlock();
	return ret;
}
