/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/rwsem.h>
#include <linux/shrinker.h>
#include <linux/vmstat.h>
#include <linux/wait.h>
#include "internal.h"

static LIST_HEAD(shrinker_list);		/* shrinker_rwsem */
static DECLARE_RWSEM(shrinker_rwsem);
static DECLARE_WAIT_QUEUE_HEAD(kswapd_wait);
static int kswapd_order;

int register_shrinker(struct shrinker *s, const char *fmt, ...)
{
	down_write(&shrinker_rwsem);
	list_add_tail(&s->list, &shrinker_list);
	up_write(&shrinker_rwsem);
	return 0;
}
EXPORT_SYMBOL(register_shrinker);

void unregister_shrinker(struct shrinker *s)
{
	down_write(&shrinker_rwsem);
	list_del(&s->list);
	up_write(&shrinker_rwsem);
}
EXPORT_SYMBOL(unregister_shrinker);

static noinline_for_trace unsigned long do_shrink_slab(struct shrink_control *sc, struct shrinker *s, int priority)
{
	unsigned long freeable = s->count_objects(s, sc), freed;

	if (!freeable || freeable >= SHRINK_EMPTY)
		return 0;
	sc->nr_to_scan = max(freeable >> priority, 1ul);
	freed = s->scan_objects(s, sc);
	return freed == SHRINK_STOP ? 0 : freed;
}

unsigned long shrink_slab(gfp_t gfp, int nid, int priority)
{
	struct shrink_control sc = { .gfp_mask = gfp, .nid = nid };
	unsigned long freed = 0;
	struct shrinker *s;

	if (!down_read_trylock(&shrinker_rwsem))
		return 0;
	list_for_each_entry(s, &shrinker_list, list)
		freed += do_shrink_slab(&sc, s, priority);
	up_read(&shrinker_rwsem);
	return freed;
}

unsigned long try_to_free_pages(gfp_t gfp, int order)
{
	unsigned long freed = 0;

	for (int priority = 12; priority >= 0 && freed < 32; priority -= 4)
		freed += shrink_slab(gfp, 0, priority);
	return freed;
}

static bool pgdat_balanced(int order)
{
	return zone_watermark_ok(&contig_zone, order, wmark_pages(&contig_zone, WMARK_HIGH));
}

static noinline_for_trace void balance_pgdat(int order)
{
	for (int priority = 12; priority >= 0 && !pgdat_balanced(order); priority--)
		shrink_slab(GFP_KERNEL, 0, priority);
	drain_all_pages(NULL);
}

static void kswapd_try_to_sleep(void)
{
	DEFINE_WAIT(wait);

	prepare_to_wait(&kswapd_wait, &wait, TASK_INTERRUPTIBLE);
	if (!kthread_should_stop() && !kswapd_order)
		schedule();
	finish_wait(&kswapd_wait, &wait);
}

static int kswapd(void *p)
{
	while (!kthread_should_stop()) {
		int order;

		kswapd_try_to_sleep();
		order = xchg(&kswapd_order, 0);
		if (order)
			balance_pgdat(order - 1);
	}
	return 0;
}

void wakeup_kswapd(struct zone *zone, gfp_t gfp, int order, int highest_zoneidx)
{
	WRITE_ONCE(kswapd_order, max(kswapd_order, order + 1));
	if (waitqueue_active(&kswapd_wait) && !pgdat_balanced(order))
		wake_up_interruptible(&kswapd_wait);
}

static __init int kswapd_init(void)
{
	kthread_run(kswapd, NULL, "kswapd%d", 0);
	return 0;
}
device_initcall(kswapd_init);
