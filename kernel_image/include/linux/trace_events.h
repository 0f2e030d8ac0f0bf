/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_TRACE_EVENTS_H
#define _LINUX_TRACE_EVENTS_H
#include <linux/types.h>
#include <linux/tracepoint.h>

struct trace_array;
struct trace_event_file;
struct event_filter;
struct event_trigger_data;

/* What every entry begins with. */
struct trace_entry {
	u16 type;
	u8 flags;
	u8 preempt_count;		/* low nibble preempt depth, high nibble migrate_disable depth */
	int pid;
};

struct trace_event_fields {
	const char *type, *name;	/* an array's type ends in "[N]"; a NULL name ends the fields */
	unsigned int size, align;	/* a field begins where the one before ends, aligned */
	unsigned int is_signed;
};

/* An event, or (with neither tp nor probe) a type of entry that the tracers write. */
struct trace_event_call {
	struct trace_event_file *files;	/* host: where it is wanted; NULL ends them */
	const char *name, *system;
	const struct trace_event_fields *fields;
	const char *print_fmt;
	struct tracepoint *tp;
	void *probe;
	u32 type;			/* of its entries */
};

/* An event in a trace array.  The host makes one where the event is enabled, filtered or has a trigger. */
struct trace_event_file {
	struct trace_event_file *next;	/* the same event in another array */
	struct trace_event_call *call;
	struct trace_array *tr;
	u32 flags;			/* EVENT_FILE_FL_* */
	struct event_filter *filter;	/* with FILTERED */
	struct event_trigger_data *triggers;
};

/* Bits as 6.1's, where it has them. */
#define EVENT_FILE_FL_ENABLED		0x001
#define EVENT_FILE_FL_FILTERED		0x008
#define EVENT_FILE_FL_SOFT_MODE		0x020
#define EVENT_FILE_FL_SOFT_DISABLED	0x040
#define EVENT_FILE_FL_TRIGGER_MODE	0x080
#define EVENT_FILE_FL_TRIGGER_COND	0x100	/* a trigger must see the entry */

/* What a probe keeps while it writes one entry. */
struct trace_event_buffer {
	struct trace_event_file *file;
	struct ring_buffer_event *event;	/* NULL: entry is in scratch, for triggers only */
	void *entry;
	u64 ctx;				/* the entry's first 8 bytes */
};

/* The entry to fill, its common part filled; NULL: nothing is to be recorded. */
void *trace_event_buffer_reserve(struct trace_event_buffer *fbuffer, struct trace_event_file *file, unsigned long len);
void trace_event_buffer_commit(struct trace_event_buffer *fbuffer);
#endif
