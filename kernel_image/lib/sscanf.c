/* SPDX-License-Identifier: MIT */
#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>

/* %d %i %u %x %o %c %s %n; widths, '*', h hh l ll z. */
int vsscanf(const char *buf, const char *fmt, va_list args)
{
	int count = 0;
	const char *s = buf;

	while (*fmt) {
		bool skip, minus;
		int width = -1, qual = 0;
		unsigned int base = 10;
		char digits[24], *end;
		unsigned long long v;

		if (isspace(*fmt)) {
			fmt = skip_spaces(fmt);
			s = skip_spaces(s);
			continue;
		}
		if (*fmt != '%' || fmt[1] == '%') {
			fmt += *fmt == '%';
			if (*fmt++ != *s++)
				break;
			continue;
		}
		fmt++;
		skip = *fmt == '*';
		fmt += skip;
		if (isdigit(*fmt))
			for (width = 0; isdigit(*fmt); fmt++)
				width = width * 10 + *fmt - '0';
		for (; *fmt == 'h' || *fmt == 'l' || *fmt == 'z' || *fmt == 'L'; fmt++)
			qual += *fmt == 'h' ? -1 : *fmt == 'L' ? 2 : 1;
		if (*fmt == 'n') {
			*va_arg(args, int *) = s - buf;
			fmt++;
			continue;
		}
		if (!*s)
			break;
		if (*fmt == 'c') {
			char *p = skip ? NULL : va_arg(args, char *);

			for (width = width < 0 ? 1 : width; width && *s; width--, s++)
				if (p)
					*p++ = *s;
			count += !skip;
			fmt++;
			continue;
		}
		s = skip_spaces(s);
		if (*fmt == 's') {
			char *p = skip ? NULL : va_arg(args, char *);

			for (; *s && !isspace(*s) && width; s++, width--)
				if (p)
					*p++ = *s;
			if (p)
				*p = 0;
			count += !skip;
			fmt++;
			continue;
		}
		switch (*fmt++) {
		case 'x': case 'X':
			base = 16;
			break;
		case 'o':
			base = 8;
			break;
		case 'i':
			base = 0;
			break;
		case 'd': case 'u':
			break;
		default:
			return count;
		}
		minus = *s == '-';
		strscpy(digits, s + minus, min_t(size_t, sizeof(digits), width < 0 ? SIZE_MAX : width + 1u - minus));
		v = simple_strtoull(digits, &end, base);
		if (end == digits)
			break;
		s += minus + (end - digits);
		if (minus)
			v = -v;
		if (skip)
			continue;
		switch (qual) {
		case -2: *va_arg(args, u8 *) = v; break;
		case -1: *va_arg(args, u16 *) = v; break;
		case 0: *va_arg(args, u32 *) = v; break;
		case 1: *va_arg(args, unsigned long *) = v; break;
		default: *va_arg(args, u64 *) = v; break;
		}
		count++;
	}
	return count;
}
EXPORT_SYMBOL(vsscanf);

int sscanf(const char *buf, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsscanf(buf, fmt, args);
	va_end(args);
	return n;
}
EXPORT_SYMBOL(sscanf);
