// SPDX-License-Identifier: MIT
/*
 * Function tracing for this kernel's own code and its modules.  The core that registers, filters and patches is the
 * host's; it is asked here, and links struct ftrace_ops into ftrace_ops_list.
 */
#include <linux/export.h>
#include <linux/ftrace.h>
#include <asm/hypercall.h>
#include <asm/ptrace.h>
#include "trace.h"

/* What HC_FTRACE_OPS is for; the second argument is the ops, or 0 for those of single direct calls. */
enum { SET_FILTER_IP = 1, REMOVE_FILTER_IP, RESET_FILTER_IP, REGISTER, UNREGISTER, REGISTER_DIRECT, UNREGISTER_DIRECT,
       MODIFY_DIRECT, REGISTER_MULTI, UNREGISTER_MULTI, MODIFY_MULTI };

static int ask(int op, struct ftrace_ops *ops, unsigned long a, unsigned long b)
{
	return hypercall(HC_FTRACE_OPS, op, (long)ops, a, b);
}

int ftrace_set_filter_ip(struct ftrace_ops *ops, unsigned long ip, int remove, int reset)
{
	return ask(remove ? REMOVE_FILTER_IP : reset ? RESET_FILTER_IP : SET_FILTER_IP, ops, ip, 0);
}
EXPORT_SYMBOL(ftrace_set_filter_ip);

int register_ftrace_function(struct ftrace_ops *ops)
{
	return ask(REGISTER, ops, 0, 0);
}
EXPORT_SYMBOL(register_ftrace_function);

int unregister_ftrace_function(struct ftrace_ops *ops)
{
	return ask(UNREGISTER, ops, 0, 0);
}
EXPORT_SYMBOL(unregister_ftrace_function);

#ifdef __x86_64__

/* Sites that call code straight, and what: the host builds the table, in which an address of 0 is the end. */
struct ftrace_direct_call {
	unsigned long ip, addr;
};
struct ftrace_direct_call *direct_functions;

/* Where others trace the function too, its site calls ftrace_regs_caller: this makes that leave for the code. */
static void call_direct_funcs(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op, struct ftrace_regs *fregs)
{
	struct pt_regs *regs = (struct pt_regs *)fregs;

	for (struct ftrace_direct_call *call = READ_ONCE(direct_functions); call && call->addr; call++)
		if (call->ip == ip)
			regs->orig_ax = call->addr;
}

struct ftrace_ops direct_ops = { .func = call_direct_funcs };

int register_ftrace_direct(unsigned long ip, unsigned long addr)
{
	return ask(REGISTER_DIRECT, &direct_ops, ip, addr);
}
EXPORT_SYMBOL(register_ftrace_direct);

int unregister_ftrace_direct(unsigned long ip, unsigned long addr)
{
	return ask(UNREGISTER_DIRECT, &direct_ops, ip, addr);
}
EXPORT_SYMBOL(unregister_ftrace_direct);

/* A hypercall has no room for one more argument: whether the old address is right is seen here. */
int modify_ftrace_direct(unsigned long ip, unsigned long old_addr, unsigned long new_addr)
{
	for (struct ftrace_direct_call *call = READ_ONCE(direct_functions); call && call->addr; call++)
		if (call->ip == ip && call->addr == old_addr)
			return ask(MODIFY_DIRECT, &direct_ops, ip, new_addr);
	return -ENODEV;
}
EXPORT_SYMBOL(modify_ftrace_direct);

int register_ftrace_direct_multi(struct ftrace_ops *ops, unsigned long addr)
{
	ops->func = call_direct_funcs;
	return ask(REGISTER_MULTI, ops, addr, 0);
}
EXPORT_SYMBOL(register_ftrace_direct_multi);

int unregister_ftrace_direct_multi(struct ftrace_ops *ops, unsigned long addr)
{
	return ask(UNREGISTER_MULTI, ops, 0, 0);
}
EXPORT_SYMBOL(unregister_ftrace_direct_multi);

int modify_ftrace_direct_multi(struct ftrace_ops *ops, unsigned long addr)
{
	return ask(MODIFY_MULTI, ops, addr, 0);
}
EXPORT_SYMBOL(modify_ftrace_direct_multi);

ABI_DEFS(ftrace_users) { ABI_SIZE(ftrace_direct_call); }

#endif
