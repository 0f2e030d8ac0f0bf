// SPDX-License-Identifier: MIT
/* Who uses a module: other modules (lists), and whoever holds a reference. */
#include <linux/module.h>
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <trace/events/module.h>
#include "internal.h"

struct module_use {
	struct list_head source_list, target_list;
	struct module *source, *target;
};

int module_unload_init(struct module *mod)
{
	atomic_set(&mod->refcnt, MODULE_REF_BASE);
	INIT_LIST_HEAD(&mod->source_list);
	INIT_LIST_HEAD(&mod->target_list);
	atomic_inc(&mod->refcnt);	/* until init has run */
	return 0;
}

static bool already_uses(struct module *a, struct module *b)
{
	struct module_use *use;

	list_for_each_entry(use, &b->source_list, source_list)
		if (use->source == a)
			return true;
	return false;
}

static int add_module_usage(struct module *a, struct module *b)
{
	struct module_use *use = kmalloc(sizeof(*use), GFP_KERNEL);

	if (!use)
		return -ENOMEM;
	use->source = a;
	use->target = b;
	list_add(&use->source_list, &b->source_list);
	list_add(&use->target_list, &a->target_list);
	return 0;
}

static int strong_try_module_get(struct module *mod)
{
	if (mod->state == MODULE_STATE_COMING)
		return -EBUSY;
	return try_module_get(mod) ? 0 : -ENOENT;
}

/* Module a uses b. */
int ref_module(struct module *a, struct module *b)
{
	int err;

	if (!b || already_uses(a, b))
		return 0;
	err = strong_try_module_get(b);
	if (err)
		return err;
	err = add_module_usage(a, b);
	if (err)
		module_put(b);
	return err;
}

/* "a,b": each must be there. */
int add_dependencies(struct module *mod)
{
	const char *name = mod->depends, *end;
	int err = 0;

	mutex_lock(&module_mutex);
	while (name && *name && !err) {
		struct module *dep;

		end = strchrnul(name, ',');
		dep = find_module_all(name, end - name, false);
		err = dep ? ref_module(mod, dep) : -ENOENT;
		if (err)
			pr_warn("%s: module it depends on is not there: %s\n", mod->name, name);
		name = *end ? end + 1 : end;
	}
	mutex_unlock(&module_mutex);
	return err;
}

void module_unload_free(struct module *mod)
{
	struct module_use *use, *tmp;

	mutex_lock(&module_mutex);
	list_for_each_entry_safe(use, tmp, &mod->target_list, target_list) {
		module_put(use->target);
		list_del(&use->source_list);
		list_del(&use->target_list);
		kfree(use);
	}
	mutex_unlock(&module_mutex);
}

/* Takes the base reference away if nobody holds another. */
int try_release_module_ref(struct module *mod)
{
	int ret = atomic_sub_return(MODULE_REF_BASE, &mod->refcnt);

	if (ret)
		atomic_add_unless(&mod->refcnt, MODULE_REF_BASE, 0);
	return ret;
}

int module_refcount(struct module *mod)
{
	return atomic_read(&mod->refcnt) - MODULE_REF_BASE;
}
EXPORT_SYMBOL(module_refcount);

void __module_get(struct module *module)
{
	if (module) {
		atomic_inc(&module->refcnt);
		trace_module_get(module, _RET_IP_);
	}
}
EXPORT_SYMBOL(__module_get);

bool try_module_get(struct module *module)
{
	bool ret = true;

	if (module) {
		preempt_disable();
		ret = module_is_live(module) && atomic_inc_not_zero(&module->refcnt);
		if (ret)
			trace_module_get(module, _RET_IP_);
		preempt_enable();
	}
	return ret;
}
EXPORT_SYMBOL(try_module_get);

void module_put(struct module *module)
{
	if (module) {
		preempt_disable();
		atomic_add_unless(&module->refcnt, -1, 0);
		trace_module_put(module, _RET_IP_);
		preempt_enable();
	}
}
EXPORT_SYMBOL(module_put);
