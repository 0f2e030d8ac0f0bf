/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/uaccess.h>

/* Reads and writes that answer -EFAULT where nothing is mapped. */
long copy_from_kernel_nofault(void *dst, const void *src, size_t size)
{
	return raw_copy_user(dst, src, size) ? -EFAULT : 0;
}
EXPORT_SYMBOL(copy_from_kernel_nofault);

long copy_to_kernel_nofault(void *dst, const void *src, size_t size)
{
	return raw_copy_user(dst, src, size) ? -EFAULT : 0;
}
EXPORT_SYMBOL(copy_to_kernel_nofault);

long copy_from_user_nofault(void *dst, const void __user *src, size_t size)
{
	return copy_from_kernel_nofault(dst, src, size);
}
EXPORT_SYMBOL(copy_from_user_nofault);

/* The length with its zero, or count when it was cut. */
long strncpy_from_kernel_nofault(char *dst, const void *unsafe_addr, long count)
{
	const char *src = unsafe_addr;

	if (count <= 0)
		return count;
	for (long i = 0; i < count; i++) {
		char c;

		if (__get_user(c, src + i)) {
			dst[i] = 0;
			return -EFAULT;
		}
		dst[i] = c;
		if (!c)
			return i + 1;
	}
	dst[count - 1] = 0;
	return count;
}
EXPORT_SYMBOL(strncpy_from_kernel_nofault);

long strncpy_from_user_nofault(char *dst, const void __user *unsafe_addr, long count)
{
	return strncpy_from_kernel_nofault(dst, unsafe_addr, count);
}
EXPORT_SYMBOL(strncpy_from_user_nofault);
