/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_PREEMPT_H
#define _LINUX_PREEMPT_H
#include <linux/types.h>
#include <asm/percpu.h>
#include <asm/hot_word.h>

#define PREEMPT_SHIFT		0
#define SOFTIRQ_SHIFT		8
#define HARDIRQ_SHIFT		16
#define NMI_SHIFT		20
#define PREEMPT_MASK		0x000000ff
#define SOFTIRQ_MASK		0x0000ff00
#define HARDIRQ_MASK		0x000f0000
#define NMI_MASK		0x00f00000
#define PREEMPT_OFFSET		1
#define SOFTIRQ_OFFSET		(1 << SOFTIRQ_SHIFT)
#define HARDIRQ_OFFSET		(1 << HARDIRQ_SHIFT)
#define NMI_OFFSET		(1 << NMI_SHIFT)
#define SOFTIRQ_DISABLE_OFFSET	(2 * SOFTIRQ_OFFSET)
#define PREEMPT_DISABLED	PREEMPT_OFFSET
#define INIT_PREEMPT_COUNT	PREEMPT_OFFSET
#define FORK_PREEMPT_COUNT	(2 * PREEMPT_OFFSET)

#define preempt_count()		(this_hot->preempt_count)
#define nmi_count()		(preempt_count() & NMI_MASK)
#define hardirq_count()		(preempt_count() & HARDIRQ_MASK)
#define softirq_count()		(preempt_count() & SOFTIRQ_MASK)
#define irq_count()		(preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_MASK))
#define in_nmi()		(nmi_count())
#define in_hardirq()		(hardirq_count())
#define in_irq()		(hardirq_count())
#define in_softirq()		(softirq_count())
#define in_serving_softirq()	(softirq_count() & SOFTIRQ_OFFSET)
#define in_interrupt()		(irq_count())
#define in_task()		(!(preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET)))
#define in_atomic()		(preempt_count() != 0)
#define preemptible()		(preempt_count() == 0 && !irqs_disabled())

static __always_inline notrace void __preempt_count_add(int n) { this_hot->preempt_count += n; barrier(); }
static __always_inline notrace void __preempt_count_sub(int n) { barrier(); this_hot->preempt_count -= n; }
static __always_inline notrace void preempt_count_add(int n)
{
	__preempt_count_add(n);
	if (unlikely(this_hot->trace_preemptirq & TRACE_PREEMPT_TOGGLE))
		preempt_latency_start(n);
	barrier();
}
static __always_inline notrace void preempt_count_sub(int n)
{
	if (unlikely(this_hot->trace_preemptirq & TRACE_PREEMPT_TOGGLE))
		preempt_latency_stop(n);
	__preempt_count_sub(n);
}
#define preempt_count_inc()	preempt_count_add(1)
#define preempt_count_dec()	preempt_count_sub(1)
#define preempt_disable()	preempt_count_add(1)
#define preempt_enable_no_resched() preempt_count_sub(1)
#define sched_preempt_enable_no_resched() preempt_count_sub(1)

/*
 * When the count reaches 0 a CPU looks at the hot word.  preempt_enable_slow() (kernel/sched/preempt.c) then tells the
 * tracer, polls the host and, where the kernel is fully preemptible, reschedules.
 */
void preempt_enable_slow(void);
void preempt_enable_notrace_slow(void);
static __always_inline notrace void preempt_enable(void)
{
	barrier();
	if (!--this_hot->preempt_count &&
	    unlikely(hot_word() & (HOT_RESCHED | HOT_POLL | HOT_TRACE(TRACE_PREEMPT_TOGGLE))))
		preempt_enable_slow();
	barrier();
}
#define preempt_disable_notrace() __preempt_count_add(1)
static __always_inline notrace void preempt_enable_notrace(void)
{
	barrier();
	if (!--this_hot->preempt_count && unlikely(hot_word() & (HOT_RESCHED | HOT_POLL)))
		preempt_enable_notrace_slow();
}
#define preempt_enable_no_resched_notrace() __preempt_count_sub(1)
#define preempt_check_resched()	do { if (need_resched() && !preempt_count()) preempt_enable_notrace_slow(); } while (0)
#define preempt_lazy_disable()	do { } while (0)

static __always_inline notrace void migrate_disable(void) { preempt_disable(); this_hot->migrate_disable++; }
static __always_inline notrace void migrate_enable(void) { this_hot->migrate_disable--; preempt_enable(); }
void preempt_schedule(void);
void preempt_schedule_irq(void);
extern int preempt_dynamic_full;		/* 0: voluntary, as Debian's 6.1 */
#define get_cpu()		({ preempt_disable(); smp_processor_id(); })
#define put_cpu()		preempt_enable()
#define get_cpu_var(v)		(*({ preempt_disable(); &(v)[smp_processor_id()]; }))
#define put_cpu_var(v)		do { (void)(v); preempt_enable(); } while (0)
#define get_cpu_ptr(v)		({ preempt_disable(); &(v)[smp_processor_id()]; })
#define put_cpu_ptr(v)		do { (void)(v); preempt_enable(); } while (0)
#endif
