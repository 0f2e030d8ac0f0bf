/* SPDX-License-Identifier: MIT */
#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>

static int digit(char c, unsigned int base)
{
	int d = isdigit(c) ? c - '0' : isalpha(c) && isascii(c) ? tolower(c) - 'a' + 10 : 99;

	return d < (int)base ? d : -1;
}

/* Base 0: what the prefix says; base 16 skips one. */
static const char *fixup_radix(const char *s, unsigned int *base)
{
	bool hex = s[0] == '0' && _tolower(s[1]) == 'x';

	if (*base == 0)
		*base = hex && isxdigit(s[2]) ? 16 : s[0] == '0' ? 8 : 10;
	return *base == 16 && hex ? s + 2 : s;
}

int kstrtoull(const char *s, unsigned int base, unsigned long long *res)
{
	unsigned long long v = 0;
	const char *start;

	if (*s == '+')
		s++;
	s = start = fixup_radix(s, &base);
	for (int d; (d = digit(*s, base)) >= 0; s++)
		if (__builtin_mul_overflow(v, (unsigned long long)base, &v) ||
		    __builtin_add_overflow(v, (unsigned long long)d, &v))
			return -ERANGE;
	if (s == start)
		return -EINVAL;
	if (*s == '\n')
		s++;
	if (*s)
		return -EINVAL;
	*res = v;
	return 0;
}
EXPORT_SYMBOL(kstrtoull);

int kstrtoll(const char *s, unsigned int base, long long *res)
{
	bool minus = *s == '-';
	unsigned long long v;
	int err = kstrtoull(s + minus, base, &v);

	if (minus && s[1] == '+')
		return -EINVAL;
	if (err)
		return err;
	if (v > (unsigned long long)LLONG_MAX + minus)
		return -ERANGE;
	*res = minus ? -v : v;
	return 0;
}
EXPORT_SYMBOL(kstrtoll);

#define NARROW(name, type, wide, wide_t)				\
int name(const char *s, unsigned int base, type *res)			\
{									\
	wide_t v;							\
	int err = wide(s, base, &v);					\
									\
	if (err)							\
		return err;						\
	if (v != (wide_t)(type)v)					\
		return -ERANGE;						\
	*res = v;							\
	return 0;							\
}									\
EXPORT_SYMBOL(name);
NARROW(kstrtoul, unsigned long, kstrtoull, unsigned long long)
NARROW(kstrtol, long, kstrtoll, long long)
NARROW(kstrtouint, unsigned int, kstrtoull, unsigned long long)
NARROW(kstrtoint, int, kstrtoll, long long)
NARROW(kstrtou16, u16, kstrtoull, unsigned long long)
NARROW(kstrtou8, u8, kstrtoull, unsigned long long)

int kstrtobool(const char *s, bool *res)
{
	if (!s)
		return -EINVAL;
	switch (_tolower(s[0])) {
	case 'y': case 't': case '1':
		*res = true;
		return 0;
	case 'n': case 'f': case '0':
		*res = false;
		return 0;
	case 'o':
		if (_tolower(s[1]) == 'n' || _tolower(s[1]) == 'f') {
			*res = _tolower(s[1]) == 'n';
			return 0;
		}
	}
	return -EINVAL;
}
EXPORT_SYMBOL(kstrtobool);

unsigned long long simple_strtoull(const char *cp, char **endp, unsigned int base)
{
	unsigned long long v = 0;

	cp = fixup_radix(cp, &base);
	for (int d; (d = digit(*cp, base)) >= 0; cp++)
		v = v * base + d;
	if (endp)
		*endp = (char *)cp;
	return v;
}
EXPORT_SYMBOL(simple_strtoull);

unsigned long simple_strtoul(const char *cp, char **endp, unsigned int base)
{
	return simple_strtoull(cp, endp, base);
}
EXPORT_SYMBOL(simple_strtoul);

long long simple_strtoll(const char *cp, char **endp, unsigned int base)
{
	return *cp == '-' ? -simple_strtoull(cp + 1, endp, base) : simple_strtoull(cp, endp, base);
}
EXPORT_SYMBOL(simple_strtoll);

long simple_strtol(const char *cp, char **endp, unsigned int base)
{
	return simple_strtoll(cp, endp, base);
}
EXPORT_SYMBOL(simple_strtol);
