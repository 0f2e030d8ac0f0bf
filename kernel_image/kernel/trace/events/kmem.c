// SPDX-License-Identifier: MIT
#include "../../../mm/slab.h"
#define CREATE_TRACE_POINTS
#include <trace/events/kmem.h>
