// SPDX-License-Identifier: MIT
/* Arguments of probes: programs that read registers and memory into an entry. */
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/sched/task.h>
#include <asm/ptrace.h>
#include "trace.h"
#include "trace_probe.h"

#define LOC(offset, len)	((offset) | (len) << 16)

/* User memory of a task is its window (see linux/uaccess.h). */
static bool in_user_memory(const void *addr, unsigned long size)
{
	const char *from = addr, *window = current->user_buf;

	return window && from >= window && from < window + USER_BUF_SIZE && size <= window + USER_BUF_SIZE - from;
}

/* As copy_from_kernel_nofault, which is traced: a probe must not show in what it stands in. */
static long read_memory(void *dst, const void *src, unsigned long size, bool user)
{
	if (user && !in_user_memory(src, size))
		return -EFAULT;
	return raw_copy_user(dst, src, size) ? -EFAULT : 0;
}

/* The length with its NUL, at most max; the bytes go to dst unless that is NULL. */
static long read_string(char *dst, const char *src, long max, bool user)
{
	char c;

	for (long i = 0; i < max; i++) {
		if (read_memory(&c, src + i, 1, user))
			return -EFAULT;
		if (dst)
			dst[i] = i < max - 1 ? c : 0;
		if (!c)
			return i + 1;
	}
	return max;
}

static unsigned long fetch_value(const struct fetch_insn *code, struct pt_regs *regs)
{
	unsigned long word = 0;

	switch (code->op) {
	case FETCH_OP_REG:
		return *(unsigned long *)((char *)regs + code->param);
	case FETCH_OP_STACK:
		read_memory(&word, (unsigned long *)kernel_stack_pointer(regs) + code->param, sizeof(word), false);
		return word;
	case FETCH_OP_STACKP:
		return kernel_stack_pointer(regs);
	case FETCH_OP_COMM:
		return (unsigned long)current->comm;
	}
	return code->value;
}

static void bitfield(void *dest, const struct fetch_insn *code)
{
	switch (code->size) {
	case 1:
		*(u8 *)dest = (u8)(*(u8 *)dest << code->lshift) >> code->rshift;
		break;
	case 2:
		*(u16 *)dest = (u16)(*(u16 *)dest << code->lshift) >> code->rshift;
		break;
	case 4:
		*(u32 *)dest = *(u32 *)dest << code->lshift >> code->rshift;
		break;
	default:
		*(u64 *)dest = *(u64 *)dest << code->lshift >> code->rshift;
	}
}

/*
 * Runs a program.  With dest, which is in the entry at base, it stores there, strings in the room that a loc of
 * theirs names, and *room is what is left; without, it returns the bytes that strings would take.
 */
static u32 process_fetch_insn(const struct fetch_insn *code, struct pt_regs *regs, void *dest, void *base, u32 *place,
			      u32 end)
{
	unsigned long val = fetch_value(code, regs), last = val;
	const struct fetch_insn *store, *load = NULL;
	bool string, user, ok = true;
	u32 count = 1, total = 0;
	long len;

	for (code++; code->op == FETCH_OP_DEREF || code->op == FETCH_OP_UDEREF; code++) {
		load = code;
		last = val;
		ok = ok && !read_memory(&val, (void *)(val + code->value), sizeof(val), code->op == FETCH_OP_UDEREF);
	}
	store = code++;
	string = store->op == FETCH_OP_ST_STRING || store->op == FETCH_OP_ST_USTRING;
	user = store->op == FETCH_OP_ST_USTRING || store->op == FETCH_OP_ST_UMEM;
	const struct fetch_insn *bits = code->op == FETCH_OP_MOD_BF ? code++ : NULL;
	if (code->op == FETCH_OP_LP_ARRAY)
		count = code->param;

	for (u32 i = 0; i < count; i++) {
		const void *from = (const void *)(val + store->value);

		if (string) {
			len = ok ? read_string(dest ? base + *place : NULL, from,
					       dest ? (long)(end - *place) : MAX_STRING_SIZE, user) : -EFAULT;
			if (len < 0 || (dest && *place >= end))
				len = 0;
			if (dest) {
				*(u32 *)dest = LOC(*place, (u32)len);
				*place += len;
			}
			total += len;
			/* an array of them is one of pointers */
			last += sizeof(val);
			if (load && i + 1 < count)
				ok = !read_memory(&val, (void *)(last + load->value), sizeof(val), load->op == FETCH_OP_UDEREF);
		} else if (dest) {
			memset(dest, 0, store->size);
			if (store->op == FETCH_OP_ST_RAW)
				memcpy(dest, &val, store->size);
			else if (ok && read_memory(dest, from, store->size, user))
				memset(dest, 0, store->size);
			if (bits)
				bitfield(dest, bits);
			val += store->size;
		}
		if (dest)
			dest += store->size;
	}
	return total;
}

/* The bytes that strings will take. */
u32 get_dsize(const struct probe_arg *args, u32 nr_args, struct pt_regs *regs)
{
	u32 size = 0;

	for (u32 i = 0; i < nr_args; i++)
		if (args[i].dynamic)
			size += process_fetch_insn(args[i].code, regs, NULL, NULL, NULL, 0);
	return size;
}

/* data is behind the header of the entry; size is that of the fixed part there, dsize what there is behind it. */
void store_trace_args(void *data, const struct probe_arg *args, u32 nr_args, u32 size, struct pt_regs *regs,
		      u32 header, u32 dsize)
{
	void *base = data - header;
	u32 place = header + size, end = place + dsize;

	for (u32 i = 0; i < nr_args; i++)
		process_fetch_insn(args[i].code, regs, data + args[i].offset, base, &place, end);
}

ABI_DEFS(trace_probe)
{
	ABI_SIZE(fetch_insn);
	ABI_OFFSET(fetch_insn, op);
	ABI_OFFSET(fetch_insn, size);
	ABI_OFFSET(fetch_insn, lshift);
	ABI_OFFSET(fetch_insn, rshift);
	ABI_OFFSET(fetch_insn, param);
	ABI_OFFSET(fetch_insn, value);
	ABI_SIZE(probe_arg);
	ABI_OFFSET(probe_arg, code);
	ABI_OFFSET(probe_arg, offset);
	ABI_OFFSET(probe_arg, dynamic);
	ABI_OFFSET(pt_regs, r15);
}
