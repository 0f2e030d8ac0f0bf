/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SEQLOCK_H
#define _LINUX_SEQLOCK_H
#include <linux/spinlock.h>
typedef struct seqcount { unsigned int sequence; } seqcount_t;
typedef seqcount_t seqcount_spinlock_t, seqcount_raw_spinlock_t, seqcount_mutex_t, seqcount_latch_t;
typedef struct { seqcount_t seqcount; spinlock_t lock; } seqlock_t;
#define SEQCNT_ZERO(n)			{ 0 }
#define SEQCNT_SPINLOCK_ZERO(n, l)	{ 0 }
#define SEQCNT_RAW_SPINLOCK_ZERO(n, l)	{ 0 }
#define __SEQLOCK_UNLOCKED(n)		{ { 0 }, { { 0 } } }
#define DEFINE_SEQLOCK(n)		seqlock_t n = __SEQLOCK_UNLOCKED(n)
#define seqcount_init(s)		do { (s)->sequence = 0; } while (0)
#define seqcount_spinlock_init(s, l)	seqcount_init(s)
#define seqlock_init(s)			do { seqcount_init(&(s)->seqcount); spin_lock_init(&(s)->lock); } while (0)
static __always_inline notrace unsigned int read_seqcount_begin_(const seqcount_t *s)
{
	unsigned int seq, spins = 0;

	while ((seq = READ_ONCE(s->sequence)) & 1)
		cpu_spin_wait(&spins);
	barrier();
	return seq;
}
#define read_seqcount_begin(s)		read_seqcount_begin_(s)
#define __read_seqcount_begin(s)	read_seqcount_begin_(s)
#define raw_read_seqcount_begin(s)	read_seqcount_begin_(s)
#define raw_read_seqcount(s)		({ unsigned int __q = READ_ONCE((s)->sequence); barrier(); __q; })
#define raw_seqcount_begin(s)		(raw_read_seqcount(s) & ~1u)
#define read_seqcount_retry(s, q)	({ barrier(); unlikely(READ_ONCE((s)->sequence) != (q)); })
#define __read_seqcount_retry(s, q)	read_seqcount_retry(s, q)
#define raw_write_seqcount_begin(s)	do { (s)->sequence++; barrier(); } while (0)
#define raw_write_seqcount_end(s)	do { barrier(); (s)->sequence++; } while (0)
#define raw_write_seqcount_latch(s)	do { barrier(); (s)->sequence++; barrier(); } while (0)
#define write_seqcount_begin(s)		do { preempt_disable(); raw_write_seqcount_begin(s); } while (0)
#define write_seqcount_end(s)		do { raw_write_seqcount_end(s); preempt_enable(); } while (0)
#define write_seqcount_begin_nested(s, c) write_seqcount_begin(s)
#define write_seqcount_invalidate(s)	do { (s)->sequence += 2; } while (0)
#define read_seqbegin(s)		read_seqcount_begin_(&(s)->seqcount)
#define read_seqretry(s, q)		read_seqcount_retry(&(s)->seqcount, q)
#define write_seqlock(s)		do { spin_lock(&(s)->lock); raw_write_seqcount_begin(&(s)->seqcount); } while (0)
#define write_sequnlock(s)		do { raw_write_seqcount_end(&(s)->seqcount); spin_unlock(&(s)->lock); } while (0)
#define write_seqlock_irq(s)		do { spin_lock_irq(&(s)->lock); raw_write_seqcount_begin(&(s)->seqcount); } while (0)
#define write_sequnlock_irq(s)		do { raw_write_seqcount_end(&(s)->seqcount); spin_unlock_irq(&(s)->lock); } while (0)
#define write_seqlock_irqsave(s, f)	do { spin_lock_irqsave(&(s)->lock, f); raw_write_seqcount_begin(&(s)->seqcount); } while (0)
#define write_sequnlock_irqrestore(s, f) do { raw_write_seqcount_end(&(s)->seqcount); spin_unlock_irqrestore(&(s)->lock, f); } while (0)
#define read_seqlock_excl(s)		spin_lock(&(s)->lock)
#define read_sequnlock_excl(s)		spin_unlock(&(s)->lock)
#define need_seqretry(s, q)		(!((q) & 1) && read_seqretry(s, q))
#define done_seqretry(s, q)		do { if ((q) & 1) read_sequnlock_excl(s); } while (0)
#define read_seqbegin_or_lock(s, q)	do { if (!(*(q) & 1)) *(q) = read_seqbegin(s); else read_seqlock_excl(s); } while (0)
#endif
