/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_MEMBLOCK_H
#define _LINUX_MEMBLOCK_H
#include <linux/types.h>
/* Boot memory: taken from the start of RAM, never given back. */
void *memblock_alloc(size_t size, size_t align);
unsigned long memblock_start(void);	/* first byte not taken */
#endif
