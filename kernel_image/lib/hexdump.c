/* SPDX-License-Identifier: MIT */
#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/hexdump.h>
#include <linux/kernel.h>

int hex_to_bin(unsigned char ch)
{
	return isdigit(ch) ? ch - '0' : isxdigit(ch) && isascii(ch) ? tolower(ch) - 'a' + 10 : -1;
}
EXPORT_SYMBOL(hex_to_bin);

int hex2bin(u8 *dst, const char *src, size_t count)
{
	while (count--) {
		int hi = hex_to_bin(*src++), lo;

		if (hi < 0)
			return -EINVAL;
		lo = hex_to_bin(*src++);
		if (lo < 0)
			return -EINVAL;
		*dst++ = hi << 4 | lo;
	}
	return 0;
}
EXPORT_SYMBOL(hex2bin);

char *bin2hex(char *dst, const void *src, size_t count)
{
	for (const u8 *p = src; count--; p++) {
		*dst++ = hex_asc_hi(*p);
		*dst++ = hex_asc_lo(*p);
	}
	return dst;
}
EXPORT_SYMBOL(bin2hex);

/* One line of at most rowsize bytes in little-endian groups; returns what the whole line takes. */
int hex_dump_to_buffer(const void *buf, size_t len, int rowsize, int groupsize, char *linebuf, size_t linebuflen, bool ascii)
{
	const u8 *p = buf;
	size_t n = min_t(size_t, len, rowsize), pos = 0;

	if (n % groupsize)
		groupsize = 1;
	if (linebuflen)
		*linebuf = 0;
	for (size_t i = 0; i < n; i += groupsize) {
		if (i)
			pos += snprintf(linebuf + pos, pos < linebuflen ? linebuflen - pos : 0, " ");
		for (int j = groupsize - 1; j >= 0; j--)
			pos += snprintf(linebuf + pos, pos < linebuflen ? linebuflen - pos : 0, "%02x", p[i + j]);
	}
	if (ascii) {
		size_t column = rowsize * 2 + rowsize / groupsize + 1;

		while (pos < column)
			pos += snprintf(linebuf + pos, pos < linebuflen ? linebuflen - pos : 0, " ");
		for (size_t i = 0; i < n; i++)
			pos += snprintf(linebuf + pos, pos < linebuflen ? linebuflen - pos : 0, "%c",
					isascii(p[i]) && isprint(p[i]) ? p[i] : '.');
	}
	return pos;
}
EXPORT_SYMBOL(hex_dump_to_buffer);
