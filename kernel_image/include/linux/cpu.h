/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_CPU_H
#define _LINUX_CPU_H
#include <linux/types.h>
#include <linux/cpumask.h>
#include <linux/cpuhotplug.h>
void cpus_read_lock(void);
int cpus_read_trylock(void);
void cpus_read_unlock(void);
void cpus_write_lock(void);
void cpus_write_unlock(void);
#define get_online_cpus()	cpus_read_lock()
#define put_online_cpus()	cpus_read_unlock()
#define lockdep_assert_cpus_held() do { } while (0)
void cpu_startup_entry(enum cpuhp_state state) __noreturn;
void arch_cpu_idle(void);
void arch_cpu_idle_enter(void);
void arch_cpu_idle_exit(void);
void cpu_idle_poll_ctrl(bool enable);
bool cpu_in_idle(unsigned long pc);
#endif
