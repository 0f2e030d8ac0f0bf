/* SPDX-License-Identifier: MIT */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

extern const char __start_rodata[], __end_rodata[];

static bool is_kernel_rodata(const void *p)
{
	return (const char *)p >= __start_rodata && (const char *)p < __end_rodata;
}

void kfree_const(const void *x)
{
	if (!is_kernel_rodata(x))
		kfree(x);
}
EXPORT_SYMBOL(kfree_const);

char *kmemdup_nul(const char *s, size_t len, gfp_t gfp)
{
	char *buf = s ? __kmalloc_track_caller(len + 1, gfp) : NULL;

	if (buf) {
		memcpy(buf, s, len);
		buf[len] = 0;
	}
	return buf;
}
EXPORT_SYMBOL(kmemdup_nul);

char *kstrdup(const char *s, gfp_t gfp)
{
	size_t len = s ? strlen(s) + 1 : 0;
	char *buf = s ? __kmalloc_track_caller(len, gfp) : NULL;

	if (buf)
		memcpy(buf, s, len);
	return buf;
}
EXPORT_SYMBOL(kstrdup);

const char *kstrdup_const(const char *s, gfp_t gfp)
{
	return is_kernel_rodata(s) ? s : kstrdup(s, gfp);
}
EXPORT_SYMBOL(kstrdup_const);

char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
	return s ? kmemdup_nul(s, strnlen(s, max), gfp) : NULL;
}
EXPORT_SYMBOL(kstrndup);

void *kmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *p = __kmalloc_track_caller(len, gfp);

	if (p)
		memcpy(p, src, len);
	return p;
}
EXPORT_SYMBOL(kmemdup);

static void *dup_user(const void __user *src, size_t len, size_t room)
{
	void *p = __kmalloc_track_caller(room, GFP_USER);

	if (!p)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(p, src, len)) {
		kfree(p);
		return ERR_PTR(-EFAULT);
	}
	return p;
}

void *memdup_user(const void __user *src, size_t len)
{
	return dup_user(src, len, len);
}
EXPORT_SYMBOL(memdup_user);

void *memdup_user_nul(const void __user *src, size_t len)
{
	char *p = dup_user(src, len, len + 1);

	if (!IS_ERR(p))
		p[len] = 0;
	return p;
}
EXPORT_SYMBOL(memdup_user_nul);

char *strndup_user(const char __user *s, long n)
{
	long length = strnlen_user(s, n);
	char *p;

	if (!length)
		return ERR_PTR(-EFAULT);
	if (length > n)
		return ERR_PTR(-EINVAL);
	p = memdup_user(s, length);
	if (!IS_ERR(p))
		p[length - 1] = 0;
	return p;
}
EXPORT_SYMBOL(strndup_user);

void *kvmalloc(size_t size, gfp_t flags)
{
	void *p = kmalloc(size, size > PAGE_SIZE ? flags | __GFP_NOWARN | __GFP_NORETRY : flags);

	return p || size <= PAGE_SIZE ? p : __vmalloc(size, flags);
}
EXPORT_SYMBOL(kvmalloc);

void *kvzalloc(size_t size, gfp_t flags)
{
	return kvmalloc(size, flags | __GFP_ZERO);
}
EXPORT_SYMBOL(kvzalloc);

void *kvmalloc_array(size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : kvmalloc(bytes, flags);
}
EXPORT_SYMBOL(kvmalloc_array);

void *kvcalloc(size_t n, size_t size, gfp_t flags)
{
	return kvmalloc_array(n, size, flags | __GFP_ZERO);
}
EXPORT_SYMBOL(kvcalloc);

void kvfree(const void *addr)
{
	if (is_vmalloc_addr(addr))
		vfree(addr);
	else
		kfree(addr);
}
EXPORT_SYMBOL(kvfree);
