/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_RING_BUFFER_H
#define _LINUX_RING_BUFFER_H
#include <linux/types.h>
#include <asm/percpu.h>

/*
 * The trace ring buffer: per CPU a ring of pages, plus one page outside it that belongs to the reader.
 * The pages' contents are Linux 6.1's binary format.  The host allocates everything here, resizes, resets
 * and reads (tracefs/ring); the guest only writes events.  How writers nest: kernel/trace/ring_buffer.c.
 */

struct ring_buffer_event {
	u32 type_len:5, time_delta:27;
	u32 array[];
};

enum {
	RINGBUF_TYPE_DATA_TYPE_LEN_MAX = 28,
	RINGBUF_TYPE_PADDING,		/* array[0] bytes follow the header's next word; delta 0: rest of the page */
	RINGBUF_TYPE_TIME_EXTEND,	/* delta = array[0] << 27 | time_delta */
	RINGBUF_TYPE_TIME_STAMP,	/* the same, an absolute time */
};

#define RB_EVNT_HDR_SIZE	4U
#define RB_ALIGNMENT		4U
#define RB_MAX_SMALL_DATA	(RB_ALIGNMENT * RINGBUF_TYPE_DATA_TYPE_LEN_MAX)
#define RB_EVNT_MIN_SIZE	8U
#define RB_LEN_TIME_EXTEND	8U
#define TS_SHIFT		27
#define TS_MASK			((1ULL << TS_SHIFT) - 1)

struct buffer_data_page {
	u64 time_stamp;			/* of the page's first event */
	unsigned long commit;		/* bytes of data that readers may see */
	unsigned char data[] __aligned(4);
};
#define BUF_PAGE_HDR_SIZE	offsetof(struct buffer_data_page, data)
#define BUF_PAGE_SIZE		(4096U - BUF_PAGE_HDR_SIZE)
#define BUF_MAX_DATA_SIZE	(BUF_PAGE_SIZE - 2 * sizeof(u32))

/*
 * buffer_page.write packs what one reservation changes, so that one xadd does it: the next free byte, the
 * number of events, and how often the page was made the tail (which makes a stale reset of it fail).
 */
#define RB_WRITE_INDEX(w)	((w) & 0xffff)
#define RB_WRITE_ENTRIES(w)	((w) >> 16 & 0x3ff)
#define RB_WRITE_ENTRY		0x00010000U
#define RB_WRITE_UPDATE		0x04000000U
#define RB_WRITE_UPDATES	0xfc000000U

struct buffer_page {
	struct buffer_page *next, *prev;
	struct buffer_data_page *page;
	u32 write;
	u32 read;			/* host: bytes consumed; nonzero on the reader page only */
};

/* ring_buffer_per_cpu.state: 0 = the fast path may write */
#define RB_DEPTH		0x00ff	/* writers now inside, one in another */
#define RB_STOPPED		0x0100	/* host: some record_disabled is set */
#define RB_SLOW_CLOCK		0x0200	/* host: the clock is not plain scaled TSC */
#define RB_ABSOLUTE		0x0400	/* host: an absolute time stamp before each event */
#define RB_PID_FILTER		0x0800	/* host: function tracing must look at pids */
#define RB_NESTED		0x1000	/* a nested writer wrote what is perhaps not committed */
#define RB_FRESH		0x2000	/* host: nothing was ever written to the tail page */
#define RB_FLAG(flag)		((flag) >> 8)	/* as bits of state's second byte */
#define RB_MAX_DEPTH		5	/* normal, softirq, irq, nmi, and one more between two of them */

/* Owned by its CPU's writers; the host changes it while that CPU stands, at any instruction. */
struct ring_buffer_per_cpu {
	u32 state;
	int cpu;
	struct buffer_page *tail_page;		/* writers write here */
	struct buffer_page *commit_page;	/* the last page with committed events */
	u64 write_stamp;			/* time of the last event that was no nested one */
	u64 tsc_base, tsc_frac;			/* ns = (tsc - base) * frac >> 64, unless RB_SLOW_CLOCK */
	struct buffer_page *head_page;		/* oldest page of the ring */
	struct buffer_page *reader_page;	/* out of the ring; its next is the page to swap in */
	struct trace_buffer *buffer;
	unsigned long nr_pages;
	unsigned long record_disabled;
	unsigned long entries, entries_bytes;	/* of the pages that commit_page has left */
	unsigned long overrun, commit_overrun, dropped_events;
	/* the host's */
	unsigned long read, read_bytes, lost_events, last_overrun, pages_removed;
	u64 read_stamp;
};

#define RB_FL_OVERWRITE		1
#define RB_BUFFER_OFF		(1UL << 20)	/* in record_disabled: tracing_on is 0 */

struct trace_buffer {
	unsigned int flags;
	unsigned int clock;			/* index: kernel/trace/trace_clock.c */
	unsigned long record_disabled;
	unsigned int time_stamp_abs;
	unsigned int cpus;
	struct ring_buffer_per_cpu *buffers[NR_CPUS];
};

struct ring_buffer_event *ring_buffer_lock_reserve(struct trace_buffer *buffer, unsigned long length);
int ring_buffer_unlock_commit(struct trace_buffer *buffer, struct ring_buffer_event *event);
void ring_buffer_discard_commit(struct trace_buffer *buffer, struct ring_buffer_event *event);
int ring_buffer_write(struct trace_buffer *buffer, unsigned long length, void *data);
void ring_buffer_record_off(struct trace_buffer *buffer);
void ring_buffer_record_on(struct trace_buffer *buffer);
u64 ring_buffer_time_stamp(struct trace_buffer *buffer);

static __always_inline notrace void *ring_buffer_event_data(struct ring_buffer_event *event)
{
	return event->type_len ? event->array : event->array + 1;
}

static inline notrace unsigned int ring_buffer_event_length(struct ring_buffer_event *event)
{
	return event->type_len ? event->type_len * RB_ALIGNMENT : event->array[0] - sizeof(event->array[0]);
}

/*
 * For fast paths of tracers.  Both may be called where registers must not change: __rb_end_commit ends an
 * outermost write, and __rb_reservation_failed one whose xadd of `length` came out at `tail`, beyond the page.
 */
void __rb_end_commit(struct ring_buffer_per_cpu *cpu_buffer);
void __rb_reservation_failed(struct ring_buffer_per_cpu *cpu_buffer, struct buffer_page *tail_page,
			     u32 tail, u32 length);

/* state's bytes are stored and read apart: no load waits for a store of another width. */
static __always_inline notrace void rb_set_depth(struct ring_buffer_per_cpu *cpu_buffer, u8 depth)
{
	barrier();
	((volatile u8 *)&cpu_buffer->state)[0] = depth;
	barrier();
}

static __always_inline notrace u8 rb_depth(struct ring_buffer_per_cpu *cpu_buffer)
{
	return ((volatile u8 *)&cpu_buffer->state)[0];
}

static __always_inline notrace u8 rb_flags(struct ring_buffer_per_cpu *cpu_buffer)
{
	return ((volatile u8 *)&cpu_buffer->state)[1];
}
#endif
