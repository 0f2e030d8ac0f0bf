/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H

/* What modules may call: the host's loader resolves their undefined symbols from this table. */
struct kernel_symbol { unsigned long value; const char *name; };

#define EXPORT_SYMBOL(sym) \
	static const struct kernel_symbol __ksymtab_##sym \
	__attribute__((used, section("___ksymtab+" #sym))) = { (unsigned long)&sym, #sym }
#define EXPORT_SYMBOL_GPL(sym)	EXPORT_SYMBOL(sym)

extern const struct kernel_symbol __start___ksymtab[], __stop___ksymtab[];

#ifdef MODULE
extern struct module __this_module;
#define THIS_MODULE (&__this_module)
#else
#define THIS_MODULE ((struct module *)0)
#endif
#endif
