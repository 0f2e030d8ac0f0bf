/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_DELAY_H
#define _LINUX_DELAY_H
void __udelay(unsigned long usecs);
#define udelay(n)	__udelay(n)
#define mdelay(n)	__udelay((n) * 1000UL)
#define ndelay(n)	__udelay(1)
void msleep(unsigned int msecs);
unsigned long msleep_interruptible(unsigned int msecs);
void usleep_range_state(unsigned long min, unsigned long max, unsigned int state);
#define usleep_range(a, b)	usleep_range_state(a, b, 2)
void ssleep_(unsigned int s);
#define ssleep(s)	msleep((s) * 1000)
#define fsleep(us)	usleep_range(us, 2 * (us))
#endif
