/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H
#include <linux/types.h>
#include <linux/list.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/moduleparam.h>
#include <linux/errno.h>
#include <asm/percpu.h>

#define MODULE_NAME_LEN	56

enum module_state {
	MODULE_STATE_LIVE,
	MODULE_STATE_COMING,
	MODULE_STATE_GOING,
	MODULE_STATE_UNFORMED,
};

struct module_layout { void *base; unsigned int size, text_size, ro_size; };

/*
 * The module image holds its own (section .gnu.linkonce.this_module); the host's loader fills what only it
 * knows: the layout, the tables, and the dependencies by their names.
 */
struct module {
	enum module_state state;	/* module_mutex */
	struct list_head list;		/* module_mutex to change, RCU to read */
	char name[MODULE_NAME_LEN];
	int (*init)(void);
	void (*exit)(void);
	struct module_layout core_layout;
	const struct kernel_param *kp;
	unsigned int num_kp;
	char *args;
	unsigned int taints;
	int async_probe_requested;
	/* who uses whom: module_mutex */
	const char *depends;		/* "a,b": filled by the host from the symbols it resolved, or by MODULE_DEPENDS */
	struct list_head source_list;	/* modules that use this one */
	struct list_head target_list;	/* modules that this one uses */
	atomic_t refcnt;		/* MODULE_REF_BASE while loaded */
	unsigned long host_handle;	/* the host's */
	unsigned long *ftrace_callsites;	/* __mcount_loc */
	unsigned int num_ftrace_callsites;
	const char **trace_bprintk_fmt_start;	/* __trace_printk_fmt */
	unsigned int num_trace_bprintk_fmt;
};

#define MODULE_LICENSE(x)
#define MODULE_AUTHOR(x)
#define MODULE_DESCRIPTION(x)
#define MODULE_ALIAS(x)
#define MODULE_SOFTDEP(x)

#ifdef MODULE
#ifndef KBUILD_MODNAME
#error "a module is compiled with -DKBUILD_MODNAME=\"name\""
#endif
void cleanup_module(void) __attribute__((weak));
/* One file of a module has this; modules that it needs are named in its MODULE_DEPENDS. */
#ifndef MODULE_DEPENDS
#define MODULE_DEPENDS ""
#endif
#define module_init(fn) \
	static const char __mod_depends[] __attribute__((used, section(".modinfo,\"\",@progbits#"))) = \
		"depends=" MODULE_DEPENDS; /* for modprobe, before the module is loaded */ \
	int init_module(void) __attribute__((alias(#fn), copy(fn))); \
	struct module __this_module __attribute__((used, section(".gnu.linkonce.this_module"))) = { \
		.name = KBUILD_MODNAME, .init = init_module, .exit = cleanup_module, .depends = MODULE_DEPENDS }
#define module_exit(fn)	void cleanup_module(void) __attribute__((alias(#fn), copy(fn)))
#endif
#define __exit	notrace __section(".exit.text")

struct notifier_block;
int register_module_notifier(struct notifier_block *nb);
int unregister_module_notifier(struct notifier_block *nb);
bool try_module_get(struct module *module);
void __module_get(struct module *module);
void module_put(struct module *module);
int module_refcount(struct module *mod);
struct module *find_module(const char *name);
struct module *__module_address(unsigned long addr);
struct module *__module_text_address(unsigned long addr);
bool is_module_text_address(unsigned long addr);
int ref_module(struct module *a, struct module *b);
extern struct list_head modules;
static __always_inline notrace bool module_is_live(struct module *mod) { return mod->state != MODULE_STATE_GOING; }
#endif
