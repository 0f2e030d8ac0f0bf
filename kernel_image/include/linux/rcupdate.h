/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_RCUPDATE_H
#define _LINUX_RCUPDATE_H
#include <linux/types.h>
#include <linux/preempt.h>
#include <linux/atomic.h>
#include <linux/bottom_half.h>
typedef void (*rcu_callback_t)(struct rcu_head *head);
void __rcu_read_lock(void);
void __rcu_read_unlock(void);
void call_rcu(struct rcu_head *head, rcu_callback_t func);
void synchronize_rcu(void);
void synchronize_rcu_expedited(void);
void rcu_barrier(void);
void kvfree_call_rcu(struct rcu_head *head, rcu_callback_t func);
unsigned long get_state_synchronize_rcu(void);
unsigned long start_poll_synchronize_rcu(void);
bool poll_state_synchronize_rcu(unsigned long oldstate);
void cond_synchronize_rcu(unsigned long oldstate);
void rcu_init(void);
void rcu_sched_clock_irq(int user);
void rcu_note_context_switch(bool preempt);
void rcu_softirq_qs(void);
void rcu_report_dead(unsigned int cpu);
void rcu_cpu_starting(unsigned int cpu);
void rcu_irq_enter_check_tick(void);
int rcu_needs_cpu(void);
bool rcu_is_watching(void);
void rcu_idle_enter(void);
void rcu_idle_exit(void);
void ct_idle_enter(void);
void ct_idle_exit(void);
void ct_irq_enter(void);
void ct_irq_exit(void);
void rcu_scheduler_starting(void);
void exit_rcu(void);
void init_rcu_head(struct rcu_head *head);
#define rcu_read_lock()			__rcu_read_lock()
#define rcu_read_unlock()		__rcu_read_unlock()
#define rcu_read_lock_bh()		local_bh_disable()
#define rcu_read_unlock_bh()		local_bh_enable()
#define rcu_read_lock_sched()		preempt_disable()
#define rcu_read_unlock_sched()		preempt_enable()
#define rcu_read_lock_sched_notrace()	preempt_disable()
#define rcu_read_unlock_sched_notrace() preempt_enable()
#define rcu_read_lock_held()		1
#define rcu_dereference(p)		READ_ONCE(p)
#define rcu_dereference_raw(p)		READ_ONCE(p)
#define rcu_dereference_raw_check(p)	READ_ONCE(p)
#define rcu_dereference_check(p, c)	READ_ONCE(p)
#define rcu_dereference_protected(p, c)	(p)
#define rcu_dereference_sched(p)	READ_ONCE(p)
#define rcu_dereference_bh(p)		READ_ONCE(p)
#define rcu_access_pointer(p)		READ_ONCE(p)
#define rcu_assign_pointer(p, v)	do { barrier(); WRITE_ONCE(p, v); } while (0)
#define rcu_replace_pointer(p, n, c)	({ typeof(p) __o = (p); rcu_assign_pointer(p, n); __o; })
#define RCU_INIT_POINTER(p, v)		WRITE_ONCE(p, v)
#define RCU_INITIALIZER(v)		(v)
#define RCU_LOCKDEP_WARN(c, s)		do { } while (0)
#define synchronize_rcu_tasks_rude()	synchronize_rcu()
#define synchronize_rcu_tasks()		synchronize_rcu()
#define synchronize_rcu_mult(...)	synchronize_rcu()
/* An offset below 4096 in place of a function means: kfree() what contains this head. */
#define __is_kvfree_rcu_offset(o)	((o) < 4096)
#define kfree_rcu(p, f) do { typeof(p) ___p = (p); if (___p) kvfree_call_rcu(&___p->f, (rcu_callback_t)(uintptr_t)offsetof(typeof(*(p)), f)); } while (0)
#define kvfree_rcu(p, f)		kfree_rcu(p, f)
#endif
