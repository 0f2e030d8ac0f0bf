// SPDX-License-Identifier: MIT
/* Formatting put off: the arguments as they are, for whoever has the format to print them later. */
#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>

/* Where arguments go: pos counts on beyond end, as vbin_printf returns what it would have written. */
struct bin {
	char *pos, *end;
};

/* A value at a multiple of its size, but of 4 at the most. */
static void put(struct bin *b, const void *value, size_t size)
{
	b->pos = PTR_ALIGN(b->pos, size < sizeof(u32) ? size : sizeof(u32));
	if (b->pos + size <= b->end)
		memcpy(b->pos, value, size);
	b->pos += size;
}

static void put_string(struct bin *b, const char *s, int precision)
{
	size_t len;

	if ((unsigned long)s < 4096)
		s = s ? "(efault)" : "(null)";
	len = strnlen(s, precision < 0 ? INT_MAX : precision);
	if (b->pos + len < b->end) {
		memcpy(b->pos, s, len);
		b->pos[len] = 0;
	}
	b->pos += len + 1;
}

/* Behind a % of fmt: flags, width and precision, of which a * takes an argument; the precision, -1 for none. */
static const char *skip_numbers(const char *fmt, struct bin *b, va_list *args, int *precision)
{
	*precision = -1;
	while (*fmt && strchr("-+ #0", *fmt))
		fmt++;
	for (int part = 0; part < 2; part++) {
		int v = 0;

		if (*fmt == '*') {
			v = va_arg(*args, int);
			put(b, &v, sizeof(v));
			fmt++;
		} else {
			while (isdigit(*fmt))
				v = v * 10 + *fmt++ - '0';
		}
		if (part)
			*precision = v;
		else if (*fmt++ != '.')
			return fmt - 1;
	}
	return fmt;
}

/* Returns the number of words that the arguments take (size: how many there is room for). */
int vbin_printf(u32 *bin_buf, size_t size, const char *fmt, va_list ap)
{
	struct bin b = { (char *)bin_buf, (char *)(bin_buf + size) };
	va_list args;

	va_copy(args, ap);
	while ((fmt = strchr(fmt, '%'))) {
		int precision, qual = 0;

		fmt = skip_numbers(fmt + 1, &b, &args, &precision);
		for (; *fmt && strchr("lhztLj", *fmt); fmt++)
			qual = *fmt == 'h' ? qual - 1 : *fmt == 'l' ? qual + 1 : *fmt == 'L' || *fmt == 'j' ? 2 : 1;
		if (*fmt == 's') {
			put_string(&b, va_arg(args, const char *), precision);
		} else if (*fmt == 'p') {
			void *p = va_arg(args, void *);

			put(&b, &p, sizeof(p));
		} else if (*fmt && strchr("diouxXc", *fmt)) {
			if (qual == 2 || (qual == 1 && sizeof(long) == 8)) {
				u64 v = va_arg(args, u64);

				put(&b, &v, sizeof(v));
			} else {
				int v = va_arg(args, int);

				put(&b, &v, *fmt == 'c' || qual == -2 ? 1 : qual == -1 ? 2 : 4);
			}
		} else if (*fmt != '%') {
			break;		/* not understood: the arguments are lost */
		}
		if (*fmt)
			fmt++;
	}
	va_end(args);
	return (PTR_ALIGN(b.pos, sizeof(u32)) - (char *)bin_buf) / sizeof(u32);
}
EXPORT_SYMBOL(vbin_printf);
