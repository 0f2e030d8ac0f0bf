// SPDX-License-Identifier: MIT
#include <linux/binfmts.h>
#include <linux/pid.h>
#define CREATE_TRACE_POINTS
#include <trace/events/sched.h>
