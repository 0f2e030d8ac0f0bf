/* SPDX-License-Identifier: MIT */
#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/string_helpers.h>

/* Three significant digits, as "1.50 KiB". */
int string_get_size(u64 size, u64 blk_size, const enum string_size_units units, char *buf, int len)
{
	static const char *const names[2][7] = {
		{ "B", "kB", "MB", "GB", "TB", "PB", "EB" },
		{ "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" },
	};
	unsigned int divisor = units == STRING_UNITS_10 ? 1000 : 1024, i = 0;
	u64 rem = 0, frac;

	size *= blk_size;
	for (; size >= divisor; i++) {
		rem = size % divisor;
		size /= divisor;
	}
	if (!i || size >= 100) {
		size += i && rem * 2 >= divisor;
		return snprintf(buf, len, "%llu %s", size, names[units][i]);
	}
	frac = (rem * 1000 / divisor + (size < 10 ? 5 : 50)) / (size < 10 ? 10 : 100);
	if (frac >= (size < 10 ? 100 : 10)) {
		frac = 0;
		size++;
	}
	return snprintf(buf, len, size < 10 ? "%llu.%02llu %s" : "%llu.%llu %s", size, frac, names[units][i]);
}
EXPORT_SYMBOL(string_get_size);

/* \n \r \t \v \f \a \e \\ \ooo \xHH; returns the length. */
int string_unescape(char *src, char *dst, size_t size, unsigned int flags)
{
	static const char from[] = "nrtvfae\\\"", to[] = "\n\r\t\v\f\a\033\\\"";
	char *out = dst;

	(void)flags;
	if (!size)
		size = SIZE_MAX;
	while (*src && --size) {
		const char *f;

		if (*src != '\\' || !src[1]) {
			*out++ = *src++;
			continue;
		}
		f = strchr(from, src[1]);
		if (f && *f) {
			*out++ = to[f - from];
			src += 2;
		} else if (src[1] >= '0' && src[1] <= '7') {
			int v = 0;

			src++;
			for (int n = 0; n < 3 && *src >= '0' && *src <= '7'; n++)
				v = v * 8 + *src++ - '0';
			*out++ = v;
		} else if (src[1] == 'x' && hex_to_bin(src[2]) >= 0) {
			int v = hex_to_bin(src[2]);

			src += 3;
			if (hex_to_bin(*src) >= 0)
				v = v * 16 + hex_to_bin(*src++);
			*out++ = v;
		} else {
			*out++ = *src++;
		}
	}
	*out = 0;
	return out - dst;
}
EXPORT_SYMBOL(string_unescape);

char *kstrdup_quotable(const char *src, gfp_t gfp)
{
	char *dst = src ? kmalloc(4 * strlen(src) + 1, gfp) : NULL, *d = dst;

	if (!dst)
		return NULL;
	for (; *src; src++) {
		if (isprint(*src) && isascii(*src) && *src != '"' && *src != '\\')
			*d++ = *src;
		else
			d += sprintf(d, "\\x%02x", (unsigned char)*src);
	}
	*d = 0;
	return dst;
}
EXPORT_SYMBOL(kstrdup_quotable);
