/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_WORKQUEUE_H
#define _LINUX_WORKQUEUE_H
#include <linux/timer.h>
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/rcupdate.h>
struct workqueue_struct; struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);
struct work_struct { atomic_long_t data; struct list_head entry; work_func_t func; };
struct delayed_work { struct work_struct work; struct timer_list timer; struct workqueue_struct *wq; int cpu; };
struct rcu_work { struct work_struct work; struct rcu_head rcu; struct workqueue_struct *wq; };
#define WORK_STRUCT_PENDING_BIT	0
#define WORK_CPU_UNBOUND	NR_CPUS
#define WQ_UNBOUND		2
#define WQ_FREEZABLE		4
#define WQ_MEM_RECLAIM		8
#define WQ_HIGHPRI		16
#define WQ_CPU_INTENSIVE	32
#define WQ_SYSFS		64
#define WQ_POWER_EFFICIENT	128
#define WQ_MAX_ACTIVE		512
#define __WORK_INITIALIZER(n, f) { .entry = { &(n).entry, &(n).entry }, .func = (f) }
#define DECLARE_WORK(n, f)	struct work_struct n = __WORK_INITIALIZER(n, f)
void delayed_work_timer_fn(struct timer_list *t);
#define DECLARE_DELAYED_WORK(n, f) struct delayed_work n = { __WORK_INITIALIZER((n).work, f), __TIMER_INITIALIZER(delayed_work_timer_fn, TIMER_IRQSAFE) }
#define INIT_WORK(w, f)		do { atomic_long_set(&(w)->data, 0); INIT_LIST_HEAD(&(w)->entry); (w)->func = (f); } while (0)
#define INIT_WORK_ONSTACK(w, f)	INIT_WORK(w, f)
#define destroy_work_on_stack(w) do { } while (0)
#define INIT_DELAYED_WORK(w, f)	do { INIT_WORK(&(w)->work, f); timer_setup(&(w)->timer, delayed_work_timer_fn, TIMER_IRQSAFE); } while (0)
#define INIT_DEFERRABLE_WORK(w, f) do { INIT_WORK(&(w)->work, f); timer_setup(&(w)->timer, delayed_work_timer_fn, TIMER_IRQSAFE | TIMER_DEFERRABLE); } while (0)
#define work_pending(w)		test_bit(WORK_STRUCT_PENDING_BIT, &(w)->data)
#define delayed_work_pending(w)	work_pending(&(w)->work)
#define to_delayed_work(w)	container_of(w, struct delayed_work, work)
extern struct workqueue_struct *system_wq, *system_highpri_wq, *system_long_wq, *system_unbound_wq, *system_power_efficient_wq, *mm_percpu_wq;
struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags, int max_active, ...);
#define alloc_ordered_workqueue(fmt, fl, a...) alloc_workqueue(fmt, WQ_UNBOUND | (fl), 1, ##a)
#define create_workqueue(n)	alloc_workqueue("%s", WQ_MEM_RECLAIM, 1, (n))
#define create_singlethread_workqueue(n) alloc_ordered_workqueue("%s", WQ_MEM_RECLAIM, n)
void destroy_workqueue(struct workqueue_struct *wq);
bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work);
bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay);
bool mod_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay);
bool flush_work(struct work_struct *work);
bool flush_delayed_work(struct delayed_work *dwork);
bool cancel_work(struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);
bool cancel_delayed_work(struct delayed_work *dwork);
bool cancel_delayed_work_sync(struct delayed_work *dwork);
void __flush_workqueue(struct workqueue_struct *wq);
void drain_workqueue(struct workqueue_struct *wq);
int schedule_on_each_cpu(work_func_t func);
bool queue_rcu_work(struct workqueue_struct *wq, struct rcu_work *rwork);
#define INIT_RCU_WORK(w, f)	INIT_WORK(&(w)->work, f)
#define to_rcu_work(w)		container_of(w, struct rcu_work, work)
void workqueue_init_early(void);
void workqueue_init(void);
struct task_struct;
void wq_worker_running(struct task_struct *task);
void wq_worker_sleeping(struct task_struct *task);
#define flush_workqueue(wq)	__flush_workqueue(wq)
#define flush_scheduled_work()	__flush_workqueue(system_wq)
static inline bool queue_work(struct workqueue_struct *wq, struct work_struct *w) { return queue_work_on(WORK_CPU_UNBOUND, wq, w); }
static inline bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *w, unsigned long d) { return queue_delayed_work_on(WORK_CPU_UNBOUND, wq, w, d); }
static inline bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *w, unsigned long d) { return mod_delayed_work_on(WORK_CPU_UNBOUND, wq, w, d); }
static inline bool schedule_work_on(int cpu, struct work_struct *w) { return queue_work_on(cpu, system_wq, w); }
static inline bool schedule_work(struct work_struct *w) { return queue_work(system_wq, w); }
static inline bool schedule_delayed_work(struct delayed_work *w, unsigned long d) { return queue_delayed_work(system_wq, w, d); }
static inline bool schedule_delayed_work_on(int cpu, struct delayed_work *w, unsigned long d) { return queue_delayed_work_on(cpu, system_wq, w, d); }
#endif
