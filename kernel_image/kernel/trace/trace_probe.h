/* SPDX-License-Identifier: MIT */
#ifndef _TRACE_PROBE_H
#define _TRACE_PROBE_H
#include <linux/types.h>

struct pt_regs;

/* What a probe's argument is made of: the host turns its text into a program of these. */
enum fetch_op {
	FETCH_OP_END,
	/* where the value comes from */
	FETCH_OP_REG,		/* param: its place in pt_regs */
	FETCH_OP_STACK,		/* param: which word */
	FETCH_OP_STACKP,
	FETCH_OP_IMM,		/* value */
	FETCH_OP_COMM,
	/* any number of loads, at value from what there was */
	FETCH_OP_DEREF,
	FETCH_OP_UDEREF,
	/* size bytes into the entry: the value, or memory at value from it; a string goes behind the fixed part */
	FETCH_OP_ST_RAW,
	FETCH_OP_ST_MEM,
	FETCH_OP_ST_UMEM,
	FETCH_OP_ST_STRING,
	FETCH_OP_ST_USTRING,
	/* then perhaps a bitfield's shifts, and how many there are of an array (param) */
	FETCH_OP_MOD_BF,
	FETCH_OP_LP_ARRAY,
};

struct fetch_insn {
	u8 op, size, lshift, rshift;
	u32 param;
	unsigned long value;
};

struct probe_arg {
	const struct fetch_insn *code;
	u32 offset;		/* of the argument, from the first one's */
	u32 dynamic;		/* a string, or an array of them */
};

struct rethook_node;

#define MAX_STRING_SIZE		4096

void kretprobe_dispatcher(struct rethook_node *node, struct pt_regs *regs);
u32 get_dsize(const struct probe_arg *args, u32 nr_args, struct pt_regs *regs);
void store_trace_args(void *data, const struct probe_arg *args, u32 nr_args, u32 size, struct pt_regs *regs,
		      u32 header, u32 dsize);
#endif
