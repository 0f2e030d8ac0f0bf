// SPDX-License-Identifier: MIT
#include <linux/string.h>
#define CREATE_TRACE_POINTS
#include <trace/events/workqueue.h>
