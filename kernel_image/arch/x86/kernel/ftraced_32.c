// SPDX-License-Identifier: MIT
/*
 * Call sites found at run time, as 2.6.27 did it: each site calls mcount, which calls ftrace_record_ip; once a
 * second ftraced has the host turn what was recorded into nops.  The host decides at boot whether this is a kernel
 * of that kind (ftraced_wanted), gives the pages of slots, and makes mcount lead here.  Recording never allocates.
 */
#include <linux/ftrace.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/list.h>
#include <linux/jiffies.h>
#include <asm/hypercall.h>
#include <asm/page.h>
#include <asm/percpu.h>

struct dyn_ftrace {
	struct hlist_node node;		/* ftrace_hash */
	unsigned long ip;		/* the host makes it 0 when that code is gone */
	unsigned long flags;
};

struct ftrace_page {
	struct ftrace_page *next;
	unsigned int index;		/* slots in use: ftrace_hash_lock */
	struct dyn_ftrace records[];
};

#define ENTRIES_PER_PAGE	((PAGE_SIZE - sizeof(struct ftrace_page)) / sizeof(struct dyn_ftrace))
#define FTRACE_HASHBITS		10

struct ftrace_page *ftrace_pages_start;
struct ftrace_page *ftrace_pages;	/* the one in use: ftrace_hash_lock */
u32 ftraced_wanted, ftrace_recording;	/* the host's */
u32 ftraced_trigger;			/* something was recorded since ftraced looked */
static struct hlist_head ftrace_hash[1 << FTRACE_HASHBITS];	/* grows under ftrace_hash_lock */
static int ftrace_hash_lock;
static DEFINE_PER_CPU(int, ftrace_record_busy);

static struct hlist_head *ftrace_bucket(unsigned long ip)
{
	return &ftrace_hash[(u32)ip * 0x9e3779b1U >> (32 - FTRACE_HASHBITS)];
}

static bool ftrace_ip_in_hash(unsigned long ip)
{
	struct hlist_node *n;

	for (n = ftrace_bucket(ip)->first; n; n = n->next)
		if (container_of(n, struct dyn_ftrace, node)->ip == ip)
			return true;
	return false;
}

static struct dyn_ftrace *ftrace_alloc_dyn_node(void)
{
	if (ftrace_pages->index == ENTRIES_PER_PAGE) {
		if (!ftrace_pages->next)
			return NULL;
		ftrace_pages = ftrace_pages->next;
	}
	return &ftrace_pages->records[ftrace_pages->index++];
}

static void ftrace_add(unsigned long ip)
{
	struct dyn_ftrace *rec;

	while (__sync_lock_test_and_set(&ftrace_hash_lock, 1))
		hypercall(HC_YIELD, 0, 0, 0, 0);
	/* another CPU may have been quicker */
	if (!ftrace_ip_in_hash(ip)) {
		rec = ftrace_alloc_dyn_node();
		if (rec) {
			rec->ip = ip;
			hlist_add_head(&rec->node, ftrace_bucket(ip));
			ftraced_trigger = 1;
		}
	}
	__sync_lock_release(&ftrace_hash_lock);
}

/* From mcount, in any context.  The counter keeps interrupts that come in the middle, NMIs too, out of here. */
void ftrace_record_ip(unsigned long ip)
{
	int cpu;

	if (!ftrace_recording)
		return;
	this_hot->preempt_count++;
	cpu = raw_smp_processor_id();
	if (!ftrace_record_busy[cpu]++ && !ftrace_ip_in_hash(ip))
		ftrace_add(ip);
	ftrace_record_busy[cpu]--;
	this_hot->preempt_count--;
}

static int ftraced(void *unused)
{
	while (!kthread_should_stop()) {
		schedule_timeout_interruptible(HZ);
		hypercall(HC_FTRACED, 0, 0, 0, 0);
	}
	return 0;
}

static __init int ftraced_init(void)
{
	return ftraced_wanted ? PTR_ERR_OR_ZERO(kthread_run(ftraced, NULL, "ftraced")) : 0;
}
late_initcall(ftraced_init);

ABI_DEFS(ftraced)
{
	ABI_CONST(ENTRIES_PER_PAGE);
	ABI_SIZE(ftrace_page);
	ABI_OFFSET(ftrace_page, next);
	ABI_OFFSET(ftrace_page, index);
	ABI_OFFSET(ftrace_page, records);
	ABI_SIZE(dyn_ftrace);
	ABI_OFFSET(dyn_ftrace, ip);
}
