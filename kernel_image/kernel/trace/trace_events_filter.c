// SPDX-License-Identifier: MIT
/* Filters of events: the host turns an expression into a program of comparisons with branches. */
#include <linux/glob.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "trace.h"

/* Where a predicate finds its value. */
enum filter_kind {
	FILTER_END,		/* no predicate: target is the program's result */
	FILTER_NUMBER,		/* in the entry */
	FILTER_CPU,
	FILTER_STRING,		/* an array in the entry */
	FILTER_DYN_STRING,	/* a __data_loc in the entry */
	FILTER_PTR_STRING,	/* the entry has a pointer to the kernel's memory */
	FILTER_PTR_USTRING,	/* the entry has a pointer to user memory */
	FILTER_COMM,		/* the current task's name */
};

enum filter_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_BAND };
enum regex_type { MATCH_FULL, MATCH_FRONT_ONLY, MATCH_MIDDLE_ONLY, MATCH_END_ONLY, MATCH_GLOB };

struct filter_pred {
	u8 kind, op;
	u8 size, is_signed;	/* of a number */
	u8 match;		/* of a string: enum regex_type */
	u8 not;
	u8 branch;		/* on this outcome ... */
	u8 pad;
	u32 target;		/* ... go on at the predicate of this number, else at the next */
	u32 offset, length;	/* in the entry; of an array, the bytes there are */
	u64 val;
	const char *pattern;
	unsigned long pattern_len;
};

#define STRING_MAX	4096	/* of an array that ends with the entry, and with a NUL */

struct event_filter {
	struct filter_pred prog[1];
};

static s64 number(const struct filter_pred *pred, const void *p)
{
	switch (pred->size) {
	case 1:
		return pred->is_signed ? *(s8 *)p : *(u8 *)p;
	case 2:
		return pred->is_signed ? *(s16 *)p : *(u16 *)p;
	case 4:
		return pred->is_signed ? *(s32 *)p : *(u32 *)p;
	}
	return *(s64 *)p;
}

static bool compare(const struct filter_pred *pred, s64 have)
{
	s64 val = pred->val;

	switch (pred->op) {
	case OP_EQ:
		return have == val;
	case OP_NE:
		return have != val;
	case OP_BAND:
		return have & val;
	case OP_LT:
		return pred->is_signed ? have < val : (u64)have < (u64)val;
	case OP_LE:
		return pred->is_signed ? have <= val : (u64)have <= (u64)val;
	case OP_GT:
		return pred->is_signed ? have > val : (u64)have > (u64)val;
	case OP_GE:
		return pred->is_signed ? have >= val : (u64)have >= (u64)val;
	}
	return false;
}

/* len: how many bytes there are; a NUL may end the string before. */
static bool match_string_pred(const struct filter_pred *pred, const char *s, unsigned long len)
{
	unsigned long have = strnlen(s, len), want = pred->pattern_len;

	switch (pred->match) {
	case MATCH_FULL:
		return have == want && !memcmp(s, pred->pattern, want);
	case MATCH_FRONT_ONLY:
		return have >= want && !memcmp(s, pred->pattern, want);
	case MATCH_MIDDLE_ONLY:
		return strnstr(s, pred->pattern, have);
	case MATCH_END_ONLY:
		return have >= want && !memcmp(s + have - want, pred->pattern, want);
	case MATCH_GLOB:
		return glob_match(pred->pattern, s);
	}
	return false;
}

static bool match_pointer(const struct filter_pred *pred, const char *addr, bool user)
{
	char buf[256];
	long len = user ? strncpy_from_user_nofault(buf, addr, sizeof(buf)) : strncpy_from_kernel_nofault(buf, addr, sizeof(buf));

	return len >= 0 && match_string_pred(pred, buf, sizeof(buf));
}

static bool filter_match_pred(const struct filter_pred *pred, const void *rec)
{
	const void *p = rec + pred->offset;

	switch (pred->kind) {
	case FILTER_NUMBER:
		return compare(pred, number(pred, p));
	case FILTER_CPU:
		return compare(pred, raw_smp_processor_id());
	case FILTER_STRING:
		return match_string_pred(pred, p, pred->length ? pred->length : STRING_MAX);
	case FILTER_DYN_STRING:
		return match_string_pred(pred, rec + (*(u32 *)p & 0xffff), *(u32 *)p >> 16);
	case FILTER_PTR_STRING:
		return match_pointer(pred, *(const char **)p, false);
	case FILTER_PTR_USTRING:
		return match_pointer(pred, *(const char **)p, true);
	case FILTER_COMM:
		return match_string_pred(pred, current->comm, TASK_COMM_LEN);
	}
	return false;
}

bool filter_match_preds(struct event_filter *filter, const void *rec)
{
	const struct filter_pred *prog = filter->prog;
	u32 i = 0;

	while (prog[i].kind != FILTER_END) {
		bool match = filter_match_pred(&prog[i], rec) != prog[i].not;

		i = match == prog[i].branch ? prog[i].target : i + 1;
	}
	return prog[i].target;
}

ABI_DEFS(trace_events_filter)
{
	ABI_SIZE(filter_pred);
	ABI_OFFSET(filter_pred, kind);
	ABI_OFFSET(filter_pred, op);
	ABI_OFFSET(filter_pred, size);
	ABI_OFFSET(filter_pred, is_signed);
	ABI_OFFSET(filter_pred, match);
	ABI_OFFSET(filter_pred, not);
	ABI_OFFSET(filter_pred, branch);
	ABI_OFFSET(filter_pred, target);
	ABI_OFFSET(filter_pred, offset);
	ABI_OFFSET(filter_pred, length);
	ABI_OFFSET(filter_pred, val);
	ABI_OFFSET(filter_pred, pattern);
	ABI_OFFSET(filter_pred, pattern_len);
}
