// SPDX-License-Identifier: MIT
#include <linux/jiffies.h>
#include <linux/spinlock.h>
#include <linux/export.h>

DEFINE_RAW_SPINLOCK(jiffies_lock);
u64 jiffies_64 __cacheline_aligned = INITIAL_JIFFIES;
/* The low word of jiffies_64. */
extern volatile unsigned long jiffies __attribute__((alias("jiffies_64")));
EXPORT_SYMBOL(jiffies);

u64 get_jiffies_64(void) { return READ_ONCE(jiffies_64); }
