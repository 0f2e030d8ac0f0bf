/* SPDX-License-Identifier: MIT */
#include <linux/crc32.h>
#include <linux/export.h>

/* Half a byte at a time: 16 words of table. */
static const u32 le_table[16] = {
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
	0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

u32 crc32_le(u32 crc, const unsigned char *p, size_t len)
{
	while (len--) {
		crc ^= *p++;
		crc = crc >> 4 ^ le_table[crc & 15];
		crc = crc >> 4 ^ le_table[crc & 15];
	}
	return crc;
}
EXPORT_SYMBOL(crc32_le);

u32 crc32_be(u32 crc, const unsigned char *p, size_t len)
{
	while (len--) {
		crc ^= (u32)*p++ << 24;
		for (int i = 0; i < 8; i++)
			crc = crc << 1 ^ (crc >> 31 ? 0x04c11db7 : 0);
	}
	return crc;
}
EXPORT_SYMBOL(crc32_be);
