/* SPDX-License-Identifier: MIT */
#ifndef _ASM_ASM_H
#define _ASM_ASM_H
#include <asm/extable.h>
#ifdef __ASSEMBLER__
#define __ASM_FORM(x)	x
#else
#define __ASM_FORM(x)	" " #x " "
#endif
#ifdef __x86_64__
#define __ASM_SEL(a, b)	__ASM_FORM(b)
#else
#define __ASM_SEL(a, b)	__ASM_FORM(a)
#endif
#define _ASM_PTR	__ASM_SEL(.long, .quad)
#define _ASM_AX		__ASM_SEL(eax, rax)
#define _ASM_BX		__ASM_SEL(ebx, rbx)
#define _ASM_CX		__ASM_SEL(ecx, rcx)
#define _ASM_DX		__ASM_SEL(edx, rdx)
#define _ASM_SP		__ASM_SEL(esp, rsp)
#define _ASM_BP		__ASM_SEL(ebp, rbp)
#define _ASM_SI		__ASM_SEL(esi, rsi)
#define _ASM_DI		__ASM_SEL(edi, rdi)
#endif
