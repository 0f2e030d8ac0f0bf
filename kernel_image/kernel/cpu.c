// SPDX-License-Identifier: MIT
/* CPUs come at boot and stay. */
#include <linux/cpu.h>
#include <linux/rwsem.h>
#include <linux/export.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/init.h>

DEFINE_STATIC_PERCPU_RWSEM(cpu_hotplug_lock);

void cpus_read_lock(void) { percpu_down_read(&cpu_hotplug_lock); }
int cpus_read_trylock(void) { return down_read_trylock(&cpu_hotplug_lock.rw); }
void cpus_read_unlock(void) { percpu_up_read(&cpu_hotplug_lock); }
void cpus_write_lock(void) { percpu_down_write(&cpu_hotplug_lock); }
void cpus_write_unlock(void) { percpu_up_write(&cpu_hotplug_lock); }
EXPORT_SYMBOL(cpus_read_lock);
EXPORT_SYMBOL(cpus_read_unlock);

int cpuhp_setup_state(enum cpuhp_state state, const char *name, int (*startup)(unsigned int), int (*teardown)(unsigned int))
{
	unsigned int cpu;

	if (startup)
		for_each_cpu(cpu, cpu_online_mask)
			startup(cpu);
	return 0;
}

int cpuhp_setup_state_nocalls(enum cpuhp_state state, const char *name, int (*startup)(unsigned int), int (*teardown)(unsigned int))
{
	return 0;
}
