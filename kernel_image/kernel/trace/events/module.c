// SPDX-License-Identifier: MIT
#include <linux/atomic.h>
#define CREATE_TRACE_POINTS
#include <trace/events/module.h>
