/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_CPUHOTPLUG_H
#define _LINUX_CPUHOTPLUG_H
/* CPUs come at boot and stay: setting up a state calls `startup` for each CPU that is there. */
enum cpuhp_state { CPUHP_OFFLINE, CPUHP_AP_ONLINE_IDLE = 100, CPUHP_AP_ONLINE_DYN, CPUHP_TRACE_RB_PREPARE, CPUHP_ONLINE };
int cpuhp_setup_state(enum cpuhp_state state, const char *name, int (*startup)(unsigned int), int (*teardown)(unsigned int));
int cpuhp_setup_state_nocalls(enum cpuhp_state state, const char *name, int (*startup)(unsigned int), int (*teardown)(unsigned int));
#endif
