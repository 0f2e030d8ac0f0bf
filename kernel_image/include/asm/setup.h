/* SPDX-License-Identifier: MIT */
#ifndef _ASM_SETUP_H
#define _ASM_SETUP_H
#include <linux/types.h>
/* Filled by the host before the first instruction. */
struct boot_params {
	u64 ram_start, ram_end;			/* physical memory that the guest may allocate */
	u32 nr_cpus;
	u32 deterministic;			/* the clock is pcpu_hot.clock_ns, not the TSC */
	u64 tsc_mult, tsc_shift, tsc_base;	/* ns = ((rdtsc - base) * mult) >> shift, by a 128-bit product */
	u64 boot_wall_ns;			/* CLOCK_REALTIME at clock 0 */
	u64 seed;
	char release[64];			/* what uname -r says */
};
extern struct boot_params boot_params;
void setup_arch(char **cmdline_p);
void setup_per_cpu_areas(void);
void trap_init(void);
void idt_setup(void);
#endif
