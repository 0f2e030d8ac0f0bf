/* SPDX-License-Identifier: MIT */
#ifndef _MODULE_INTERNAL_H
#define _MODULE_INTERNAL_H
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>

#define MODULE_REF_BASE	1

/* What the host does for HC_MODULE: (op, name or module, module or arguments). */
enum { HOST_MODULE_LOAD = 1, HOST_MODULE_GOING = 2, HOST_MODULE_LIVE = 3, HOST_MODULE_FREE = 4 };

extern struct mutex module_mutex;
extern struct blocking_notifier_head module_notify_list;

/* refcount.c */
int module_unload_init(struct module *mod);
void module_unload_free(struct module *mod);
int try_release_module_ref(struct module *mod);
int add_dependencies(struct module *mod);

/* lookup.c */
struct module *find_module_all(const char *name, size_t len, bool even_unformed);
#endif
