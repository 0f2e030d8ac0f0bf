/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_FTRACE_H
#define _LINUX_FTRACE_H
#include <linux/types.h>

struct pt_regs;
struct ftrace_ops;
struct task_struct;

/* What a trampoline saved: a pt_regs of which ftrace_caller fills only the argument registers, ip and sp. */
struct ftrace_regs;

/*
 * Called by a trampoline at the entry of a function: ip is the call site, parent_ip where the function
 * returns to.  A function that trampolines call directly (no list function) is no_caller_saved (trace.h).
 */
typedef void (*ftrace_func_t)(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
			      struct ftrace_regs *fregs);

/* Values as 6.1's, where it has them. */
#define FTRACE_OPS_FL_ENABLED		(1UL << 0)
#define FTRACE_OPS_FL_DYNAMIC		(1UL << 1)
#define FTRACE_OPS_FL_SAVE_REGS		(1UL << 2)
#define FTRACE_OPS_FL_RECURSION		(1UL << 4)
#define FTRACE_OPS_FL_STUB		(1UL << 5)
#define FTRACE_OPS_FL_PID		(1UL << 13)
#define FTRACE_OPS_FL_RCU		(1UL << 14)

/*
 * A set of call sites, built by the host: open addressing, linear probing, 0 = free slot, at most half full.
 * Slot of ip: the top `bits` bits of (u32)ip * 0x9e3779b1 (mod 2^32).
 */
struct ftrace_hash {
	u32 bits;
	u32 count;
	unsigned long ips[];
};

/* Built by the host, which also links it into ftrace_ops_list. */
struct ftrace_ops {
	ftrace_func_t func;
	struct ftrace_ops *next;
	unsigned long flags;
	void *private;				/* the tracer's: a struct trace_array */
	struct ftrace_hash *filter_hash;	/* NULL or empty: every function */
	struct ftrace_hash *notrace_hash;	/* NULL or empty: none */
};

#define FTRACE_RETFUNC_DEPTH	50
#define FTRACE_RET_STACK_SIZE	20	/* what the return tracer of 2008 was content with */

/* A call whose return is hooked. */
struct ftrace_ret_stack {
	unsigned long ret, func;
	u64 calltime;
	unsigned long *retp;			/* where return_to_handler stands instead of ret */
};

/* The parts of 6.1's entries that are the graph tracer's. */
struct ftrace_graph_ent {
	unsigned long func;
	int depth;
} __packed;

struct ftrace_graph_ret {
	unsigned long func;
	int depth;
	unsigned int overrun;			/* calls that did not fit into the task's ret_stack */
	u64 calltime, rettime;
} __packed;

extern struct ftrace_ops *function_trace_op;	/* what the shared callers pass on */
extern struct ftrace_ops *ftrace_ops_list;	/* NULL ends it; the host links and unlinks while the machine stands */

void ftrace_stub(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op, struct ftrace_regs *fregs);
void arch_ftrace_ops_list_func(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
			       struct ftrace_regs *fregs);
void ftrace_ops_assist_func(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
			    struct ftrace_regs *fregs);
bool ftrace_hash_contains(const struct ftrace_hash *hash, unsigned long ip);
void function_trace_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op, struct ftrace_regs *fregs);

/* ftrace_users.c: users of function tracing in this kernel and its modules. */
int ftrace_set_filter_ip(struct ftrace_ops *ops, unsigned long ip, int remove, int reset);
int register_ftrace_function(struct ftrace_ops *ops);
int unregister_ftrace_function(struct ftrace_ops *ops);
int register_ftrace_direct(unsigned long ip, unsigned long addr);
int unregister_ftrace_direct(unsigned long ip, unsigned long addr);
int modify_ftrace_direct(unsigned long ip, unsigned long old_addr, unsigned long new_addr);
int register_ftrace_direct_multi(struct ftrace_ops *ops, unsigned long addr);
int unregister_ftrace_direct_multi(struct ftrace_ops *ops, unsigned long addr);
int modify_ftrace_direct_multi(struct ftrace_ops *ops, unsigned long addr);

/* fgraph.c */
extern int ftrace_graph_active;
void ftrace_graph_func(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op, struct ftrace_regs *fregs);
long start_graph_tracing(void);

/* Assembly: arch/x86/kernel/ftrace_64.S, ftrace_32.S.  ftrace_call and ftrace_regs_call are the calls in them. */
void ftrace_caller(void);
void ftrace_regs_caller(void);
void return_to_handler(void);
#endif
