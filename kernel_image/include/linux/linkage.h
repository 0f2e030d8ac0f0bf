/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_LINKAGE_H
#define _LINUX_LINKAGE_H
#ifdef __ASSEMBLER__
#define SYM_FUNC_START(n)	.globl n; .p2align 4; .type n, @function; n:
#define SYM_FUNC_START_LOCAL(n)	.p2align 4; .type n, @function; n:
#define SYM_FUNC_END(n)		.size n, . - n
#define SYM_CODE_START(n)	.globl n; .p2align 4; .type n, @function; n:
#define SYM_CODE_END(n)		.size n, . - n
#define SYM_INNER_LABEL(n)	.globl n; n:
#define ENTRY(n)		SYM_FUNC_START(n)
#define END(n)			SYM_FUNC_END(n)
#else
#include <linux/compiler.h>
#include <linux/export.h>
#endif
#endif
