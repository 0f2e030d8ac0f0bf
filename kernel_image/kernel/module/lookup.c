// SPDX-License-Identifier: MIT
/* Modules by name and by address, and /proc/modules. */
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/proc_fs.h>
#include "internal.h"

/* A module's file may be named with '-' where the module has '_'. */
static bool same_name(const char *modname, const char *name, size_t len)
{
	for (; len; len--, modname++, name++)
		if (*modname != (*name == '-' ? '_' : *name))
			return false;
	return !*modname;
}

struct module *find_module_all(const char *name, size_t len, bool even_unformed)
{
	struct module *mod;

	list_for_each_entry_rcu(mod, &modules, list) {
		if (!even_unformed && mod->state == MODULE_STATE_UNFORMED)
			continue;
		if (same_name(mod->name, name, len))
			return mod;
	}
	return NULL;
}

struct module *find_module(const char *name)
{
	return find_module_all(name, strlen(name), false);
}
EXPORT_SYMBOL(find_module);

/* For the tracer and for crash reports too, so it cannot be traced. */
notrace struct module *__module_address(unsigned long addr)
{
	struct module *mod;

	list_for_each_entry_rcu(mod, &modules, list)
		if (mod->state != MODULE_STATE_UNFORMED && addr - (unsigned long)mod->core_layout.base < mod->core_layout.size)
			return mod;
	return NULL;
}

notrace struct module *__module_text_address(unsigned long addr)
{
	struct module *mod = __module_address(addr);

	return mod && addr - (unsigned long)mod->core_layout.base < mod->core_layout.text_size ? mod : NULL;
}

notrace bool is_module_text_address(unsigned long addr)
{
	return __module_text_address(addr) != NULL;
}

static void *m_start(struct seq_file *m, loff_t *pos)
{
	mutex_lock(&module_mutex);
	return seq_list_start(&modules, *pos);
}

static void *m_next(struct seq_file *m, void *p, loff_t *pos)
{
	return seq_list_next(p, &modules, pos);
}

static void m_stop(struct seq_file *m, void *p)
{
	mutex_unlock(&module_mutex);
}

static int m_show(struct seq_file *m, void *p)
{
	struct module *mod = list_entry((struct list_head *)p, struct module, list);

	if (mod->state == MODULE_STATE_UNFORMED)
		return 0;
	seq_printf(m, "%s %u %i - %s 0x%lx\n", mod->name, mod->core_layout.size, module_refcount(mod),
		   mod->state == MODULE_STATE_GOING ? "Unloading" :
		   mod->state == MODULE_STATE_COMING ? "Loading" : "Live", (unsigned long)mod->core_layout.base);
	return 0;
}

const struct seq_operations modules_op = { .start = m_start, .next = m_next, .stop = m_stop, .show = m_show };
