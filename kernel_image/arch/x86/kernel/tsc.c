// SPDX-License-Identifier: MIT
/*
 * The clock of everything: nanoseconds since boot.  Live it is the TSC, scaled by the host's calibration;
 * deterministic it is a number that each reading moves on by a fixed step, and the host between slices.
 */
#include <linux/sched.h>
#include <asm/processor.h>
#include <asm/setup.h>

#define DETERMINISTIC_STEP	100

static notrace u64 tsc_to_ns(u64 cycles)
{
#ifdef __x86_64__
	return (unsigned __int128)cycles * boot_params.tsc_mult >> boot_params.tsc_shift;
#else
	/* 64 x 64 bits from 32-bit pieces, the shift at most 63. */
	u64 m = boot_params.tsc_mult;
	u64 lo = (cycles & 0xffffffff) * (m & 0xffffffff), mid = (cycles >> 32) * (m & 0xffffffff);
	u64 mid2 = (cycles & 0xffffffff) * (m >> 32), hi = (cycles >> 32) * (m >> 32);
	u64 carry = (lo >> 32) + (u32)mid + (u32)mid2;
	unsigned int s = boot_params.tsc_shift;

	hi += (mid >> 32) + (mid2 >> 32) + (carry >> 32);
	lo = (u32)lo | carry << 32;
	return s ? lo >> s | hi << (64 - s) : lo;
#endif
}

notrace u64 native_sched_clock(void)
{
	u64 now;

	if (boot_params.deterministic) {
		now = this_hot->clock_ns;
		this_hot->clock_ns = now + DETERMINISTIC_STEP;
		return now;
	}
	return tsc_to_ns(rdtsc() - boot_params.tsc_base);
}

notrace u64 sched_clock(void)
{
	return native_sched_clock();
}
