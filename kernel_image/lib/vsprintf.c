/* SPDX-License-Identifier: MIT */
#include <linux/bitmap.h>
#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

enum { LEFT = 1, PLUS = 2, SPACE = 4, ALT = 8, ZERO = 16, UPPER = 32, SIGNED = 64 };

struct spec {
	unsigned int flags, base;
	int width, precision;		/* -1: not given */
};

/* Where output goes: pos counts on beyond size, as snprintf must return what it would have written. */
struct out {
	char *buf;
	size_t pos, size;
};

static void put(struct out *o, char c)
{
	if (o->pos < o->size)
		o->buf[o->pos] = c;
	o->pos++;
}

static void pad(struct out *o, int n, char c)
{
	while (n-- > 0)
		put(o, c);
}

static void number(struct out *o, unsigned long long v, struct spec s)
{
	const char *digits = s.flags & UPPER ? "0123456789ABCDEF" : "0123456789abcdef";
	char tmp[66], sign = 0;
	const char *prefix = "";
	int n = 0, zeros, fill;

	if (s.flags & SIGNED) {
		if ((long long)v < 0) {
			sign = '-';
			v = -v;
		} else if (s.flags & PLUS) {
			sign = '+';
		} else if (s.flags & SPACE) {
			sign = ' ';
		}
	}
	if (s.flags & ALT)
		prefix = s.base == 16 ? s.flags & UPPER ? "0X" : "0x" : s.base == 8 && v ? "0" : "";
	if (s.base == 16)
		do
			tmp[n++] = digits[v & 15];
		while (v >>= 4);
	else
		do {
			unsigned long long q = v >> 32 ? v / s.base : (u32)v / s.base;

			tmp[n++] = digits[v - q * s.base];
			v = q;
		} while (v);
	zeros = s.precision - n;
	fill = s.width - n - max(zeros, 0) - (sign != 0) - (int)strlen(prefix);
	if (s.precision < 0 && (s.flags & ZERO) && !(s.flags & LEFT)) {
		zeros = max(fill, 0);
		fill = 0;
	}
	if (!(s.flags & LEFT))
		pad(o, fill, ' ');
	if (sign)
		put(o, sign);
	while (*prefix)
		put(o, *prefix++);
	pad(o, zeros, '0');
	while (n)
		put(o, tmp[--n]);
	if (s.flags & LEFT)
		pad(o, fill, ' ');
}

static void string(struct out *o, const char *p, struct spec s)
{
	int len;

	if ((unsigned long)p < 4096)
		p = p ? "(efault)" : "(null)";
	len = strnlen(p, s.precision < 0 ? INT_MAX : s.precision);
	if (!(s.flags & LEFT))
		pad(o, s.width - len, ' ');
	for (int i = 0; i < len; i++)
		put(o, p[i]);
	if (s.flags & LEFT)
		pad(o, s.width - len, ' ');
}

/* The host knows the names; a build with its own symbol table overrides this. */
__weak int sprint_symbol(char *buf, unsigned long address)
{
	return sprintf(buf, "0x%lx", address);
}

static void hex_address(struct out *o, unsigned long v, struct spec s)
{
	s.base = 16;
	if (s.width < 0) {
		s.width = 2 * sizeof(v);
		s.flags |= ZERO;
	}
	number(o, v, s);
}

static void bitmap_list(struct out *o, const unsigned long *map, int nbits)
{
	const struct spec dec = { 0, 10, -1, -1 };
	unsigned long lo, hi;

	for (lo = find_first_bit(map, nbits); lo < nbits; lo = find_next_bit(map, nbits, hi)) {
		hi = find_next_zero_bit(map, nbits, lo);
		if (lo != find_first_bit(map, nbits))
			put(o, ',');
		number(o, lo, dec);
		if (hi - lo > 1) {
			put(o, '-');
			number(o, hi - 1, dec);
		}
	}
}

static void hex_bytes(struct out *o, const u8 *p, int n, char sep)
{
	for (int i = 0; i < n; i++) {
		if (i && sep)
			put(o, sep);
		put(o, hex_asc_hi(p[i]));
		put(o, hex_asc_lo(p[i]));
	}
}

/* Returns how many letters after the p it used. */
static int pointer(struct out *o, const char *fmt, const void *p, struct spec s)
{
	char sym[192];

	switch (*fmt) {
	case 'S': case 's': case 'B': case 'F': case 'f':
		sprint_symbol(sym, (unsigned long)p);
		if (*fmt == 's' || *fmt == 'f')
			*strchrnul(sym, '+') = 0;
		string(o, sym, s);
		return 1;
	case 'x': case 'K':
		hex_address(o, (unsigned long)p, s);
		return 1;
	case 'e':
		put(o, '-');
		number(o, -(long)p, (struct spec){ 0, 10, -1, -1 });
		return 1;
	case 'h':
		hex_bytes(o, p, s.width < 0 ? 1 : min(s.width, 64),
			  fmt[1] == 'C' ? ':' : fmt[1] == 'D' ? '-' : fmt[1] == 'N' ? 0 : ' ');
		return 1 + (fmt[1] == 'C' || fmt[1] == 'D' || fmt[1] == 'N');
	case 'b':
		if (fmt[1] == 'l') {
			bitmap_list(o, p, s.width);
			return 2;
		}
		hex_address(o, *(const unsigned long *)p, (struct spec){ 0, 16, (s.width + 3) / 4, -1 });
		return 1;
	case 'V': {
		const struct va_format { const char *fmt; va_list *va; } *vaf = p;
		va_list va;

		va_copy(va, *vaf->va);
		o->pos += vsnprintf(o->buf + min(o->pos, o->size), o->pos < o->size ? o->size - o->pos : 0, vaf->fmt, va);
		va_end(va);
		return 1;
	}
	}
	/* Plain %p gives an identity, not an address. */
	hex_address(o, p ? hash_64((unsigned long)p * 0x9e3779b97f4a7c15ull + 0x5bd1e995, 32) : 0, s);
	return 0;
}

static const char *parse_number(const char *fmt, int *v)
{
	for (*v = 0; isdigit(*fmt); fmt++)
		*v = *v * 10 + *fmt - '0';
	return fmt;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { buf, 0, size };

	for (; *fmt; fmt++) {
		struct spec s = { 0, 10, -1, -1 };
		unsigned long long v;
		int qual = 0;

		if (*fmt != '%') {
			put(&o, *fmt);
			continue;
		}
		for (fmt++;; fmt++) {
			unsigned int f = *fmt == '-' ? LEFT : *fmt == '+' ? PLUS : *fmt == ' ' ? SPACE :
					 *fmt == '#' ? ALT : *fmt == '0' ? ZERO : 0;
			if (!f)
				break;
			s.flags |= f;
		}
		if (isdigit(*fmt)) {
			fmt = parse_number(fmt, &s.width);
		} else if (*fmt == '*') {
			fmt++;
			s.width = va_arg(args, int);
			if (s.width < 0) {
				s.width = -s.width;
				s.flags |= LEFT;
			}
		}
		if (*fmt == '.') {
			if (*++fmt == '*') {
				fmt++;
				s.precision = va_arg(args, int);
			} else {
				fmt = parse_number(fmt, &s.precision);
			}
		}
		for (; *fmt == 'l' || *fmt == 'h' || *fmt == 'z' || *fmt == 't' || *fmt == 'L' || *fmt == 'j'; fmt++)
			qual = *fmt == 'h' ? qual - 1 : *fmt == 'l' ? qual + 1 : *fmt == 'L' || *fmt == 'j' ? 2 : 1;
		switch (*fmt) {
		case '%':
			put(&o, '%');
			continue;
		case 'c': {
			unsigned char c = va_arg(args, int);

			if (!(s.flags & LEFT))
				pad(&o, s.width - 1, ' ');
			put(&o, c);
			if (s.flags & LEFT)
				pad(&o, s.width - 1, ' ');
			continue;
		}
		case 's':
			string(&o, va_arg(args, const char *), s);
			continue;
		case 'p':
			fmt += pointer(&o, fmt + 1, va_arg(args, void *), s);
			continue;
		case 'd': case 'i':
			s.flags |= SIGNED;
			break;
		case 'u':
			break;
		case 'X':
			s.flags |= UPPER;
			s.base = 16;
			break;
		case 'x':
			s.base = 16;
			break;
		case 'o':
			s.base = 8;
			break;
		case 0:
			goto out;
		default:		/* not understood: show it and stop, since the arguments are lost */
			put(&o, '%');
			put(&o, *fmt);
			goto out;
		}
		if (qual >= 2)
			v = va_arg(args, long long);
		else if (qual == 1)
			v = s.flags & SIGNED ? (unsigned long long)va_arg(args, long) : va_arg(args, unsigned long);
		else {
			int i = va_arg(args, int);

			if (s.flags & SIGNED)
				v = qual == -2 ? (signed char)i : qual == -1 ? (short)i : i;
			else
				v = qual == -2 ? (unsigned char)i : qual == -1 ? (unsigned short)i : (unsigned int)i;
		}
		number(&o, v, s);
	}
out:
	if (size)
		buf[min(o.pos, size - 1)] = 0;
	return o.pos;
}
EXPORT_SYMBOL(vsnprintf);

int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	size_t n = vsnprintf(buf, size, fmt, args);

	return n < size ? n : size ? size - 1 : 0;
}
EXPORT_SYMBOL(vscnprintf);

int vsprintf(char *buf, const char *fmt, va_list args)
{
	return vsnprintf(buf, INT_MAX, fmt, args);
}
EXPORT_SYMBOL(vsprintf);

#define VARIADIC(call) ({ va_list args; int n; va_start(args, fmt); n = call; va_end(args); n; })

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	return VARIADIC(vsnprintf(buf, size, fmt, args));
}
EXPORT_SYMBOL(snprintf);

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	return VARIADIC(vscnprintf(buf, size, fmt, args));
}
EXPORT_SYMBOL(scnprintf);

int sprintf(char *buf, const char *fmt, ...)
{
	return VARIADIC(vsprintf(buf, fmt, args));
}
EXPORT_SYMBOL(sprintf);
