/* SPDX-License-Identifier: MIT */
#ifndef _ASM_BARRIER_H
#define _ASM_BARRIER_H
#include <linux/compiler.h>
/* One CPU runs at a time, and each in program order: only the compiler can reorder. */
#define mb()			barrier()
#define rmb()			barrier()
#define wmb()			barrier()
#define smp_mb()		barrier()
#define smp_rmb()		barrier()
#define smp_wmb()		barrier()
#define smp_read_barrier_depends() do { } while (0)
#define smp_mb__before_atomic()	barrier()
#define smp_mb__after_atomic()	barrier()
#define smp_mb__after_spinlock() barrier()
#define smp_mb__before_spinlock() barrier()
#define smp_mb__after_unlock_lock() barrier()
#define smp_acquire__after_ctrl_dep() barrier()
#define smp_store_mb(v, x)	do { WRITE_ONCE(v, x); barrier(); } while (0)
#define smp_store_release(p, v)	do { barrier(); WRITE_ONCE(*(p), v); } while (0)
#define smp_load_acquire(p)	({ typeof(*(p)) ___v = READ_ONCE(*(p)); barrier(); ___v; })
#define smp_cond_load_acquire(p, c) ({ typeof(*(p)) VAL; while (VAL = READ_ONCE(*(p)), !(c)) cpu_relax(); barrier(); VAL; })
#define smp_cond_load_relaxed(p, c) smp_cond_load_acquire(p, c)
#endif
