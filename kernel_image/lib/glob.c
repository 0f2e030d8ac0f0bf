/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/glob.h>

/* *p stands after '['; moves it behind the class and says whether c is in it, or -1: no closing bracket. */
static int in_class(const char **p, unsigned char c)
{
	const char *s = *p;
	bool invert = *s == '!', match = false;

	s += invert;
	do {
		unsigned char lo = *s++, hi = lo;

		if (!lo)
			return -1;
		if (s[0] == '-' && s[1] != ']') {
			hi = s[1];
			if (!hi)
				return -1;
			s += 2;
		}
		match |= lo <= c && c <= hi;
	} while (*s != ']');
	*p = s + 1;
	return match != invert;
}

bool glob_match(const char *pat, const char *str)
{
	const char *back_pat = 0, *back_str = 0;	/* where the last * can take one more character */

	for (;;) {
		unsigned char c = *str++, d = *pat++;
		bool same;

		if (d == '*') {
			if (!*pat)
				return true;
			back_pat = pat;
			back_str = --str;
			continue;
		}
		if (d == '?') {
			same = c != 0;
		} else if (d == '[') {
			const char *cls = pat;
			int in = c ? in_class(&cls, c) : 0;

			if (in < 0) {
				same = c == d;
			} else {
				same = in;
				pat = cls;
			}
		} else {
			if (d == '\\')
				d = *pat++;
			same = c == d;
			if (same && !d)
				return true;
		}
		if (same)
			continue;
		if (!c || !back_pat)
			return false;
		pat = back_pat;
		str = ++back_str;
	}
}
EXPORT_SYMBOL(glob_match);
