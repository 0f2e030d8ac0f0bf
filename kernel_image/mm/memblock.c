/* SPDX-License-Identifier: MIT */
#include <linux/align.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <asm/setup.h>

static __initdata u64 taken;

__init unsigned long memblock_start(void)
{
	if (!taken)
		taken = boot_params.ram_start;
	return taken;
}

__init void *memblock_alloc(size_t size, size_t align)
{
	unsigned long start = ALIGN(memblock_start(), align);
	void *p = __va(start);

	taken = start + size;
	if (taken > boot_params.ram_end)
		panic("memblock: out of memory");
	memset(p, 0, size);
	return p;
}
