// SPDX-License-Identifier: MIT
/* Parameters of modules: "name=value name2 name3=\"with blanks\"". */
#include <linux/moduleparam.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/string.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/export.h>

int param_set_int(const char *val, const struct kernel_param *kp) { return val ? kstrtoint(val, 0, kp->arg) : -EINVAL; }
int param_set_uint(const char *val, const struct kernel_param *kp) { return val ? kstrtouint(val, 0, kp->arg) : -EINVAL; }
int param_set_ulong(const char *val, const struct kernel_param *kp) { return val ? kstrtoul(val, 0, kp->arg) : -EINVAL; }

int param_set_copystring(const char *val, const struct kernel_param *kp)
{
	const struct kparam_string *kps = kp->arg;

	if (!val)
		return -EINVAL;
	if (strlen(val) + 1 > kps->maxlen)
		return -ENOSPC;
	strcpy(kps->string, val);
	return 0;
}

/* Without a value it is turned on. */
int param_set_bool(const char *val, const struct kernel_param *kp) { return kstrtobool(val ? val : "1", kp->arg); }

const struct kernel_param_ops param_ops_int = { param_set_int };
const struct kernel_param_ops param_ops_uint = { param_set_uint };
const struct kernel_param_ops param_ops_ulong = { param_set_ulong };
const struct kernel_param_ops param_ops_bool = { param_set_bool };
const struct kernel_param_ops param_ops_string = { param_set_copystring };
EXPORT_SYMBOL(param_ops_int);
EXPORT_SYMBOL(param_ops_uint);
EXPORT_SYMBOL(param_ops_ulong);
EXPORT_SYMBOL(param_ops_bool);
EXPORT_SYMBOL(param_ops_string);

/* Cuts the next word off; blanks inside quotes do not end it. */
static char *next_arg(char *args, char **param, char **val)
{
	bool quoted = false;
	char *p = args;

	*param = args;
	*val = NULL;
	for (; *p && (quoted || !isspace(*p)); p++) {
		if (*p == '=' && !*val) {
			*p = 0;
			*val = p + 1;
		}
		if (*p == '"') {
			quoted = !quoted;
			if (*val == p)
				*val = p + 1;
			else if (!quoted)
				*p = 0;
		}
	}
	if (*p)
		*p++ = 0;
	return skip_spaces(p);
}

/* '-' and '_' are the same in a name. */
static bool parameq(const char *a, const char *b)
{
	for (; *a || *b; a++, b++)
		if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
			return false;
	return true;
}

static noinline int parse_one(const char *doing, char *param, char *val, const struct kernel_param *params, unsigned int num)
{
	unsigned int i;

	for (i = 0; i < num; i++)
		if (parameq(param, params[i].name))
			return params[i].ops->set(val, &params[i]);
	pr_warn("%s: unknown parameter '%s' ignored\n", doing, param);
	return 0;
}

int parse_args(const char *doing, char *args, const struct kernel_param *params, unsigned int num)
{
	char *param, *val;
	int ret;

	if (!args)
		return 0;
	args = skip_spaces(args);
	while (*args) {
		args = next_arg(args, &param, &val);
		ret = parse_one(doing, param, val, params, num);
		if (ret) {
			pr_err("%s: `%s' invalid for parameter `%s'\n", doing, val ? val : "", param);
			return ret;
		}
	}
	return 0;
}
