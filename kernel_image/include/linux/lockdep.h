/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_LOCKDEP_H
#define _LINUX_LOCKDEP_H
/* No lock validator: its annotations vanish. */
struct lock_class_key { };
struct lockdep_map { };
#define lockdep_assert_held(l)		do { (void)(l); } while (0)
#define lockdep_assert_held_write(l)	do { (void)(l); } while (0)
#define lockdep_assert_held_read(l)	do { (void)(l); } while (0)
#define lockdep_assert_not_held(l)	do { (void)(l); } while (0)
#define lockdep_assert_once(c)		do { } while (0)
#define lockdep_is_held(l)		1
#define lockdep_set_class(l, k)		do { } while (0)
#define lockdep_init_map(...)		do { } while (0)
#define SINGLE_DEPTH_NESTING		1
#endif
