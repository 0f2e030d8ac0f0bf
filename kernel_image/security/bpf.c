// SPDX-License-Identifier: MIT
/*
 * The module whose hooks exist for programs to be attached to.  With none attached each is the call and its
 * default, as in 6.1; they are made from the list of hooks.
 */
#include <linux/fs.h>
#include <linux/lsm_hooks.h>

#define LSM_HOOK(RET, DEFAULT, NAME, ...) static noinline RET bpf_lsm_##NAME(__VA_ARGS__) { barrier(); return DEFAULT; }
#include <linux/lsm_hook_defs.h>
#undef LSM_HOOK

const struct lsm_info bpf_lsm = {
	.name = "bpf",
#define LSM_HOOK(RET, DEFAULT, NAME, ...) .NAME = bpf_lsm_##NAME,
#include <linux/lsm_hook_defs.h>
#undef LSM_HOOK
};
