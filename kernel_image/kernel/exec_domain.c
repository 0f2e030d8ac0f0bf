/* SPDX-License-Identifier: MIT */
#include <linux/syscalls.h>

/* PER_LINUX is all there is. */
SYSCALL_DEFINE1(personality, unsigned int, personality)
{
	return personality == 0xffffffff || !personality ? 0 : -EINVAL;
}
