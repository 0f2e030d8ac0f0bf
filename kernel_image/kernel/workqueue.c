// SPDX-License-Identifier: MIT
/*
 * Workqueues: a pool of workers per CPU (kworker/N:M) and one that is bound to none (kworker/uM:N).  A pool
 * wakes a worker when there is work and none of its workers runs: a worker that blocks hands over to the next
 * idle one, so there is always one in reserve, made by whoever takes the last.
 */
#include <linux/workqueue.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/completion.h>
#include <linux/sched.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/bug.h>
#include <linux/export.h>
#include <linux/err.h>
#include <asm/percpu.h>
#include <trace/events/workqueue.h>

/* Fields under pool->lock, but for the constants. */
struct worker_pool {
	spinlock_t lock;
	int cpu;			/* constant; -1: unbound */
	int id;
	struct list_head worklist;
	struct list_head idle_list;
	int nr_workers, nr_idle;
	atomic_t nr_running;
	int next_worker;
};

struct worker {
	struct list_head entry;		/* idle_list while idle */
	struct work_struct *current_work;
	struct task_struct *task;
	struct worker_pool *pool;
	struct list_head node;		/* in `workers` */
	int id;
	bool sleeping;
};

struct workqueue_struct {
	char name[24];
	unsigned int flags;
	struct list_head list;
};

/* Put behind a work to learn when it and all before it are done. */
struct wq_barrier { struct work_struct work; struct completion done; };

static struct worker_pool cpu_worker_pools[NR_CPUS], unbound_pool;
static LIST_HEAD(workers);
static DEFINE_SPINLOCK(workers_lock);
static bool wq_online;

struct workqueue_struct *system_wq, *system_highpri_wq, *system_long_wq, *system_unbound_wq,
	*system_power_efficient_wq;

static void init_worker_pool(struct worker_pool *pool, int cpu)
{
	spin_lock_init(&pool->lock);
	pool->cpu = cpu;
	pool->id = cpu < 0 ? nr_cpu_ids : cpu;
	INIT_LIST_HEAD(&pool->worklist);
	INIT_LIST_HEAD(&pool->idle_list);
}

static struct worker_pool *get_pool(int cpu, struct workqueue_struct *wq)
{
	if (wq->flags & WQ_UNBOUND)
		return &unbound_pool;
	return &cpu_worker_pools[cpu == WORK_CPU_UNBOUND ? raw_smp_processor_id() : cpu];
}

static void wake_up_worker(struct worker_pool *pool)
{
	if (!list_empty(&pool->idle_list))
		wake_up_process(list_first_entry(&pool->idle_list, struct worker, entry)->task);
}

static bool need_more_worker(struct worker_pool *pool)
{
	return !list_empty(&pool->worklist) && !atomic_read(&pool->nr_running);
}

static void insert_work(struct worker_pool *pool, struct work_struct *work, struct list_head *head)
{
	list_add_tail(&work->entry, head);
	if (wq_online && need_more_worker(pool))
		wake_up_worker(pool);
}

static void __queue_work(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	struct worker_pool *pool = get_pool(cpu, wq);

	spin_lock(&pool->lock);
	trace_workqueue_queue_work(cpu, wq->name, pool->cpu, work);
	trace_workqueue_activate_work(work);
	insert_work(pool, work, &pool->worklist);
	spin_unlock(&pool->lock);
}

bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	unsigned long flags;
	bool queued = false;

	local_irq_save(flags);
	if (!test_and_set_bit(WORK_STRUCT_PENDING_BIT, (unsigned long *)&work->data)) {
		__queue_work(cpu, wq, work);
		queued = true;
	}
	local_irq_restore(flags);
	return queued;
}
EXPORT_SYMBOL(queue_work_on);

void delayed_work_timer_fn(struct timer_list *t)
{
	struct delayed_work *dwork = from_timer(dwork, t, timer);
	unsigned long flags;

	local_irq_save(flags);
	__queue_work(dwork->cpu, dwork->wq, &dwork->work);
	local_irq_restore(flags);
}
EXPORT_SYMBOL(delayed_work_timer_fn);

static void __queue_delayed_work(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork,
				 unsigned long delay)
{
	dwork->wq = wq;
	dwork->cpu = cpu;
	if (!delay) {
		__queue_work(cpu, wq, &dwork->work);
		return;
	}
	dwork->timer.expires = jiffies + delay;
	if (cpu != WORK_CPU_UNBOUND)
		add_timer_on(&dwork->timer, cpu);
	else
		add_timer(&dwork->timer);
}

bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	unsigned long flags;
	bool queued = false;

	local_irq_save(flags);
	if (!test_and_set_bit(WORK_STRUCT_PENDING_BIT, (unsigned long *)&dwork->work.data)) {
		__queue_delayed_work(cpu, wq, dwork, delay);
		queued = true;
	}
	local_irq_restore(flags);
	return queued;
}
EXPORT_SYMBOL(queue_delayed_work_on);

/* Take a work that has not begun off its timer or list; the caller then owns PENDING.  Interrupts are off. */
static bool try_to_grab_pending(struct work_struct *work, bool delayed)
{
	if (!test_and_set_bit(WORK_STRUCT_PENDING_BIT, (unsigned long *)&work->data))
		return false;
	if (delayed && del_timer(&to_delayed_work(work)->timer))
		return true;
	for (int i = 0; i <= nr_cpu_ids; i++) {
		struct worker_pool *pool = i < nr_cpu_ids ? &cpu_worker_pools[i] : &unbound_pool;
		struct work_struct *queued;

		spin_lock(&pool->lock);
		list_for_each_entry(queued, &pool->worklist, entry)
			if (queued == work) {
				list_del_init(&work->entry);
				spin_unlock(&pool->lock);
				return true;
			}
		spin_unlock(&pool->lock);
	}
	return true;
}

bool mod_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	unsigned long flags;
	bool pending;

	local_irq_save(flags);
	pending = try_to_grab_pending(&dwork->work, true);
	__queue_delayed_work(cpu, wq, dwork, delay);
	local_irq_restore(flags);
	return pending;
}
EXPORT_SYMBOL(mod_delayed_work_on);

static bool __cancel_work(struct work_struct *work, bool delayed)
{
	unsigned long flags;
	bool pending;

	local_irq_save(flags);
	pending = try_to_grab_pending(work, delayed);
	clear_bit(WORK_STRUCT_PENDING_BIT, (unsigned long *)&work->data);
	local_irq_restore(flags);
	return pending;
}

bool cancel_work(struct work_struct *work) { return __cancel_work(work, false); }
bool cancel_delayed_work(struct delayed_work *dwork) { return __cancel_work(&dwork->work, true); }
EXPORT_SYMBOL(cancel_delayed_work);

static struct worker *find_worker_executing_work(struct work_struct *work)
{
	struct worker *worker;

	list_for_each_entry(worker, &workers, node)
		if (worker->current_work == work)
			return worker;
	return NULL;
}

bool flush_work(struct work_struct *work)
{
	bool waited = false;

	while (work_pending(work) || find_worker_executing_work(work)) {
		waited = true;
		schedule_timeout_uninterruptible(1);
	}
	return waited;
}
EXPORT_SYMBOL(flush_work);

bool flush_delayed_work(struct delayed_work *dwork)
{
	unsigned long flags;

	local_irq_save(flags);
	if (del_timer(&dwork->timer))
		__queue_work(dwork->cpu, dwork->wq, &dwork->work);
	local_irq_restore(flags);
	return flush_work(&dwork->work);
}

bool cancel_work_sync(struct work_struct *work)
{
	bool pending = __cancel_work(work, false);

	flush_work(work);
	return pending;
}
EXPORT_SYMBOL(cancel_work_sync);

bool cancel_delayed_work_sync(struct delayed_work *dwork)
{
	bool pending = __cancel_work(&dwork->work, true);

	flush_work(&dwork->work);
	return pending;
}
EXPORT_SYMBOL(cancel_delayed_work_sync);

static void wq_barrier_func(struct work_struct *work)
{
	complete(&container_of(work, struct wq_barrier, work)->done);
}

/* Works of all queues share the pools, so this waits for a little more than it must. */
void __flush_workqueue(struct workqueue_struct *wq)
{
	struct wq_barrier barrier;
	int cpu;

	INIT_WORK_ONSTACK(&barrier.work, wq_barrier_func);
	for_each_online_cpu(cpu) {
		init_completion(&barrier.done);
		queue_work_on(cpu, wq, &barrier.work);
		wait_for_completion(&barrier.done);
		if (wq->flags & WQ_UNBOUND)
			break;
	}
}
EXPORT_SYMBOL(__flush_workqueue);
void drain_workqueue(struct workqueue_struct *wq) { __flush_workqueue(wq); }

int schedule_on_each_cpu(work_func_t func)
{
	struct work_struct *works = kcalloc(nr_cpu_ids, sizeof(*works), GFP_KERNEL);
	int cpu;

	if (!works)
		return -ENOMEM;
	for_each_online_cpu(cpu) {
		INIT_WORK(&works[cpu], func);
		schedule_work_on(cpu, &works[cpu]);
	}
	for_each_online_cpu(cpu)
		flush_work(&works[cpu]);
	kfree(works);
	return 0;
}

static void rcu_work_rcufn(struct rcu_head *rcu)
{
	struct rcu_work *rwork = container_of(rcu, struct rcu_work, rcu);
	unsigned long flags;

	local_irq_save(flags);
	__queue_work(WORK_CPU_UNBOUND, rwork->wq, &rwork->work);
	local_irq_restore(flags);
}

bool queue_rcu_work(struct workqueue_struct *wq, struct rcu_work *rwork)
{
	if (test_and_set_bit(WORK_STRUCT_PENDING_BIT, (unsigned long *)&rwork->work.data))
		return false;
	rwork->wq = wq;
	call_rcu(&rwork->rcu, rcu_work_rcufn);
	return true;
}

/* The scheduler tells when a worker's task stops and starts to run: another takes over meanwhile. */
void wq_worker_running(struct task_struct *task)
{
	struct worker *worker = task->worker_private;

	if (!worker || !worker->sleeping)
		return;
	worker->sleeping = false;
	atomic_inc(&worker->pool->nr_running);
}

void wq_worker_sleeping(struct task_struct *task)
{
	struct worker *worker = task->worker_private;
	struct worker_pool *pool;
	unsigned long flags;

	if (!worker || worker->sleeping || !worker->current_work)
		return;
	pool = worker->pool;
	worker->sleeping = true;
	spin_lock_irqsave(&pool->lock, flags);
	atomic_dec(&pool->nr_running);
	if (need_more_worker(pool))
		wake_up_worker(pool);
	spin_unlock_irqrestore(&pool->lock, flags);
}

static void process_one_work(struct worker *worker, struct work_struct *work)
{
	struct worker_pool *pool = worker->pool;
	work_func_t func;

	worker->current_work = work;
	list_del_init(&work->entry);
	if (need_more_worker(pool))
		wake_up_worker(pool);
	clear_bit(WORK_STRUCT_PENDING_BIT, (unsigned long *)&work->data);
	spin_unlock_irq(&pool->lock);
	func = work->func;
	trace_workqueue_execute_start(work);
	func(work);
	trace_workqueue_execute_end(work, func);	/* the work may be gone */
	cond_resched();
	spin_lock_irq(&pool->lock);
	worker->current_work = NULL;
}

static struct worker *create_worker(struct worker_pool *pool);

static void worker_enter_idle(struct worker *worker)
{
	worker->pool->nr_idle++;
	list_add(&worker->entry, &worker->pool->idle_list);
}

static void worker_leave_idle(struct worker *worker)
{
	worker->pool->nr_idle--;
	list_del_init(&worker->entry);
}

/* Keep one idle worker in reserve. */
static void maybe_create_worker(struct worker_pool *pool)
{
	if (pool->nr_idle || pool->nr_workers >= 4)
		return;
	pool->nr_workers++;
	spin_unlock_irq(&pool->lock);
	create_worker(pool);
	spin_lock_irq(&pool->lock);
}

static int worker_thread(void *data)
{
	struct worker *worker = data;
	struct worker_pool *pool = worker->pool;

	worker->task->flags |= PF_WQ_WORKER;
	worker->task->worker_private = worker;
	spin_lock_irq(&pool->lock);
	for (;;) {
		if (need_more_worker(pool)) {
			atomic_inc(&pool->nr_running);
			maybe_create_worker(pool);
			while (!list_empty(&pool->worklist))
				process_one_work(worker, list_first_entry(&pool->worklist, struct work_struct, entry));
			atomic_dec(&pool->nr_running);
		}
		worker_enter_idle(worker);
		__set_current_state(TASK_INTERRUPTIBLE);
		spin_unlock_irq(&pool->lock);
		schedule();
		spin_lock_irq(&pool->lock);
		worker_leave_idle(worker);
	}
	return 0;
}

static struct worker *create_worker(struct worker_pool *pool)
{
	struct worker *worker = kzalloc(sizeof(*worker), GFP_KERNEL);
	char id_buf[16];

	if (!worker)
		return NULL;
	INIT_LIST_HEAD(&worker->entry);
	worker->pool = pool;
	worker->id = pool->next_worker++;
	if (pool->cpu >= 0)
		snprintf(id_buf, sizeof(id_buf), "%d:%d", pool->cpu, worker->id);
	else
		snprintf(id_buf, sizeof(id_buf), "u%d:%d", pool->id, worker->id);
	worker->task = kthread_create(worker_thread, worker, "kworker/%s", id_buf);
	if (IS_ERR(worker->task)) {
		kfree(worker);
		return NULL;
	}
	if (pool->cpu >= 0)
		kthread_bind(worker->task, pool->cpu);
	spin_lock_irq(&workers_lock);
	list_add_tail(&worker->node, &workers);
	spin_unlock_irq(&workers_lock);
	wake_up_process(worker->task);
	return worker;
}

struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags, int max_active, ...)
{
	struct workqueue_struct *wq = kzalloc(sizeof(*wq), GFP_KERNEL);
	__builtin_va_list args;

	if (!wq)
		return NULL;
	__builtin_va_start(args, max_active);
	vsnprintf(wq->name, sizeof(wq->name), fmt, args);
	__builtin_va_end(args);
	wq->flags = flags;
	return wq;
}
EXPORT_SYMBOL(alloc_workqueue);

void destroy_workqueue(struct workqueue_struct *wq)
{
	drain_workqueue(wq);
	kfree(wq);
}
EXPORT_SYMBOL(destroy_workqueue);

/* Before threads can be made: works may be queued from now on. */
void __init workqueue_init_early(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		init_worker_pool(&cpu_worker_pools[cpu], cpu);
	init_worker_pool(&unbound_pool, -1);
	system_wq = alloc_workqueue("events", 0, 0);
	system_highpri_wq = alloc_workqueue("events_highpri", WQ_HIGHPRI, 0);
	system_long_wq = alloc_workqueue("events_long", 0, 0);
	system_unbound_wq = alloc_workqueue("events_unbound", WQ_UNBOUND, WQ_MAX_ACTIVE);
	system_power_efficient_wq = alloc_workqueue("events_power_efficient", WQ_POWER_EFFICIENT, 0);
}

void __init workqueue_init(void)
{
	int cpu;

	for_each_online_cpu(cpu) {
		cpu_worker_pools[cpu].nr_workers++;
		create_worker(&cpu_worker_pools[cpu]);
	}
	unbound_pool.nr_workers++;
	create_worker(&unbound_pool);
	wq_online = true;
}
