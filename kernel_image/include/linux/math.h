/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_MATH_H
#define _LINUX_MATH_H
#define __round_mask(x, y)	((__typeof__(x))((y) - 1))
#define round_up(x, y)		((((x) - 1) | __round_mask(x, y)) + 1)
#define round_down(x, y)	((x) & ~__round_mask(x, y))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define DIV_ROUND_CLOSEST(n, d)	(((n) + (d) / 2) / (d))
#define roundup(x, y)		({ __typeof__(y) _y = (y); (((x) + (_y - 1)) / _y) * _y; })
#define rounddown(x, y)		({ __typeof__(x) _x = (x); _x - (_x % (y)); })
#define abs(x)			({ __auto_type _v = (x); _v < 0 ? -_v : _v; })
unsigned long int_sqrt(unsigned long x);
#endif
