// SPDX-License-Identifier: MIT
/* Events of system calls: one pair of tracepoints, and for each call the arrays that want its entry or exit. */
#include <linux/entry-common.h>
#include <asm/syscall.h>
#include <trace/syscall.h>
#include "trace.h"

#ifdef __x86_64__
struct syscall_trace_enter {
	struct trace_entry ent;
	int nr;
	unsigned long args[];
};

struct syscall_trace_exit {
	struct trace_entry ent;
	int nr;
	long ret;
};

const struct trace_event_fields syscall_exit_fields[] = {
	{ .type = "int", .name = "__syscall_nr", .size = sizeof(int), .align = __alignof__(int), .is_signed = 1 },
	{ .type = "long", .name = "ret", .size = sizeof(long), .align = __alignof__(long), .is_signed = 1 }, {}
};

#define __SYSCALL(nr, name)	extern const struct syscall_metadata __weak __syscall_meta__##name;
#include <asm/syscalls_64.h>
#undef __SYSCALL

/* By number; a call without a description is 0, as it is in sys_call_table. */
static const struct syscall_metadata *const syscalls_metadata[NR_syscall_table] = {
#define __SYSCALL(nr, name)	[nr] = &__syscall_meta__##name,
#include <asm/syscalls_64.h>
#undef __SYSCALL
};

static const struct syscall_metadata *syscall_nr_to_meta(long nr)
{
	return (unsigned long)nr < NR_syscall_table ? syscalls_metadata[nr] : NULL;
}

void ftrace_syscall_enter(struct pt_regs *regs, long id)
{
	const struct syscall_metadata *meta = syscall_nr_to_meta(id);
	struct trace_event_buffer fbuffer;
	unsigned long args[6];

	if (!meta || !meta->enter_event->files)
		return;
	syscall_get_arguments(current, regs, args);
	for (struct trace_event_file *file = READ_ONCE(meta->enter_event->files); file; file = READ_ONCE(file->next)) {
		unsigned long size = meta->nb_args * sizeof(args[0]);
		struct syscall_trace_enter *entry = trace_event_buffer_reserve(&fbuffer, file, sizeof(*entry) + size);

		if (!entry)
			continue;
		entry->nr = id;
		__builtin_memcpy(entry->args, args, size);
		trace_event_buffer_commit(&fbuffer);
	}
}

void ftrace_syscall_exit(struct pt_regs *regs, long ret)
{
	const struct syscall_metadata *meta = syscall_nr_to_meta(regs->orig_ax);
	struct trace_event_buffer fbuffer;

	if (!meta)
		return;
	for (struct trace_event_file *file = READ_ONCE(meta->exit_event->files); file; file = READ_ONCE(file->next)) {
		struct syscall_trace_exit *entry = trace_event_buffer_reserve(&fbuffer, file, sizeof(*entry));

		if (!entry)
			continue;
		entry->nr = regs->orig_ax;
		entry->ret = ret;
		trace_event_buffer_commit(&fbuffer);
	}
}
#endif
