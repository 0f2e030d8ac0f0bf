/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_HRTIMER_H
#define _LINUX_HRTIMER_H
#include <linux/ktime.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/timerqueue.h>
enum hrtimer_mode { HRTIMER_MODE_ABS, HRTIMER_MODE_REL = 1, HRTIMER_MODE_PINNED = 2, HRTIMER_MODE_SOFT = 4, HRTIMER_MODE_HARD = 8,
	HRTIMER_MODE_ABS_PINNED = 2, HRTIMER_MODE_REL_PINNED = 3, HRTIMER_MODE_ABS_PINNED_HARD = 10, HRTIMER_MODE_REL_PINNED_HARD = 11,
	HRTIMER_MODE_REL_SOFT = 5, HRTIMER_MODE_REL_HARD = 9, HRTIMER_MODE_ABS_HARD = 8, HRTIMER_MODE_ABS_SOFT = 4, HRTIMER_MODE_ABS_PINNED_SOFT = 6, HRTIMER_MODE_REL_PINNED_SOFT = 7 };
enum hrtimer_restart { HRTIMER_NORESTART, HRTIMER_RESTART };
#define HRTIMER_STATE_INACTIVE	0
#define HRTIMER_STATE_ENQUEUED	1
struct hrtimer_clock_base; struct task_struct;
struct hrtimer {
	struct timerqueue_node node;
	ktime_t _softexpires;
	enum hrtimer_restart (*function)(struct hrtimer *);
	struct hrtimer_clock_base *base;
	u8 state, is_rel, is_soft, is_hard;
};
struct hrtimer_sleeper { struct hrtimer timer; struct task_struct *task; };
void hrtimer_init(struct hrtimer *timer, clockid_t which, enum hrtimer_mode mode);
void hrtimer_init_sleeper(struct hrtimer_sleeper *sl, clockid_t clock_id, enum hrtimer_mode mode);
void hrtimer_start_range_ns(struct hrtimer *timer, ktime_t tim, u64 range_ns, const enum hrtimer_mode mode);
#define hrtimer_start(t, tim, mode) hrtimer_start_range_ns(t, tim, 0, mode)
int hrtimer_cancel(struct hrtimer *timer);
int hrtimer_try_to_cancel(struct hrtimer *timer);
bool hrtimer_active(const struct hrtimer *timer);
u64 hrtimer_forward(struct hrtimer *timer, ktime_t now, ktime_t interval);
u64 hrtimer_forward_now(struct hrtimer *timer, ktime_t interval);
ktime_t __hrtimer_get_remaining(const struct hrtimer *timer, bool adjust);
#define hrtimer_get_remaining(t) __hrtimer_get_remaining(t, false)
u64 hrtimer_get_next_event(void);
u64 hrtimer_next_event_without(const struct hrtimer *exclude);
void hrtimer_sleeper_start_expires(struct hrtimer_sleeper *sl, enum hrtimer_mode mode);
int schedule_hrtimeout_range(ktime_t *expires, u64 delta, const enum hrtimer_mode mode);
int schedule_hrtimeout_range_clock(ktime_t *expires, u64 delta, const enum hrtimer_mode mode, clockid_t clock_id);
int schedule_hrtimeout(ktime_t *expires, const enum hrtimer_mode mode);
long hrtimer_nanosleep(ktime_t rqtp, const enum hrtimer_mode mode, const clockid_t clockid);
struct clock_event_device;
void hrtimer_interrupt(struct clock_event_device *dev);
void hrtimer_run_queues(void);
void hrtimers_init(void);
static inline ktime_t hrtimer_get_expires(const struct hrtimer *t) { return t->node.expires; }
static inline ktime_t hrtimer_get_softexpires(const struct hrtimer *t) { return t->_softexpires; }
static inline void hrtimer_set_expires(struct hrtimer *t, ktime_t time) { t->node.expires = time; t->_softexpires = time; }
static inline void hrtimer_set_expires_range_ns(struct hrtimer *t, ktime_t time, u64 delta) { t->_softexpires = time; t->node.expires = ktime_add_safe(time, delta); }
static inline void hrtimer_add_expires_ns(struct hrtimer *t, u64 ns) { t->node.expires += ns; t->_softexpires += ns; }
#define hrtimer_start_expires(t, m) hrtimer_start_range_ns(t, hrtimer_get_softexpires(t), hrtimer_get_expires(t) - hrtimer_get_softexpires(t), m)
static inline bool hrtimer_is_queued(struct hrtimer *t) { return t->state & HRTIMER_STATE_ENQUEUED; }
#endif
