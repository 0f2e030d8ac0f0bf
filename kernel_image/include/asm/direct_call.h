/* SPDX-License-Identifier: MIT */
#ifndef _ASM_DIRECT_CALL_H
#define _ASM_DIRECT_CALL_H
/*
 * void tramp(void): what a site calls in place of a tracer.  It calls func with what the traced function is about to
 * get, and returns into that.  save and restore, in assembly, keep the registers that arguments are in.
 */
#define DIRECT_TRAMP(tramp, func, save, restore)	\
	void tramp(void);				\
	asm("	.pushsection .text\n"			\
	    "	.type	" #tramp ", @function\n"	\
	    "	.globl	" #tramp "\n"			\
	    #tramp ":\n"				\
	    "	pushq	%rbp\n"				\
	    "	movq	%rsp, %rbp\n"			\
	    save					\
	    "	call	" #func "\n"			\
	    restore					\
	    "	leave\n"				\
	    "	ret\n"					\
	    "	.size	" #tramp ", .-" #tramp "\n"	\
	    "	.popsection\n")
#endif
