/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_LSM_HOOKS_H
#define _LINUX_LSM_HOOKS_H
#include <linux/security.h>

/* What a security module answers for; a hook it does not have is NULL. */
struct lsm_info {
	const char *name;
#define LSM_HOOK(RET, DEFAULT, NAME, ...) RET (*NAME)(__VA_ARGS__);
#include <linux/lsm_hook_defs.h>
#undef LSM_HOOK
};

extern const struct lsm_info capability_lsm, landlock_lsm, apparmor_lsm, tomoyo_lsm, bpf_lsm;
#endif
