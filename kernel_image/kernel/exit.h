/* SPDX-License-Identifier: MIT */
#ifndef _KERNEL_EXIT_H
#define _KERNEL_EXIT_H
#include <linux/hardirq.h>
#include <linux/sched.h>
#include <trace/events/sched.h>
#include "tracehooks.h"
#endif
