/* SPDX-License-Identifier: MIT */
#ifndef _ASM_HYPERVISOR_H
#define _ASM_HYPERVISOR_H
#include <linux/types.h>
#include <asm/percpu.h>
struct task_struct;
/* What the host wants with HYPERVISOR_CALLBACK_VECTOR; it writes, the guest takes and clears. */
struct host_mailbox { struct task_struct *wake; unsigned int irq; /* 1 + device interrupt, or 0 */ };
extern struct host_mailbox host_mailbox[NR_CPUS];
#endif
