/* SPDX-License-Identifier: MIT */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/string.h>

#undef memcpy
#undef memmove
#undef memset

/* gcc would recognise the loops below and call the very functions they implement. */
#define no_idiom __attribute__((optimize("no-tree-loop-distribute-patterns")))

typedef unsigned long __attribute__((may_alias, aligned(1))) word;
#define W sizeof(word)

no_idiom void *memcpy(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src;

	for (; n >= 4 * W; n -= 4 * W, d += 4 * W, s += 4 * W) {
		word a = ((word *)s)[0], b = ((word *)s)[1], c = ((word *)s)[2], e = ((word *)s)[3];

		((word *)d)[0] = a;
		((word *)d)[1] = b;
		((word *)d)[2] = c;
		((word *)d)[3] = e;
	}
	for (; n >= W; n -= W, d += W, s += W)
		*(word *)d = *(word *)s;
	while (n--)
		*d++ = *s++;
	return dst;
}
EXPORT_SYMBOL(memcpy);

no_idiom void *memmove(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src;

	if (d <= s || d >= s + n) {
		for (; n >= W; n -= W, d += W, s += W)
			*(word *)d = *(word *)s;
		while (n--)
			*d++ = *s++;
		return dst;
	}
	for (d += n, s += n; n >= W; n -= W) {
		d -= W, s -= W;
		*(word *)d = *(word *)s;
	}
	while (n--)
		*--d = *--s;
	return dst;
}
EXPORT_SYMBOL(memmove);

no_idiom void *memset(void *s, int c, size_t n)
{
	char *d = s;
	word w = ~0ul / 0xff * (unsigned char)c;

	for (; n >= 4 * W; n -= 4 * W, d += 4 * W)
		((word *)d)[0] = ((word *)d)[1] = ((word *)d)[2] = ((word *)d)[3] = w;
	while (n--)
		*d++ = c;
	return s;
}
EXPORT_SYMBOL(memset);

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (; n >= W && *(const word *)p == *(const word *)q; n -= W)
		p += W, q += W;
	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}
EXPORT_SYMBOL(memcmp);

int bcmp(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n);
}
EXPORT_SYMBOL(bcmp);

void *memchr(const void *s, int c, size_t n)
{
	for (const unsigned char *p = s; n--; p++)
		if (*p == (unsigned char)c)
			return (void *)p;
	return NULL;
}
EXPORT_SYMBOL(memchr);

void *memchr_inv(const void *s, int c, size_t n)
{
	for (const unsigned char *p = s; n--; p++)
		if (*p != (unsigned char)c)
			return (void *)p;
	return NULL;
}
EXPORT_SYMBOL(memchr_inv);

void *memscan(void *addr, int c, size_t size)
{
	unsigned char *p = addr;

	while (size && *p != (unsigned char)c)
		p++, size--;
	return p;
}
EXPORT_SYMBOL(memscan);

no_idiom size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return p - s;
}
EXPORT_SYMBOL(strlen);

no_idiom size_t strnlen(const char *s, size_t n)
{
	const char *p = s;

	while (n-- && *p)
		p++;
	return p - s;
}
EXPORT_SYMBOL(strnlen);

char *strcpy(char *dst, const char *src)
{
	char *d = dst;

	while ((*d++ = *src++))
		;
	return dst;
}
EXPORT_SYMBOL(strcpy);

no_idiom char *strncpy(char *dst, const char *src, size_t n)
{
	for (char *d = dst; n--; d++)
		if ((*d = *src))
			src++;
	return dst;
}
EXPORT_SYMBOL(strncpy);

size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src), n = len < size ? len : size - 1;

	if (size) {
		memcpy(dst, src, n);
		dst[n] = 0;
	}
	return len;
}
EXPORT_SYMBOL(strlcpy);

ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t i;

	if (!size || size > INT_MAX)
		return -E2BIG;
	for (i = 0; i < size; i++)
		if (!(dst[i] = src[i]))
			return i;
	dst[size - 1] = 0;
	return -E2BIG;
}
EXPORT_SYMBOL(strscpy);

ssize_t strscpy_pad(char *dst, const char *src, size_t size)
{
	ssize_t n = strscpy(dst, src, size);

	if (n >= 0)
		memset(dst + n, 0, size - n);
	return n;
}
EXPORT_SYMBOL(strscpy_pad);

char *strcat(char *dst, const char *src)
{
	strcpy(dst + strlen(dst), src);
	return dst;
}
EXPORT_SYMBOL(strcat);

char *strncat(char *dst, const char *src, size_t n)
{
	char *d = dst + strlen(dst);

	while (n-- && *src)
		*d++ = *src++;
	*d = 0;
	return dst;
}
EXPORT_SYMBOL(strncat);

size_t strlcat(char *dst, const char *src, size_t size)
{
	size_t used = strnlen(dst, size);

	return used + (used == size ? strlen(src) : strlcpy(dst + used, src, size - used));
}
EXPORT_SYMBOL(strlcat);

int strcmp(const char *a, const char *b)
{
	for (; *a == *b; a++, b++)
		if (!*a)
			return 0;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}
EXPORT_SYMBOL(strcmp);

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		if (!*a)
			break;
	}
	return 0;
}
EXPORT_SYMBOL(strncmp);

int strncasecmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		int d = tolower((unsigned char)*a) - tolower((unsigned char)*b);

		if (d || !*a)
			return d;
	}
	return 0;
}
EXPORT_SYMBOL(strncasecmp);

int strcasecmp(const char *a, const char *b)
{
	return strncasecmp(a, b, SIZE_MAX);
}
EXPORT_SYMBOL(strcasecmp);

char *strchrnul(const char *s, int c)
{
	while (*s && *s != (char)c)
		s++;
	return (char *)s;
}
EXPORT_SYMBOL(strchrnul);

char *strchr(const char *s, int c)
{
	s = strchrnul(s, c);
	return *s == (char)c ? (char *)s : NULL;
}
EXPORT_SYMBOL(strchr);

char *strnchr(const char *s, size_t n, int c)
{
	for (; n--; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			break;
	}
	return NULL;
}
EXPORT_SYMBOL(strnchr);

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do
		if (*s == (char)c)
			last = s;
	while (*s++);
	return (char *)last;
}
EXPORT_SYMBOL(strrchr);

char *strnstr(const char *s1, const char *s2, size_t len)
{
	size_t n = strlen(s2);

	if (!n)
		return (char *)s1;
	for (; len >= n; len--, s1++)
		if (!memcmp(s1, s2, n))
			return (char *)s1;
	return NULL;
}
EXPORT_SYMBOL(strnstr);

char *strstr(const char *s1, const char *s2)
{
	return strnstr(s1, s2, strlen(s1));
}
EXPORT_SYMBOL(strstr);

char *skip_spaces(const char *s)
{
	while (isspace(*s))
		s++;
	return (char *)s;
}
EXPORT_SYMBOL(skip_spaces);

char *strim(char *s)
{
	char *end = s + strlen(s);

	while (end > s && isspace(end[-1]))
		end--;
	*end = 0;
	return skip_spaces(s);
}
EXPORT_SYMBOL(strim);

size_t strspn(const char *s, const char *accept)
{
	const char *p = s;

	while (*p && strchr(accept, *p))
		p++;
	return p - s;
}
EXPORT_SYMBOL(strspn);

size_t strcspn(const char *s, const char *reject)
{
	const char *p = s;

	while (*p && !strchr(reject, *p))
		p++;
	return p - s;
}
EXPORT_SYMBOL(strcspn);

char *strpbrk(const char *s, const char *accept)
{
	s += strcspn(s, accept);
	return *s ? (char *)s : NULL;
}
EXPORT_SYMBOL(strpbrk);

char *strsep(char **s, const char *delim)
{
	char *start = *s, *end;

	if (!start)
		return NULL;
	end = strpbrk(start, delim);
	if (end)
		*end++ = 0;
	*s = end;
	return start;
}
EXPORT_SYMBOL(strsep);

char *strreplace(char *s, char old, char new)
{
	for (; *s; s++)
		if (*s == old)
			*s = new;
	return s;
}
EXPORT_SYMBOL(strreplace);

int match_string(const char * const *array, size_t n, const char *string)
{
	for (size_t i = 0; i < n && array[i]; i++)
		if (!strcmp(array[i], string))
			return i;
	return -EINVAL;
}
EXPORT_SYMBOL(match_string);

/* Equal, but for one newline at the end of either. */
bool sysfs_streq(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	if (*a == '\n' && !a[1])
		a++;
	if (*b == '\n' && !b[1])
		b++;
	return !*a && !*b;
}
EXPORT_SYMBOL(sysfs_streq);
