/* SPDX-License-Identifier: MIT */
#ifndef _ASM_ASM_OFFSETS_H
#define _ASM_ASM_OFFSETS_H
/* What assembly needs of C structures; arch/x86/kernel/setup_percpu.c proves each number. */
#ifdef __x86_64__
#define HOT_CURRENT		8
#define HOT_TOP_OF_STACK	16
#define HOT_PREEMPT_COUNT	24
#define HOT_NEED_RESCHED	32
#define HOT_IN_USER		44
#define PT_REGS_SIZE		168
#define PT_REGS_IP		128
#else
#define HOT_CURRENT		4
#define HOT_TOP_OF_STACK	8
#define HOT_PREEMPT_COUNT	12
#define HOT_NEED_RESCHED	20
#define HOT_IN_USER		32
#define PT_REGS_SIZE		52
#define PT_REGS_IP		32
#endif
#define TASK_SP			0
#endif
