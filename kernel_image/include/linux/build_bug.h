/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_BUILD_BUG_H
#define _LINUX_BUILD_BUG_H
#define BUILD_BUG_ON_MSG(c, m)	_Static_assert(!(c), m)
#define BUILD_BUG_ON(c)		BUILD_BUG_ON_MSG(c, "BUILD_BUG_ON: " #c)
#ifndef static_assert
#define static_assert(c, ...)	_Static_assert(c, #c)
#endif
#endif
