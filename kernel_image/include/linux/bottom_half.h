/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_BOTTOM_HALF_H
#define _LINUX_BOTTOM_HALF_H
#include <linux/preempt.h>
#include <linux/instruction_pointer.h>
void __local_bh_enable_ip(unsigned long ip, unsigned int cnt);
static __always_inline notrace void __local_bh_disable_ip(unsigned long ip, unsigned int cnt) { preempt_count_add(cnt); }
#define local_bh_disable()	preempt_count_add(SOFTIRQ_DISABLE_OFFSET)
#define local_bh_enable()	__local_bh_enable_ip(_THIS_IP_, SOFTIRQ_DISABLE_OFFSET)
#define _local_bh_enable()	preempt_count_sub(SOFTIRQ_DISABLE_OFFSET)
#endif
