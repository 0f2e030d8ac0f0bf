/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SYSINFO_H
#define _LINUX_SYSINFO_H
struct sysinfo {
	long uptime;
	unsigned long loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	unsigned short procs, pad;
	unsigned long totalhigh, freehigh;
	unsigned int mem_unit;
};
#endif
