// SPDX-License-Identifier: MIT
/* What kernel/trace needs of the rest of a kernel, and something to trace. */
#include <linux/ftrace.h>
#include <linux/spinlock_types.h>
#include <asm/setup.h>
#include "../../../kernel_image/kernel/trace/trace.h"

struct pcpu_hot pcpu_hot[NR_CPUS];
struct boot_params boot_params;
struct task_struct init_task;
struct task_struct tasks[NR_CPUS];
int nr_cpu_ids = NR_CPUS;
char stacks[NR_CPUS][16384] __aligned(16);

/* For fgraph.c, of which nothing that allocates is run here. */
#define CACHES	32
struct kmem_cache *kmalloc_caches[CACHES];
notrace void *kmalloc_trace(struct kmem_cache *s, unsigned int flags, unsigned long size) { return NULL; }
notrace void kfree(const void *object) { }
notrace void arch_spin_lock(arch_spinlock_t *lock) { }
notrace void arch_spin_unlock(arch_spinlock_t *lock) { }
notrace struct task_struct *idle_task(int cpu) { return &tasks[cpu]; }
notrace void panic(const char *why, ...)
{
	for (;;)
		asm volatile("hlt");
}

/* For filters of events, which are not run here either. */
notrace long strncpy_from_kernel_nofault(char *dst, const void *unsafe_addr, long count) { return -1; }
notrace long strncpy_from_user_nofault(char *dst, const void *unsafe_addr, long count) { return -1; }

/* For stack walks, which do not come to user mode here. */
const char user_mode_begin[1], user_mode_end[1];

/* An event of any type with `length` bytes behind the type: the number, then the number's low byte. */
notrace int write_event(struct trace_buffer *buffer, u32 number, u32 length)
{
	struct ring_buffer_event *event = ring_buffer_lock_reserve(buffer, length + 8);
	u8 *data;

	if (!event)
		return -1;
	data = ring_buffer_event_data(event);
	*(u32 *)data = 0x1234;
	*(u32 *)(data + 4) = number;
	for (u32 i = 0; i < length; i++)
		data[8 + i] = number;
	return ring_buffer_unlock_commit(buffer, event);
}

notrace int discard_event(struct trace_buffer *buffer, u32 number, u32 length)
{
	struct ring_buffer_event *event = ring_buffer_lock_reserve(buffer, length + 8);

	if (!event)
		return -1;
	*(u32 *)ring_buffer_event_data(event) = number;
	ring_buffer_discard_commit(buffer, event);
	return 0;
}

static unsigned long table[64];

noinline unsigned long leaf(unsigned long a)
{
	table[a & 63] += a;
	return table[(a + 7) & 63] ^ a;
}

noinline unsigned long mid(unsigned long a)
{
	unsigned long sum = 0;

	for (int i = 0; i < 3; i++)
		sum += leaf(a + i);
	return sum;
}

noinline unsigned long string(unsigned long a)
{
	volatile char b[16];
	unsigned long hash = 5381;

	for (int i = 0; i < 12; i++)
		b[i] = a >> i;
	for (int i = 0; i < 12; i++)
		hash = hash * 33 + b[i];
	return hash;
}

noinline unsigned long top(unsigned long a)
{
	return mid(a) + string(a) + leaf(a);
}

/* Seven traced calls a round. */
notrace unsigned long workload(unsigned long rounds)
{
	unsigned long sum = 0;

	for (unsigned long i = 0; i < rounds; i++)
		sum += top(i + sum);
	return sum;
}

struct ftrace_ops test_ops;
static struct ftrace_ret_stack ret_stack[FTRACE_RETFUNC_DEPTH];

/* Let graph_call record into tr. */
notrace void start_graph(struct trace_array *tr)
{
	tasks[0].ret_stack = ret_stack;
	tasks[0].curr_ret_stack = tasks[0].curr_ret_depth = -1;
	graph_array = tr;
	fgraph_unusual = 0;
	ftrace_graph_active = 1;
}

/* Calls whose returns are still to come. */
notrace int graph_pending(void)
{
	return tasks[0].curr_ret_stack + 1;
}

ABI_DEFS(driver)
{
	ABI_SIZE(pcpu_hot);
	ABI_OFFSET(pcpu_hot, current_task);
	ABI_OFFSET(pcpu_hot, cpu_number);
	ABI_OFFSET(pcpu_hot, preempt_count);
	ABI_OFFSET(pcpu_hot, need_resched);
	ABI_OFFSET(pcpu_hot, host_poll);
	ABI_OFFSET(pcpu_hot, clock_ns);
	ABI_OFFSET(pcpu_hot, tracing_cpu);
	ABI_OFFSET(boot_params, tsc_mult);
	ABI_OFFSET(boot_params, tsc_shift);
	ABI_OFFSET(boot_params, tsc_base);
	ABI_OFFSET(boot_params, deterministic);
	ABI_SIZE(task_struct);
	ABI_OFFSET(task_struct, pid);
}

#ifndef __x86_64__
/* Nobody hooks returns here. */
__attribute__((regparm(3))) notrace void prepare_ftrace_return(unsigned long *parent, unsigned long self_addr) { }
notrace void prepare_ftrace_return_pushed(unsigned long *parent, unsigned long self_addr) { }
notrace unsigned long ftrace_return_to_handler(void) { return 0; }
#endif
