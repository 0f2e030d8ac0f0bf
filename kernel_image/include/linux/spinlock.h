/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SPINLOCK_H
#define _LINUX_SPINLOCK_H
#include <linux/spinlock_types.h>
#include <linux/preempt.h>
#include <linux/irqflags.h>
#include <linux/atomic.h>
#include <linux/bottom_half.h>

/* kernel/locking/spinlock.c: functions, so that they can be traced. */
void _raw_spin_lock(raw_spinlock_t *lock);
void _raw_spin_lock_bh(raw_spinlock_t *lock);
void _raw_spin_lock_irq(raw_spinlock_t *lock);
unsigned long _raw_spin_lock_irqsave(raw_spinlock_t *lock);
int _raw_spin_trylock(raw_spinlock_t *lock);
int _raw_spin_trylock_bh(raw_spinlock_t *lock);
void _raw_spin_unlock(raw_spinlock_t *lock);
void _raw_spin_unlock_bh(raw_spinlock_t *lock);
void _raw_spin_unlock_irq(raw_spinlock_t *lock);
void _raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags);
void _raw_read_lock(rwlock_t *lock);
void _raw_read_lock_bh(rwlock_t *lock);
void _raw_read_lock_irq(rwlock_t *lock);
unsigned long _raw_read_lock_irqsave(rwlock_t *lock);
int _raw_read_trylock(rwlock_t *lock);
void _raw_read_unlock(rwlock_t *lock);
void _raw_read_unlock_bh(rwlock_t *lock);
void _raw_read_unlock_irq(rwlock_t *lock);
void _raw_read_unlock_irqrestore(rwlock_t *lock, unsigned long flags);
void _raw_write_lock(rwlock_t *lock);
void _raw_write_lock_bh(rwlock_t *lock);
void _raw_write_lock_irq(rwlock_t *lock);
unsigned long _raw_write_lock_irqsave(rwlock_t *lock);
int _raw_write_trylock(rwlock_t *lock);
void _raw_write_unlock(rwlock_t *lock);
void _raw_write_unlock_bh(rwlock_t *lock);
void _raw_write_unlock_irq(rwlock_t *lock);
void _raw_write_unlock_irqrestore(rwlock_t *lock, unsigned long flags);
void arch_spin_lock(arch_spinlock_t *lock);
void arch_spin_unlock(arch_spinlock_t *lock);

/* One turn of waiting for another CPU, which runs only when this one lets the host go on. */
void cpu_spin_wait(unsigned int *spins);

#define raw_spin_lock_init(l)		do { *(l) = __RAW_SPIN_LOCK_UNLOCKED(l); } while (0)
#define raw_spin_lock(l)		_raw_spin_lock(l)
#define raw_spin_lock_nested(l, c)	_raw_spin_lock(l)
#define raw_spin_lock_irq(l)		_raw_spin_lock_irq(l)
#define raw_spin_lock_bh(l)		_raw_spin_lock_bh(l)
#define raw_spin_lock_irqsave(l, f)	do { (f) = _raw_spin_lock_irqsave(l); } while (0)
#define raw_spin_trylock(l)		_raw_spin_trylock(l)
#define raw_spin_unlock(l)		_raw_spin_unlock(l)
#define raw_spin_unlock_irq(l)		_raw_spin_unlock_irq(l)
#define raw_spin_unlock_bh(l)		_raw_spin_unlock_bh(l)
#define raw_spin_unlock_irqrestore(l, f) _raw_spin_unlock_irqrestore(l, f)
#define raw_spin_is_locked(l)		(READ_ONCE((l)->locked) != 0)
#define raw_spin_trylock_irqsave(l, f)	({ local_irq_save(f); int __t = _raw_spin_trylock(l); if (!__t) local_irq_restore(f); __t; })

#define spin_lock_init(l)		raw_spin_lock_init(&(l)->rlock)
#define spin_lock(l)			_raw_spin_lock(&(l)->rlock)
#define spin_lock_nested(l, c)		_raw_spin_lock(&(l)->rlock)
#define spin_lock_irq(l)		_raw_spin_lock_irq(&(l)->rlock)
#define spin_lock_bh(l)			_raw_spin_lock_bh(&(l)->rlock)
#define spin_lock_irqsave(l, f)		do { (f) = _raw_spin_lock_irqsave(&(l)->rlock); } while (0)
#define spin_lock_irqsave_nested(l, f, c) spin_lock_irqsave(l, f)
#define spin_trylock(l)			_raw_spin_trylock(&(l)->rlock)
#define spin_trylock_bh(l)		_raw_spin_trylock_bh(&(l)->rlock)
#define spin_trylock_irqsave(l, f)	raw_spin_trylock_irqsave(&(l)->rlock, f)
#define spin_unlock(l)			_raw_spin_unlock(&(l)->rlock)
#define spin_unlock_irq(l)		_raw_spin_unlock_irq(&(l)->rlock)
#define spin_unlock_bh(l)		_raw_spin_unlock_bh(&(l)->rlock)
#define spin_unlock_irqrestore(l, f)	_raw_spin_unlock_irqrestore(&(l)->rlock, f)
#define spin_is_locked(l)		raw_spin_is_locked(&(l)->rlock)
#define assert_spin_locked(l)		do { } while (0)

#define rwlock_init(l)			do { (l)->cnts = 0; } while (0)
#define read_lock(l)			_raw_read_lock(l)
#define read_lock_irq(l)		_raw_read_lock_irq(l)
#define read_lock_bh(l)			_raw_read_lock_bh(l)
#define read_lock_irqsave(l, f)		do { (f) = _raw_read_lock_irqsave(l); } while (0)
#define read_trylock(l)			_raw_read_trylock(l)
#define read_unlock(l)			_raw_read_unlock(l)
#define read_unlock_irq(l)		_raw_read_unlock_irq(l)
#define read_unlock_bh(l)		_raw_read_unlock_bh(l)
#define read_unlock_irqrestore(l, f)	_raw_read_unlock_irqrestore(l, f)
#define write_lock(l)			_raw_write_lock(l)
#define write_lock_irq(l)		_raw_write_lock_irq(l)
#define write_lock_bh(l)		_raw_write_lock_bh(l)
#define write_lock_irqsave(l, f)	do { (f) = _raw_write_lock_irqsave(l); } while (0)
#define write_trylock(l)		_raw_write_trylock(l)
#define write_unlock(l)			_raw_write_unlock(l)
#define write_unlock_irq(l)		_raw_write_unlock_irq(l)
#define write_unlock_bh(l)		_raw_write_unlock_bh(l)
#define write_unlock_irqrestore(l, f)	_raw_write_unlock_irqrestore(l, f)
#endif
