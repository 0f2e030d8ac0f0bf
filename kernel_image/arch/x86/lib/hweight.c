// SPDX-License-Identifier: MIT
/* What gcc calls for __builtin_popcount: its own library is not linked. */
#include <linux/bitops.h>

int __popcountsi2(unsigned int w);
int __popcountdi2(u64 w);
int __popcountsi2(unsigned int w) { return hweight32(w); }
int __popcountdi2(u64 w) { return hweight64(w); }
