/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_OOM_H
#define _LINUX_OOM_H
#include <linux/types.h>
struct oom_control { gfp_t gfp_mask; int order; };
bool out_of_memory(struct oom_control *oc);
#endif
