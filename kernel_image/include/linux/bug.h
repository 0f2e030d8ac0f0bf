/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_BUG_H
#define _LINUX_BUG_H
#include <linux/compiler.h>
#include <linux/types.h>
#include <linux/build_bug.h>
/* kernel/panic.c */
void warn_slowpath_fmt(const char *file, int line, unsigned int taint, const char *fmt, ...) __attribute__((cold));
void bug_at(const char *file, int line, const char *function) __noreturn __attribute__((cold));
#define BUG()		bug_at(__FILE__, __LINE__, __func__)
#define BUG_ON(c)	do { if (unlikely(c)) BUG(); } while (0)
#define WARN(c, f...)	({ bool __w = !!(c); if (unlikely(__w)) warn_slowpath_fmt(__FILE__, __LINE__, 9, f); unlikely(__w); })
#define WARN_ON(c)	({ bool __w = !!(c); if (unlikely(__w)) warn_slowpath_fmt(__FILE__, __LINE__, 9, NULL); unlikely(__w); })
#define WARN_ON_ONCE(c)	({ static bool __warned; bool __w = !!(c); \
	if (unlikely(__w && !__warned)) { __warned = true; warn_slowpath_fmt(__FILE__, __LINE__, 9, NULL); } unlikely(__w); })
#define WARN_ONCE(c, f...) ({ static bool __warned; bool __w = !!(c); \
	if (unlikely(__w && !__warned)) { __warned = true; warn_slowpath_fmt(__FILE__, __LINE__, 9, f); } unlikely(__w); })
#define VM_BUG_ON(c)		do { } while (0)
#define VM_BUG_ON_PAGE(c, p)	do { } while (0)
#define VM_WARN_ON(c)		do { } while (0)
#define VM_WARN_ON_ONCE(c)	do { } while (0)
#endif
