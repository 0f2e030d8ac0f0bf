/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_INTERRUPT_H
#define _LINUX_INTERRUPT_H
#include <linux/types.h>
#include <linux/irqflags.h>
#include <linux/bottom_half.h>
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/irqreturn.h>
#include <linux/hardirq.h>
enum { HI_SOFTIRQ, TIMER_SOFTIRQ, NET_TX_SOFTIRQ, NET_RX_SOFTIRQ, BLOCK_SOFTIRQ, IRQ_POLL_SOFTIRQ, TASKLET_SOFTIRQ,
       SCHED_SOFTIRQ, HRTIMER_SOFTIRQ, RCU_SOFTIRQ, NR_SOFTIRQS };
extern const char *const softirq_to_name[NR_SOFTIRQS];
struct softirq_action { void (*action)(struct softirq_action *); };
#define local_softirq_pending()		(this_hot->softirq_pending)
#define set_softirq_pending(x)		(this_hot->softirq_pending = (x))
#define or_softirq_pending(x)		(this_hot->softirq_pending |= (x))
void open_softirq(int nr, void (*action)(struct softirq_action *));
void softirq_init(void);
void raise_softirq(unsigned int nr);
void raise_softirq_irqoff(unsigned int nr);
void __raise_softirq_irqoff(unsigned int nr);
void do_softirq(void);
void __do_softirq(void);

struct tasklet_struct {
	struct tasklet_struct *next;
	unsigned long state;
	atomic_t count;
	bool use_callback;
	union { void (*func)(unsigned long data); void (*callback)(struct tasklet_struct *t); };
	unsigned long data;
};
#define DECLARE_TASKLET(n, f)	struct tasklet_struct n = { .callback = f, .use_callback = true }
#define from_tasklet(v, t, f)	container_of(t, typeof(*v), f)
enum { TASKLET_STATE_SCHED, TASKLET_STATE_RUN };
void __tasklet_schedule(struct tasklet_struct *t);
void __tasklet_hi_schedule(struct tasklet_struct *t);
static inline void tasklet_schedule(struct tasklet_struct *t) { if (!test_and_set_bit(TASKLET_STATE_SCHED, &t->state)) __tasklet_schedule(t); }
static inline void tasklet_hi_schedule(struct tasklet_struct *t) { if (!test_and_set_bit(TASKLET_STATE_SCHED, &t->state)) __tasklet_hi_schedule(t); }
static inline void tasklet_disable_nosync(struct tasklet_struct *t) { atomic_inc(&t->count); }
static inline void tasklet_enable(struct tasklet_struct *t) { atomic_dec(&t->count); }
void tasklet_setup(struct tasklet_struct *t, void (*callback)(struct tasklet_struct *));
void tasklet_init(struct tasklet_struct *t, void (*func)(unsigned long), unsigned long data);
void tasklet_kill(struct tasklet_struct *t);

#define IRQF_SHARED	0x00000080
struct irqaction { irq_handler_t handler; void *dev_id; struct irqaction *next; unsigned int irq, flags; const char *name; };
int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name, void *dev);
const void *free_irq(unsigned int irq, void *dev_id);
void disable_irq(unsigned int irq);
void enable_irq(unsigned int irq);
#endif
