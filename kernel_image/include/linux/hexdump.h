/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_HEXDUMP_H
#define _LINUX_HEXDUMP_H
#include <linux/types.h>
int hex_dump_to_buffer(const void *buf, size_t len, int rowsize, int groupsize, char *linebuf, size_t linebuflen, bool ascii);
#endif
