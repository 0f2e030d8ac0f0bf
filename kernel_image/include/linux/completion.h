/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_COMPLETION_H
#define _LINUX_COMPLETION_H
#include <linux/swait.h>
struct completion { unsigned int done; struct swait_queue_head wait; };
#define COMPLETION_INITIALIZER(w)	{ 0, __SWAIT_QUEUE_HEAD_INITIALIZER((w).wait) }
#define COMPLETION_INITIALIZER_ONSTACK(w) (*({ init_completion(&(w)); &(w); }))
#define DECLARE_COMPLETION(w)		struct completion w = COMPLETION_INITIALIZER(w)
#define DECLARE_COMPLETION_ONSTACK(w)	struct completion w = COMPLETION_INITIALIZER(w)
static inline void init_completion(struct completion *x) { x->done = 0; init_swait_queue_head(&x->wait); }
static inline void reinit_completion(struct completion *x) { x->done = 0; }
void complete(struct completion *x);
void complete_all(struct completion *x);
void wait_for_completion(struct completion *x);
int wait_for_completion_interruptible(struct completion *x);
int wait_for_completion_killable(struct completion *x);
int wait_for_completion_state(struct completion *x, unsigned int state);
unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout);
bool try_wait_for_completion(struct completion *x);
bool completion_done(struct completion *x);
#endif
