// SPDX-License-Identifier: MIT
/* The three load averages, in 11-bit fixed point, sampled every 5 seconds. */
#include "sched.h"

#define FSHIFT		11
#define FIXED_1		(1 << FSHIFT)
#define LOAD_FREQ	(5 * HZ + 1)
unsigned long avenrun[3];
static unsigned long calc_load_update;

static unsigned long calc_load(unsigned long load, unsigned long exp, unsigned long active)
{
	unsigned long n = load * exp + active * (FIXED_1 - exp);

	if (active >= load)
		n += FIXED_1 - 1;
	return n / FIXED_1;
}

void calc_global_load(void)
{
	unsigned long active = 0;
	int cpu;

	if (time_before(jiffies, calc_load_update + 10))
		return;
	for_each_online_cpu(cpu)
		active += cpu_rq(cpu)->nr_running + (int)cpu_rq(cpu)->nr_uninterruptible;
	active *= FIXED_1;
	avenrun[0] = calc_load(avenrun[0], 1884, active);
	avenrun[1] = calc_load(avenrun[1], 2014, active);
	avenrun[2] = calc_load(avenrun[2], 2037, active);
	calc_load_update = jiffies + LOAD_FREQ;
}
