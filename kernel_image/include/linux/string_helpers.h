/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_STRING_HELPERS_H
#define _LINUX_STRING_HELPERS_H
#include <linux/types.h>
enum string_size_units { STRING_UNITS_10, STRING_UNITS_2 };
int string_get_size(u64 size, u64 blk_size, const enum string_size_units units, char *buf, int len);
int string_unescape(char *src, char *dst, size_t size, unsigned int flags);
char *kstrdup_quotable(const char *src, gfp_t gfp);
static inline const char *str_yes_no(bool v) { return v ? "yes" : "no"; }
static inline const char *str_on_off(bool v) { return v ? "on" : "off"; }
static inline const char *str_enabled_disabled(bool v) { return v ? "enabled" : "disabled"; }
#endif
