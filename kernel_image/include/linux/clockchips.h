/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_CLOCKCHIPS_H
#define _LINUX_CLOCKCHIPS_H
#include <linux/ktime.h>
#include <asm/percpu.h>
/* The "APIC timer" is the host: it reads next_event of each CPU and raises LOCAL_TIMER_VECTOR. */
struct clock_event_device {
	void (*event_handler)(struct clock_event_device *);
	ktime_t next_event;
	const char *name;
	unsigned int cpu;
};
int clockevents_program_event(struct clock_event_device *dev, ktime_t expires, bool force);
DECLARE_PER_CPU(struct clock_event_device, lapic_events);
#endif
