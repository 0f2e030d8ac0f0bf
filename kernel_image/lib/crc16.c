/* SPDX-License-Identifier: MIT */
#include <linux/crc16.h>
#include <linux/export.h>

u16 crc16(u16 crc, const u8 *buffer, size_t len)
{
	while (len--) {
		crc ^= *buffer++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xa001 : 0);
	}
	return crc;
}
EXPORT_SYMBOL(crc16);
