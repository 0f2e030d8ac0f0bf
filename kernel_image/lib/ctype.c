/* SPDX-License-Identifier: MIT */
#include <linux/ctype.h>
#include <linux/export.h>

#define SXP	(_S | _SP)
#define UX	(_U | _X)
#define LX	(_L | _X)
/* ASCII, then Latin-1's upper half as the kernel classifies it. */
const unsigned char _ctype[256] = {
	[0 ... 8] = _C, [9 ... 13] = _C | _S, [14 ... 31] = _C, [' '] = SXP,
	['!' ... '/'] = _P, ['0' ... '9'] = _D, [':' ... '@'] = _P,
	['A' ... 'F'] = UX, ['G' ... 'Z'] = _U, ['[' ... '`'] = _P,
	['a' ... 'f'] = LX, ['g' ... 'z'] = _L, ['{' ... '~'] = _P, [127] = _C,
	[160] = SXP, [161 ... 191] = _P,
	[192 ... 214] = _U, [215] = _P, [216 ... 222] = _U, [223] = _L,
	[224 ... 246] = _L, [247] = _P, [248 ... 255] = _L,
};
EXPORT_SYMBOL(_ctype);
