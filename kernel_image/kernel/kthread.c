// SPDX-License-Identifier: MIT
/* Kernel threads: kthreadd (pid 2) makes them for whoever asks, so that they inherit nothing. */
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/completion.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/export.h>
#include <linux/cpumask.h>
#include <linux/bitops.h>

static DEFINE_SPINLOCK(kthread_create_lock);
static LIST_HEAD(kthread_create_list);		/* kthread_create_lock */
struct task_struct *kthreadd_task;

struct kthread_create_info {
	int (*threadfn)(void *data);
	void *data;
	char comm[TASK_COMM_LEN];
	struct task_struct *result;
	struct completion done;
	struct list_head list;
};

/* What a thread says of itself; task->worker_private while it is a kthread is the owner's, so this is apart. */
struct kthread {
	unsigned long flags;
	int result;
	void *data;
	struct completion parked, exited;
	struct task_struct *task;
	struct list_head list;
};
enum { KTHREAD_SHOULD_STOP, KTHREAD_SHOULD_PARK, KTHREAD_IS_PER_CPU };

static inline struct kthread *to_kthread(struct task_struct *k)
{
	return (struct kthread *)k->kthread_flags;
}

bool set_kthread_struct(struct task_struct *p)
{
	struct kthread *kthread = kzalloc(sizeof(*kthread), GFP_KERNEL);

	if (!kthread)
		return false;
	init_completion(&kthread->exited);
	init_completion(&kthread->parked);
	kthread->task = p;
	p->kthread_flags = (unsigned long)kthread;
	return true;
}

void free_kthread_struct(struct task_struct *k)
{
	if (k->flags & PF_KTHREAD)
		kfree(to_kthread(k));
	k->kthread_flags = 0;
}

bool kthread_should_stop(void)
{
	struct kthread *k = to_kthread(current);

	return k && test_bit(KTHREAD_SHOULD_STOP, &k->flags);
}
EXPORT_SYMBOL(kthread_should_stop);

bool kthread_should_park(void)
{
	struct kthread *k = to_kthread(current);

	return k && test_bit(KTHREAD_SHOULD_PARK, &k->flags);
}
EXPORT_SYMBOL(kthread_should_park);

void *kthread_data(struct task_struct *task) { return to_kthread(task)->data; }
void *kthread_probe_data(struct task_struct *task) { return to_kthread(task) ? to_kthread(task)->data : NULL; }

static noinline void __kthread_parkme(struct kthread *self)
{
	for (;;) {
		set_current_state(TASK_PARKED);
		if (!test_bit(KTHREAD_SHOULD_PARK, &self->flags))
			break;
		complete(&self->parked);
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

void kthread_parkme(void) { __kthread_parkme(to_kthread(current)); }
EXPORT_SYMBOL(kthread_parkme);

void __noreturn kthread_exit(long result)
{
	struct kthread *kthread = to_kthread(current);

	kthread->result = result;
	complete_all(&kthread->exited);
	do_exit(0);
}

void __noreturn kthread_complete_and_exit(struct completion *comp, long code)
{
	if (comp)
		complete(comp);
	kthread_exit(code);
}
EXPORT_SYMBOL(kthread_complete_and_exit);

/* First function of every thread. */
static int kthread(void *_create)
{
	struct kthread_create_info *create = _create;
	int (*threadfn)(void *data) = create->threadfn;
	void *data = create->data;
	struct kthread *self;
	int ret = -EINTR;

	if (!set_kthread_struct(current)) {
		create->result = ERR_PTR(-ENOMEM);
		complete(&create->done);
		do_exit(-ENOMEM);
	}
	self = to_kthread(current);
	self->data = data;
	current->threadfn = threadfn;
	current->thread_arg = data;
	set_task_comm(current, create->comm);
	__set_current_state(TASK_UNINTERRUPTIBLE);
	create->result = current;
	/* Whoever made it goes on only when it sleeps: the waker is not preempted by this. */
	preempt_disable();
	complete(&create->done);
	schedule_preempt_disabled();
	preempt_enable();
	if (!test_bit(KTHREAD_SHOULD_STOP, &self->flags))
		ret = threadfn(data);
	kthread_exit(ret);
}

static noinline void create_kthread(struct kthread_create_info *create)
{
	int pid = kernel_thread(kthread, create, 0x00000200 | 0x00000400 | 17);	/* CLONE_FS | CLONE_FILES | SIGCHLD */

	if (pid < 0) {
		create->result = ERR_PTR(pid);
		complete(&create->done);
	}
}

static noinline struct task_struct *__kthread_create_on_node(int (*threadfn)(void *), void *data, int node,
							    const char *namefmt, __builtin_va_list args)
{
	struct kthread_create_info *create = kmalloc(sizeof(*create), GFP_KERNEL);
	struct task_struct *task;

	if (!create)
		return ERR_PTR(-ENOMEM);
	create->threadfn = threadfn;
	create->data = data;
	create->result = NULL;
	init_completion(&create->done);
	vsnprintf(create->comm, sizeof(create->comm), namefmt, args);
	spin_lock(&kthread_create_lock);
	list_add_tail(&create->list, &kthread_create_list);
	spin_unlock(&kthread_create_lock);
	wake_up_process(kthreadd_task);
	wait_for_completion(&create->done);
	task = create->result;
	kfree(create);
	return task;
}

struct task_struct *kthread_create_on_node(int (*threadfn)(void *data), void *data, int node, const char *namefmt, ...)
{
	struct task_struct *task;
	__builtin_va_list args;

	__builtin_va_start(args, namefmt);
	task = __kthread_create_on_node(threadfn, data, node, namefmt, args);
	__builtin_va_end(args);
	return task;
}
EXPORT_SYMBOL(kthread_create_on_node);

/* The thread sleeps and has never run its function. */
static noinline void __kthread_bind_mask(struct task_struct *p, unsigned long mask)
{
	unsigned long flags;

	wait_task_inactive(p, TASK_UNINTERRUPTIBLE);
	raw_spin_lock_irqsave(&p->pi_lock, flags);
	p->cpus_mask = mask;
	p->nr_cpus_allowed = hweight_long(mask);
	if (!(mask >> p->wake_cpu & 1))
		p->wake_cpu = __ffs(mask);
	raw_spin_unlock_irqrestore(&p->pi_lock, flags);
}

void kthread_bind_mask(struct task_struct *p, const struct cpumask *mask) { __kthread_bind_mask(p, mask->bits[0]); }

void kthread_bind(struct task_struct *p, unsigned int cpu)
{
	__kthread_bind_mask(p, 1UL << cpu);
}
EXPORT_SYMBOL(kthread_bind);

struct task_struct *kthread_create_on_cpu(int (*threadfn)(void *data), void *data, unsigned int cpu, const char *namefmt)
{
	char name[TASK_COMM_LEN];
	struct task_struct *p;

	snprintf(name, sizeof(name), namefmt, cpu);
	p = kthread_create_on_node(threadfn, data, -1, "%s", name);
	if (IS_ERR(p))
		return p;
	kthread_bind(p, cpu);
	set_bit(KTHREAD_IS_PER_CPU, &to_kthread(p)->flags);
	return p;
}
EXPORT_SYMBOL(kthread_create_on_cpu);

void kthread_unpark(struct task_struct *k)
{
	struct kthread *kthread = to_kthread(k);

	clear_bit(KTHREAD_SHOULD_PARK, &kthread->flags);
	wake_up_state(k, TASK_PARKED);
}
EXPORT_SYMBOL(kthread_unpark);

int kthread_park(struct task_struct *k)
{
	struct kthread *kthread = to_kthread(k);

	if (k->flags & PF_EXITING)
		return -ENOSYS;
	reinit_completion(&kthread->parked);
	set_bit(KTHREAD_SHOULD_PARK, &kthread->flags);
	if (k != current) {
		wake_up_process(k);
		wait_for_completion(&kthread->parked);
	}
	return 0;
}
EXPORT_SYMBOL(kthread_park);

int kthread_stop(struct task_struct *k)
{
	struct kthread *kthread = to_kthread(k);
	int ret;

	get_task_struct(k);
	set_bit(KTHREAD_SHOULD_STOP, &kthread->flags);
	if (test_bit(KTHREAD_SHOULD_PARK, &kthread->flags))
		kthread_unpark(k);
	wake_up_process(k);
	wait_for_completion(&kthread->exited);
	ret = kthread->result;
	put_task_struct(k);
	return ret;
}
EXPORT_SYMBOL(kthread_stop);

int kthreadd(void *unused)
{
	set_task_comm(current, "kthreadd");
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (list_empty(&kthread_create_list))
			schedule();
		__set_current_state(TASK_RUNNING);
		spin_lock(&kthread_create_lock);
		while (!list_empty(&kthread_create_list)) {
			struct kthread_create_info *create;

			create = list_entry(kthread_create_list.next, struct kthread_create_info, list);
			list_del_init(&create->list);
			spin_unlock(&kthread_create_lock);
			create_kthread(create);
			spin_lock(&kthread_create_lock);
		}
		spin_unlock(&kthread_create_lock);
	}
	return 0;
}
