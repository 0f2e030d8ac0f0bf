/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_TICK_H
#define _LINUX_TICK_H
#include <linux/hrtimer.h>
#include <linux/clockchips.h>
void tick_init(void);
void tick_setup_device_cpu(void);
void tick_nohz_idle_enter(void);
void tick_nohz_idle_exit(void);
void tick_nohz_idle_stop_tick(void);
void tick_nohz_idle_retain_tick(void);
void tick_nohz_idle_restart_tick(void);
void tick_nohz_irq_exit(void);
void tick_irq_enter(void);
bool tick_nohz_idle_got_tick(void);
ktime_t tick_nohz_get_sleep_length(ktime_t *delta_next);
int tick_nohz_tick_stopped(void);
int tick_program_event(ktime_t expires, int force);
void tick_setup_sched_timer(void);
void tick_clock_notify(void);
u64 get_cpu_idle_time_us(int cpu, u64 *last_update_time);
extern int tick_do_timer_cpu;
#endif
