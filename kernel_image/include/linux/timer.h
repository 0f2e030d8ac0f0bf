/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_TIMER_H
#define _LINUX_TIMER_H
#include <linux/list.h>
#include <linux/ktime.h>
#include <linux/jiffies.h>
struct timer_list { struct hlist_node entry; unsigned long expires; void (*function)(struct timer_list *); u32 flags; };
#define TIMER_CPUMASK		0x0003FFFF
#define TIMER_MIGRATING		0x00040000
#define TIMER_DEFERRABLE	0x00080000
#define TIMER_PINNED		0x00100000
#define TIMER_IRQSAFE		0x00200000
#define TIMER_ARRAYSHIFT	22
#define TIMER_TRACE_FLAGMASK	(TIMER_MIGRATING | TIMER_DEFERRABLE | TIMER_PINNED | TIMER_IRQSAFE)
#define __TIMER_INITIALIZER(f, fl) { .function = (f), .flags = (fl) }
#define DEFINE_TIMER(n, f)	struct timer_list n = __TIMER_INITIALIZER(f, 0)
void init_timer_key(struct timer_list *timer, void (*func)(struct timer_list *), unsigned int flags, const char *name, void *key);
#define timer_setup(t, f, fl)	init_timer_key((t), (f), (fl), NULL, NULL)
#define timer_setup_on_stack(t, f, fl) timer_setup(t, f, fl)
#define destroy_timer_on_stack(t) do { } while (0)
#define from_timer(v, t, f)	container_of(t, typeof(*v), f)
static inline int timer_pending(const struct timer_list *t) { return !hlist_unhashed(&t->entry); }
void add_timer(struct timer_list *timer);
void add_timer_on(struct timer_list *timer, int cpu);
int mod_timer(struct timer_list *timer, unsigned long expires);
int mod_timer_pending(struct timer_list *timer, unsigned long expires);
int timer_reduce(struct timer_list *timer, unsigned long expires);
int del_timer(struct timer_list *timer);
int del_timer_sync(struct timer_list *timer);
int try_to_del_timer_sync(struct timer_list *timer);
int timer_delete(struct timer_list *timer);
int timer_delete_sync(struct timer_list *timer);
#define timer_shutdown_sync(t)	del_timer_sync(t)
u64 get_next_timer_interrupt(unsigned long basej, u64 basem);
void timer_clear_idle(void);
void run_local_timers(void);
void update_process_times(int user);
void init_timers(void);
#endif
