// SPDX-License-Identifier: MIT
/*
 * Writers of the ring buffer.
 *
 * Only its own CPU writes a per-CPU buffer, so writers on it nest like calls: an interrupt or NMI that
 * writes at any instruction finishes before the writer under it goes on.  The host, which reads, is one
 * more such visitor.  Hence single instructions (xadd, cmpxchg, add) are all the atomicity needed.
 *
 * Depth.  state's low byte counts the writers inside.  The outermost (depth 1) alone moves the commit
 * position, after all nested ones are done: a reader never meets a hole.
 *
 * Time.  write_stamp is the time that a decoder of the page arrives at after the last event.  Only the
 * outermost writer moves it, after it has read tail_page and before it reserves.  A nested writer takes
 * write_stamp as its time, with delta 0 (or as the page's time stamp, if it is first on a page).
 *
 * Reservation.  One xadd on the tail page's `write`.  A result beyond the page fails: the writer takes
 * its part back (whoever straddled the end leaves padding, so that the page stays full), then moves the
 * tail and tries again, on the new page.
 *
 * Moving the tail, each step safe against a nested writer that does all of it:
 *   1. read head_page, then tail->next.  In this order a page that the reader takes out of the ring
 *      between the two is not mistaken for a free one.
 *   2. next is the head: in overwrite mode push the head on, by cmpxchg; failing means that somebody else
 *      did, or that the reader took the page: look again.
 *   3. reset next->write by cmpxchg, only if it is as it was before tail_page was seen unchanged: bumping
 *      its update count first makes any other visit to the page visible.
 *   4. cmpxchg tail_page.  Failing means that a nested writer moved it: fine as well.
 * The commit page cannot move while any writer is inside, and the tail never passes it, so tail_page
 * cannot come back to the same value (no ABA).
 */
#include <linux/ring_buffer.h>
#include <linux/trace_clock.h>
#include "trace.h"

/* These are atomic against whatever interrupts this CPU. */
static __always_inline u32 xadd_local(u32 *p, u32 n)
{
	asm volatile("xaddl %0, %1" : "+r"(n), "+m"(*p) :: "memory", "cc");
	return n;
}

static __always_inline void local_add(unsigned long *p, unsigned long n)
{
	asm volatile("add %1, %0" : "+m"(*p) : "r"(n) : "memory", "cc");
}

static __always_inline void local_sub(unsigned long *p, unsigned long n)
{
	asm volatile("sub %1, %0" : "+m"(*p) : "r"(n) : "memory", "cc");
}

static __always_inline void set_write_stamp(struct ring_buffer_per_cpu *cpu_buffer, u64 ts)
{
#ifdef __x86_64__
	WRITE_ONCE(cpu_buffer->write_stamp, ts);
#else
	/* A nested writer must not see one half. */
	u64 old = cpu_buffer->write_stamp;

	while (!__sync_bool_compare_and_swap(&cpu_buffer->write_stamp, old, ts))
		old = cpu_buffer->write_stamp;
#endif
}

static __always_inline struct ring_buffer_event *rb_page_index(struct buffer_page *bpage, u32 index)
{
	return (void *)(bpage->page->data + index);
}

/* Length of an event with `length` bytes of data, header included. */
static u32 rb_calculate_event_length(u32 length)
{
	if (!length)
		length = 1;
	if (length > RB_MAX_SMALL_DATA)
		length += sizeof(u32);
	length = (length + RB_EVNT_HDR_SIZE + RB_ALIGNMENT - 1) & -RB_ALIGNMENT;
	/* 6.1 wants 8 bytes for padding left if a time extend should take this event's place. */
	if (length == RB_LEN_TIME_EXTEND + RB_ALIGNMENT)
		length += RB_ALIGNMENT;
	return length;
}

/*
 * The outermost writer makes everything written so far visible.  If it has not reserved anything, but moved
 * write_stamp, the pages that nested writers came to meanwhile may be of an older date: `date` them anew.
 */
static void rb_set_commit_to_write(struct ring_buffer_per_cpu *cpu_buffer, bool date)
{
	struct buffer_page *bpage;

	while ((bpage = cpu_buffer->commit_page) != READ_ONCE(cpu_buffer->tail_page)) {
		/* Nobody writes to a page that the tail has left. */
		u32 write = READ_ONCE(bpage->write);

		bpage->page->commit = RB_WRITE_INDEX(write);
		local_add(&cpu_buffer->entries, RB_WRITE_ENTRIES(write));
		local_add(&cpu_buffer->entries_bytes, RB_WRITE_INDEX(write));
		bpage = bpage->next;
		if (date)
			bpage->page->time_stamp = cpu_buffer->write_stamp;
		WRITE_ONCE(cpu_buffer->commit_page, bpage);
	}
	WRITE_ONCE(bpage->page->commit, RB_WRITE_INDEX(READ_ONCE(bpage->write)));
}

/*
 * Ends what raising the depth began.  A nested writer says that it wrote, so that one which comes between the
 * last look at `write` and depth 0 is noticed.
 */
static void rb_end_commit(struct ring_buffer_per_cpu *cpu_buffer)
{
	u32 depth = rb_depth(cpu_buffer);

	if (depth > 1) {
		asm volatile("orb %1, %0" : "+m"(((u8 *)&cpu_buffer->state)[1]) : "i"(RB_FLAG(RB_NESTED)) : "cc");
		rb_set_depth(cpu_buffer, depth - 1);
		return;
	}
	do {
		rb_set_depth(cpu_buffer, 1);
		asm volatile("andb %1, %0" : "+m"(((u8 *)&cpu_buffer->state)[1]) : "i"((u8)~RB_FLAG(RB_NESTED | RB_FRESH)) : "cc");
		rb_set_commit_to_write(cpu_buffer, false);
		rb_set_depth(cpu_buffer, 0);
	} while (unlikely(rb_flags(cpu_buffer) & RB_FLAG(RB_NESTED)));
}

no_caller_saved void __rb_end_commit(struct ring_buffer_per_cpu *cpu_buffer)
{
	rb_end_commit(cpu_buffer);
}

/* Take a failed reservation of `length` at `tail` back, and leave the page full. */
static void rb_reset_tail(struct buffer_page *tail_page, u32 tail, u32 length)
{
	if (tail < BUF_PAGE_SIZE) {
		struct ring_buffer_event *event = rb_page_index(tail_page, tail);

		event->type_len = RINGBUF_TYPE_PADDING;
		if (tail > BUF_PAGE_SIZE - RB_EVNT_MIN_SIZE) {
			event->time_delta = 0;
		} else {
			event->array[0] = BUF_PAGE_SIZE - tail - RB_EVNT_HDR_SIZE;
			event->time_delta = 1;
			length -= BUF_PAGE_SIZE - tail;		/* the padding stays reserved */
		}
		barrier();
	}
	xadd_local(&tail_page->write, -(length + RB_WRITE_ENTRY));
}

no_caller_saved void __rb_reservation_failed(struct ring_buffer_per_cpu *cpu_buffer, struct buffer_page *tail_page,
					     u32 tail, u32 length)
{
	rb_reset_tail(tail_page, tail, length);
	rb_set_commit_to_write(cpu_buffer, true);
	rb_end_commit(cpu_buffer);
}

/* False: no room, and counted. */
static bool rb_move_tail(struct ring_buffer_per_cpu *cpu_buffer, struct buffer_page *tail_page)
{
	struct buffer_page *head, *next;
	u32 write;

	for (;;) {
		head = READ_ONCE(cpu_buffer->head_page);
		next = READ_ONCE(tail_page->next);
		/* Nested writers went all the way round to what is not committed yet. */
		if (unlikely(next == READ_ONCE(cpu_buffer->commit_page))) {
			local_add(&cpu_buffer->commit_overrun, 1);
			return false;
		}
		if (next != head)
			break;
		if (READ_ONCE(cpu_buffer->commit_page) == READ_ONCE(cpu_buffer->reader_page)) {
			/* The tail leaves the reader page; the ring is empty, unless nested writers filled it. */
			if (cpu_buffer->commit_page != READ_ONCE(cpu_buffer->tail_page)) {
				local_add(&cpu_buffer->commit_overrun, 1);
				return false;
			}
			break;
		}
		if (!(cpu_buffer->buffer->flags & RB_FL_OVERWRITE)) {
			local_add(&cpu_buffer->dropped_events, 1);
			return false;
		}
		write = READ_ONCE(head->write);
		if (__sync_bool_compare_and_swap(&cpu_buffer->head_page, head, head->next)) {
			local_add(&cpu_buffer->overrun, RB_WRITE_ENTRIES(write));
			local_sub(&cpu_buffer->entries_bytes, RB_WRITE_INDEX(write));
			break;
		}
	}

	write = xadd_local(&next->write, RB_WRITE_UPDATE) + RB_WRITE_UPDATE;
	if (READ_ONCE(cpu_buffer->tail_page) == tail_page) {
		(void)__sync_val_compare_and_swap(&next->write, write, write & RB_WRITE_UPDATES);
		next->page->commit = 0;		/* nobody else commits while we are inside */
		(void)__sync_val_compare_and_swap(&cpu_buffer->tail_page, tail_page, next);
	}
	return true;
}

static struct ring_buffer_event *rb_add_time_stamp(struct ring_buffer_event *event, u64 value, bool absolute)
{
	event->type_len = absolute ? RINGBUF_TYPE_TIME_STAMP : RINGBUF_TYPE_TIME_EXTEND;
	event->time_delta = value & TS_MASK;
	event->array[0] = value >> TS_SHIFT;
	return (void *)event + RB_LEN_TIME_EXTEND;
}

static struct ring_buffer_event *rb_reserve_next_event(struct ring_buffer_per_cpu *cpu_buffer, u32 data_length)
{
	u32 event_length = rb_calculate_event_length(data_length);
	bool nested = rb_depth(cpu_buffer) > 1;
	bool absolute = cpu_buffer->state & RB_ABSOLUTE;
	struct ring_buffer_event *event;
	struct buffer_page *tail_page;
	u32 write, tail, length;
	bool extend, moved;
	u64 ts, delta;

	for (;;) {
		tail_page = READ_ONCE(cpu_buffer->tail_page);
		write = READ_ONCE(tail_page->write);
		barrier();
		delta = 0;
		if (nested) {
			ts = cpu_buffer->write_stamp;
		} else {
			ts = trace_clock_read(cpu_buffer->buffer->clock);
			if (unlikely(ts < cpu_buffer->write_stamp))
				ts = cpu_buffer->write_stamp;	/* never back in time */
			if (RB_WRITE_INDEX(write))
				delta = ts - cpu_buffer->write_stamp;
			set_write_stamp(cpu_buffer, ts);
		}
		extend = absolute || delta > TS_MASK;
		length = event_length + (extend ? RB_LEN_TIME_EXTEND : 0);
		barrier();
		tail = RB_WRITE_INDEX(xadd_local(&tail_page->write, length + RB_WRITE_ENTRY));
		if (likely(tail + length <= BUF_PAGE_SIZE))
			break;
		rb_reset_tail(tail_page, tail, length);
		moved = rb_move_tail(cpu_buffer, tail_page);
		if (!nested)
			rb_set_commit_to_write(cpu_buffer, true);
		if (!moved)
			return NULL;
	}

	/*
	 * The outermost that found the page empty dates it, even if a nested one came first on it meanwhile:
	 * their deltas are 0.
	 */
	if (nested ? !tail : !RB_WRITE_INDEX(write))
		tail_page->page->time_stamp = ts;

	event = rb_page_index(tail_page, tail);
	if (extend) {
		event = rb_add_time_stamp(event, absolute ? ts : delta, absolute);
		delta = 0;
	}
	event->time_delta = delta;
	event_length -= RB_EVNT_HDR_SIZE;
	if (event_length > RB_MAX_SMALL_DATA) {
		event->type_len = 0;
		event->array[0] = event_length;
	} else {
		event->type_len = event_length / RB_ALIGNMENT;
	}
	return event;
}

static struct ring_buffer_per_cpu *rb_this_cpu(struct trace_buffer *buffer)
{
	return buffer->buffers[raw_smp_processor_id()];
}

/* Room for `length` bytes of data on this CPU, or NULL.  Ended by ring_buffer_unlock_commit or _discard_commit. */
struct ring_buffer_event *ring_buffer_lock_reserve(struct trace_buffer *buffer, unsigned long length)
{
	struct ring_buffer_per_cpu *cpu_buffer = rb_this_cpu(buffer);
	struct ring_buffer_event *event;
	u32 depth;

	if (unlikely(!cpu_buffer || cpu_buffer->state & RB_STOPPED || length > BUF_MAX_DATA_SIZE))
		return NULL;
	depth = rb_depth(cpu_buffer);
	if (unlikely(depth >= RB_MAX_DEPTH))
		return NULL;
	rb_set_depth(cpu_buffer, depth + 1);
	event = rb_reserve_next_event(cpu_buffer, length);
	if (unlikely(!event))
		rb_end_commit(cpu_buffer);
	return event;
}

int ring_buffer_unlock_commit(struct trace_buffer *buffer, struct ring_buffer_event *event)
{
	rb_end_commit(rb_this_cpu(buffer));
	return 0;
}

static u32 rb_event_data_length(struct ring_buffer_event *event)
{
	return event->type_len ? event->type_len * RB_ALIGNMENT : event->array[0];
}

/*
 * The event becomes padding, or is cut off again if nothing came after it (unless the page would be empty, which
 * is for RB_FRESH to know).  Readers do not add a padding's
 * delta, so write_stamp steps back by it; what nested after the event moves back with it.
 */
void ring_buffer_discard_commit(struct trace_buffer *buffer, struct ring_buffer_event *event)
{
	struct ring_buffer_per_cpu *cpu_buffer = rb_this_cpu(buffer);
	unsigned long where = (unsigned long)event & -4096UL;
	u32 length = rb_event_data_length(event);
	struct buffer_page *bpage;
	u32 write, start, delta;

	/* Nested writers may have moved the tail on, but the event's page is not overwritten before it is committed. */
	for (bpage = cpu_buffer->commit_page; (unsigned long)bpage->page != where; bpage = bpage->next)
		;
	start = (void *)event - (void *)bpage->page->data;
	delta = event->time_delta;
	write = READ_ONCE(bpage->write);
	if (!start || RB_WRITE_INDEX(write) != start + RB_EVNT_HDR_SIZE + length ||
	    !__sync_bool_compare_and_swap(&bpage->write, write,
					  write - (RB_EVNT_HDR_SIZE + length + RB_WRITE_ENTRY))) {
		event->array[0] = length;
		event->time_delta = delta ? delta : 1;
		event->type_len = RINGBUF_TYPE_PADDING;
		(void)xadd_local(&bpage->write, -RB_WRITE_ENTRY);
	}
	if (bpage == READ_ONCE(cpu_buffer->tail_page))
		set_write_stamp(cpu_buffer, cpu_buffer->write_stamp - delta);
	rb_end_commit(cpu_buffer);
}

int ring_buffer_write(struct trace_buffer *buffer, unsigned long length, void *data)
{
	struct ring_buffer_event *event = ring_buffer_lock_reserve(buffer, length);

	if (!event)
		return -EBUSY;
	__builtin_memcpy(ring_buffer_event_data(event), data, length);
	return ring_buffer_unlock_commit(buffer, event);
}

static void rb_update_stopped(struct trace_buffer *buffer)
{
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
		struct ring_buffer_per_cpu *cpu_buffer = buffer->buffers[cpu];

		if (!cpu_buffer)
			continue;
		if (buffer->record_disabled || cpu_buffer->record_disabled)
			cpu_buffer->state |= RB_STOPPED;
		else
			cpu_buffer->state &= ~RB_STOPPED;
	}
}

/* What tracing_off() does: a switch, not a count. */
void ring_buffer_record_off(struct trace_buffer *buffer)
{
	buffer->record_disabled |= RB_BUFFER_OFF;
	rb_update_stopped(buffer);
}

void ring_buffer_record_on(struct trace_buffer *buffer)
{
	buffer->record_disabled &= ~RB_BUFFER_OFF;
	rb_update_stopped(buffer);
}

/* The present time on the buffer's clock. */
u64 ring_buffer_time_stamp(struct trace_buffer *buffer)
{
	return trace_clock_read(buffer->clock);
}

ABI_DEFS(ring_buffer)
{
	ABI_SIZE(buffer_page);
	ABI_OFFSET(buffer_page, next);
	ABI_OFFSET(buffer_page, prev);
	ABI_OFFSET(buffer_page, page);
	ABI_OFFSET(buffer_page, write);
	ABI_OFFSET(buffer_page, read);
	ABI_OFFSET(buffer_data_page, commit);
	ABI_SIZE(ring_buffer_per_cpu);
	ABI_OFFSET(ring_buffer_per_cpu, state);
	ABI_OFFSET(ring_buffer_per_cpu, cpu);
	ABI_OFFSET(ring_buffer_per_cpu, tail_page);
	ABI_OFFSET(ring_buffer_per_cpu, commit_page);
	ABI_OFFSET(ring_buffer_per_cpu, write_stamp);
	ABI_OFFSET(ring_buffer_per_cpu, tsc_base);
	ABI_OFFSET(ring_buffer_per_cpu, tsc_frac);
	ABI_OFFSET(ring_buffer_per_cpu, head_page);
	ABI_OFFSET(ring_buffer_per_cpu, reader_page);
	ABI_OFFSET(ring_buffer_per_cpu, buffer);
	ABI_OFFSET(ring_buffer_per_cpu, nr_pages);
	ABI_OFFSET(ring_buffer_per_cpu, record_disabled);
	ABI_OFFSET(ring_buffer_per_cpu, entries);
	ABI_OFFSET(ring_buffer_per_cpu, entries_bytes);
	ABI_OFFSET(ring_buffer_per_cpu, overrun);
	ABI_OFFSET(ring_buffer_per_cpu, commit_overrun);
	ABI_OFFSET(ring_buffer_per_cpu, dropped_events);
	ABI_OFFSET(ring_buffer_per_cpu, read);
	ABI_OFFSET(ring_buffer_per_cpu, read_bytes);
	ABI_OFFSET(ring_buffer_per_cpu, lost_events);
	ABI_OFFSET(ring_buffer_per_cpu, last_overrun);
	ABI_OFFSET(ring_buffer_per_cpu, pages_removed);
	ABI_OFFSET(ring_buffer_per_cpu, read_stamp);
	ABI_SIZE(trace_buffer);
	ABI_OFFSET(trace_buffer, flags);
	ABI_OFFSET(trace_buffer, clock);
	ABI_OFFSET(trace_buffer, record_disabled);
	ABI_OFFSET(trace_buffer, time_stamp_abs);
	ABI_OFFSET(trace_buffer, cpus);
	ABI_OFFSET(trace_buffer, buffers);
	ABI_CONST(BUF_PAGE_HDR_SIZE);
}
