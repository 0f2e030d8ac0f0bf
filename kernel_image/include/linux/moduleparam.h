/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_MODULEPARAM_H
#define _LINUX_MODULEPARAM_H
#include <linux/types.h>
#include <linux/compiler.h>

struct kernel_param;
struct kernel_param_ops {
	int (*set)(const char *val, const struct kernel_param *kp);
};
struct kernel_param {
	const char *name;
	const struct kernel_param_ops *ops;
	void *arg;
};

int param_set_int(const char *val, const struct kernel_param *kp);
int param_set_uint(const char *val, const struct kernel_param *kp);
int param_set_ulong(const char *val, const struct kernel_param *kp);
int param_set_bool(const char *val, const struct kernel_param *kp);
int param_set_copystring(const char *val, const struct kernel_param *kp);
extern const struct kernel_param_ops param_ops_int, param_ops_uint, param_ops_ulong, param_ops_bool, param_ops_string;

/* An array of characters, and its size. */
struct kparam_string { unsigned int maxlen; char *string; };
int parse_args(const char *doing, char *args, const struct kernel_param *params, unsigned int num);

#define module_param(name, type, perm) \
	static const struct kernel_param __param_##name __used __section("__param") __aligned(sizeof(void *)) = \
		{ #name, &param_ops_##type, &name }
#define module_param_string(name, array, len, perm) \
	static const struct kparam_string __param_string_##name = { len, array }; \
	static const struct kernel_param __param_##name __used __section("__param") __aligned(sizeof(void *)) = \
		{ #name, &param_ops_string, (void *)&__param_string_##name }
#define MODULE_PARM_DESC(name, desc)
#endif
