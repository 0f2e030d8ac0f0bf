// SPDX-License-Identifier: MIT
/*
 * Loading and removing modules.  The host reads the file, places and relocates it (HC_MODULE); everything that
 * happens to a module after that, happens here: states, dependencies, notifiers, parameters, init and exit.
 */
#include <linux/fs.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <trace/events/module.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <asm/hypercall.h>
#include "internal.h"

/* Every function of a module begins with a call to it, until the host has made a nop of that. */
#ifdef __x86_64__
void __fentry__(void);
EXPORT_SYMBOL(__fentry__);
#else
void mcount(void);
EXPORT_SYMBOL(mcount);
#endif

DEFINE_MUTEX(module_mutex);
LIST_HEAD(modules);
BLOCKING_NOTIFIER_HEAD(module_notify_list);
static DECLARE_WAIT_QUEUE_HEAD(module_wq);	/* for a module to leave MODULE_STATE_COMING */

int do_one_initcall(initcall_t fn);

int register_module_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_register(&module_notify_list, nb);
}
EXPORT_SYMBOL(register_module_notifier);

int unregister_module_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_unregister(&module_notify_list, nb);
}
EXPORT_SYMBOL(unregister_module_notifier);

/* The host's part of a load; the module's own struct comes back, in the module's memory. */
static noinline struct module *layout_and_allocate(const char *name)
{
	return (struct module *)hypercall(HC_MODULE, HOST_MODULE_LOAD, (long)name, 0, 0);
}

static noinline int may_init_module(void)
{
	return capable(CAP_SYS_MODULE) ? 0 : -EPERM;
}

/* The name is taken from here on, so that a second load of it waits for the first, or fails. */
static noinline int add_unformed_module(struct module *mod)
{
	struct module *old;
	int err = 0;

	mod->state = MODULE_STATE_UNFORMED;
	mutex_lock(&module_mutex);
	old = find_module_all(mod->name, strlen(mod->name), true);
	if (old)
		err = -EEXIST;
	else
		list_add_rcu(&mod->list, &modules);
	mutex_unlock(&module_mutex);
	return err;
}

static noinline int complete_formation(struct module *mod)
{
	mutex_lock(&module_mutex);
	mod->state = MODULE_STATE_COMING;
	mutex_unlock(&module_mutex);
	return 0;
}

static noinline int prepare_coming_module(struct module *mod)
{
	int err = blocking_notifier_call_chain_robust(&module_notify_list, MODULE_STATE_COMING, MODULE_STATE_GOING, mod);

	return notifier_to_errno(err);
}

static void free_module(struct module *mod)
{
	trace_module_free(mod);
	mutex_lock(&module_mutex);
	mod->state = MODULE_STATE_UNFORMED;
	mutex_unlock(&module_mutex);
	hypercall(HC_MODULE, HOST_MODULE_GOING, (long)mod->name, (long)mod, 0);
	module_unload_free(mod);
	mutex_lock(&module_mutex);
	list_del_rcu(&mod->list);
	mutex_unlock(&module_mutex);
	synchronize_rcu();		/* nobody walks the list through it any more */
	kfree(mod->args);
	hypercall(HC_MODULE, HOST_MODULE_FREE, (long)mod->name, (long)mod, 0);
}

static noinline int do_init_module(struct module *mod)
{
	int ret = 0;

	if (mod->init)
		ret = do_one_initcall(mod->init);
	if (ret < 0) {
		mod->state = MODULE_STATE_GOING;
		synchronize_rcu();
		module_put(mod);
		blocking_notifier_call_chain(&module_notify_list, MODULE_STATE_GOING, mod);
		free_module(mod);
		wake_up_all(&module_wq);
		return ret;
	}
	if (ret > 0)
		pr_warn("%s: '%s'->init suspiciously returned %d, it should follow 0/-E convention\n", __func__,
			mod->name, ret);
	mod->state = MODULE_STATE_LIVE;
	blocking_notifier_call_chain(&module_notify_list, MODULE_STATE_LIVE, mod);
	hypercall(HC_MODULE, HOST_MODULE_LIVE, (long)mod->name, (long)mod, 0);
	trace_module_load(mod);
	module_put(mod);
	wake_up_all(&module_wq);
	return 0;
}

static noinline int load_module(const char *name, char *args)
{
	struct module *mod;
	long err;

	mod = layout_and_allocate(name);
	if (IS_ERR_OR_NULL(mod)) {
		kfree(args);
		return mod ? PTR_ERR(mod) : -ENOEXEC;
	}
	mod->args = args;
	INIT_LIST_HEAD(&mod->list);
	module_unload_init(mod);
	err = add_unformed_module(mod);
	if (err)
		goto free_unlinked;
	err = add_dependencies(mod);
	if (err)
		goto free_it;
	complete_formation(mod);
	err = prepare_coming_module(mod);
	if (err)
		goto free_it;
	if (*args || mod->num_kp) {
		err = parse_args(mod->name, mod->args, mod->kp, mod->num_kp);
		if (err < 0) {
			blocking_notifier_call_chain(&module_notify_list, MODULE_STATE_GOING, mod);
			goto free_it;
		}
	}
	return do_init_module(mod);

free_it:
	free_module(mod);
	return err;
free_unlinked:
	kfree(args);
	hypercall(HC_MODULE, HOST_MODULE_GOING, (long)name, (long)mod, 0);
	hypercall(HC_MODULE, HOST_MODULE_FREE, (long)name, (long)mod, 0);
	return err;
}

/*
 * Differs from Linux's: the file is named by a string, since it lies outside ("dummy", or a path that the host
 * resolves); init_module takes the same.
 */
static noinline int load_named_module(const char __user *uname, const char __user *uargs)
{
	char *name, *args;
	int err = may_init_module();

	if (err)
		return err;
	name = strndup_user(uname, PATH_MAX);
	if (IS_ERR(name))
		return PTR_ERR(name);
	args = uargs ? strndup_user(uargs, PAGE_SIZE) : kstrdup("", GFP_KERNEL);
	err = PTR_ERR_OR_ZERO(args);
	if (!err) {
		err = security_kernel_read_file(name);
		if (err)
			kfree(args);
		else
			err = load_module(name, args);
	}
	kfree(name);
	return err;
}

SYSCALL_DEFINE3(finit_module, const char __user *, name, const char __user *, uargs, int, flags)
{
	return load_named_module(name, uargs);
}

SYSCALL_DEFINE3(init_module, const char __user *, name, unsigned long, len, const char __user *, uargs)
{
	return load_named_module(name, uargs);
}

static noinline int try_stop_module(struct module *mod, int flags)
{
	if (try_release_module_ref(mod))
		return -EWOULDBLOCK;
	mod->state = MODULE_STATE_GOING;
	return 0;
}

SYSCALL_DEFINE2(delete_module, const char __user *, name_user, unsigned int, flags)
{
	char name[MODULE_NAME_LEN];
	struct module *mod;
	int ret;

	if (!capable(CAP_SYS_MODULE))
		return -EPERM;
	if (strncpy_from_user(name, name_user, MODULE_NAME_LEN - 1) < 0)
		return -EFAULT;
	name[MODULE_NAME_LEN - 1] = 0;
	if (mutex_lock_interruptible(&module_mutex))
		return -EINTR;
	mod = find_module(name);
	ret = -ENOENT;
	if (!mod)
		goto out;
	ret = -EWOULDBLOCK;
	if (!list_empty(&mod->source_list))
		goto out;
	ret = -EBUSY;
	if (mod->state != MODULE_STATE_LIVE)
		goto out;
	if (mod->init && !mod->exit)
		goto out;
	ret = try_stop_module(mod, flags);
	if (ret)
		goto out;
	mutex_unlock(&module_mutex);
	if (mod->exit)
		mod->exit();
	blocking_notifier_call_chain(&module_notify_list, MODULE_STATE_GOING, mod);
	free_module(mod);
	wake_up_all(&module_wq);
	return 0;
out:
	mutex_unlock(&module_mutex);
	return ret;
}

ABI_DEFS(module)
{
	ABI_SIZE(module);
	ABI_SIZE(kernel_param);
	ABI_OFFSET(module, state);
	ABI_OFFSET(module, list);
	ABI_OFFSET(module, name);
	ABI_OFFSET(module, init);
	ABI_OFFSET(module, exit);
	ABI_OFFSET(module, core_layout);
	ABI_OFFSET(module, kp);
	ABI_OFFSET(module, num_kp);
	ABI_OFFSET(module, taints);
	ABI_OFFSET(module, depends);
	ABI_OFFSET(module, refcnt);
	ABI_OFFSET(module, host_handle);
	ABI_OFFSET(module, ftrace_callsites);
	ABI_OFFSET(module, num_ftrace_callsites);
	ABI_OFFSET(module, trace_bprintk_fmt_start);
	ABI_OFFSET(module, num_trace_bprintk_fmt);
	ABI_OFFSET(module_layout, base);
	ABI_OFFSET(module_layout, size);
	ABI_OFFSET(module_layout, text_size);
	ABI_OFFSET(module_layout, ro_size);
	ABI_CONST(MODULE_STATE_LIVE); ABI_CONST(MODULE_STATE_COMING);
	ABI_CONST(MODULE_STATE_GOING); ABI_CONST(MODULE_STATE_UNFORMED);
	ABI_CONST(HOST_MODULE_LOAD); ABI_CONST(HOST_MODULE_GOING);
	ABI_CONST(HOST_MODULE_LIVE); ABI_CONST(HOST_MODULE_FREE);
}
