// SPDX-License-Identifier: MIT
/*
 * Spinning locks.  Only one CPU of the machine runs at a time, so a CPU that waits must let the host run the
 * others: after a few turns it yields.  Functions, not inlines, so that they can be traced.
 */
#include <linux/spinlock.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <asm/hypercall.h>

/* Called with interrupts on, a waiting CPU also takes them. */
notrace void cpu_spin_wait(unsigned int *spins)
{
	cpu_relax();
	if (++*spins >= 4)
		hypercall(HC_YIELD, 0, 0, 0, 0);
	else if (unlikely(this_hot->host_poll) && !irqs_disabled())
		hypercall(HC_POLL, 0, 0, 0, 0);
}

static __always_inline notrace int do_raw_spin_trylock(raw_spinlock_t *lock)
{
	return cmpxchg(&lock->locked, 0, 1 + smp_processor_id()) == 0;
}

static notrace noinline void queued_spin_lock_wait(raw_spinlock_t *lock)
{
	unsigned int spins = 0;

	while (!do_raw_spin_trylock(lock))
		cpu_spin_wait(&spins);
}

static __always_inline notrace void do_raw_spin_lock(raw_spinlock_t *lock)
{
	if (unlikely(!do_raw_spin_trylock(lock)))
		queued_spin_lock_wait(lock);
}

static __always_inline notrace void do_raw_spin_unlock(raw_spinlock_t *lock)
{
	barrier();
	WRITE_ONCE(lock->locked, 0);
}

/* For the tracer's own use: nothing is counted, nothing is traced. */
notrace void arch_spin_lock(arch_spinlock_t *lock) { do_raw_spin_lock(lock); }
notrace void arch_spin_unlock(arch_spinlock_t *lock) { do_raw_spin_unlock(lock); }

#define WRITER	(~0u)
static __always_inline notrace int do_raw_read_trylock(rwlock_t *lock)
{
	u32 c = READ_ONCE(lock->cnts);

	return c != WRITER && cmpxchg(&lock->cnts, c, c + 1) == c;
}
static __always_inline notrace void do_raw_read_lock(rwlock_t *lock)
{
	unsigned int spins = 0;

	while (unlikely(!do_raw_read_trylock(lock)))
		cpu_spin_wait(&spins);
}
static __always_inline notrace void do_raw_read_unlock(rwlock_t *lock) { __sync_fetch_and_sub(&lock->cnts, 1); }
static __always_inline notrace int do_raw_write_trylock(rwlock_t *lock) { return cmpxchg(&lock->cnts, 0, WRITER) == 0; }
static __always_inline notrace void do_raw_write_lock(rwlock_t *lock)
{
	unsigned int spins = 0;

	while (unlikely(!do_raw_write_trylock(lock)))
		cpu_spin_wait(&spins);
}
static __always_inline notrace void do_raw_write_unlock(rwlock_t *lock) { barrier(); WRITE_ONCE(lock->cnts, 0); }

/* The same variants for spin, read and write. */
#define BUILD_LOCK_OPS(op, type) \
void __lockfunc _raw_##op##_lock(type *lock) { preempt_disable(); do_raw_##op##_lock(lock); } \
unsigned long __lockfunc _raw_##op##_lock_irqsave(type *lock) \
{ \
	unsigned long flags; \
	local_irq_save(flags); \
	preempt_disable(); \
	do_raw_##op##_lock(lock); \
	return flags; \
} \
void __lockfunc _raw_##op##_lock_irq(type *lock) { local_irq_disable(); preempt_disable(); do_raw_##op##_lock(lock); } \
void __lockfunc _raw_##op##_lock_bh(type *lock) { preempt_count_add(SOFTIRQ_DISABLE_OFFSET + 1); do_raw_##op##_lock(lock); } \
int __lockfunc _raw_##op##_trylock(type *lock) \
{ \
	preempt_disable(); \
	if (do_raw_##op##_trylock(lock)) \
		return 1; \
	preempt_enable(); \
	return 0; \
} \
void __lockfunc _raw_##op##_unlock(type *lock) { do_raw_##op##_unlock(lock); preempt_enable(); } \
void __lockfunc _raw_##op##_unlock_irqrestore(type *lock, unsigned long flags) \
{ \
	do_raw_##op##_unlock(lock); \
	local_irq_restore(flags); \
	preempt_enable(); \
} \
void __lockfunc _raw_##op##_unlock_irq(type *lock) { do_raw_##op##_unlock(lock); local_irq_enable(); preempt_enable(); } \
void __lockfunc _raw_##op##_unlock_bh(type *lock) \
{ \
	do_raw_##op##_unlock(lock); \
	__local_bh_enable_ip(_RET_IP_, SOFTIRQ_DISABLE_OFFSET + 1); \
} \
EXPORT_SYMBOL(_raw_##op##_lock); \
EXPORT_SYMBOL(_raw_##op##_lock_irqsave); \
EXPORT_SYMBOL(_raw_##op##_lock_irq); \
EXPORT_SYMBOL(_raw_##op##_lock_bh); \
EXPORT_SYMBOL(_raw_##op##_trylock); \
EXPORT_SYMBOL(_raw_##op##_unlock); \
EXPORT_SYMBOL(_raw_##op##_unlock_irqrestore); \
EXPORT_SYMBOL(_raw_##op##_unlock_irq); \
EXPORT_SYMBOL(_raw_##op##_unlock_bh)

BUILD_LOCK_OPS(spin, raw_spinlock_t);
BUILD_LOCK_OPS(read, rwlock_t);
BUILD_LOCK_OPS(write, rwlock_t);

int __lockfunc _raw_spin_trylock_bh(raw_spinlock_t *lock)
{
	preempt_count_add(SOFTIRQ_DISABLE_OFFSET + 1);
	if (do_raw_spin_trylock(lock))
		return 1;
	__local_bh_enable_ip(_RET_IP_, SOFTIRQ_DISABLE_OFFSET + 1);
	return 0;
}
