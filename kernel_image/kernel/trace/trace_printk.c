// SPDX-License-Identifier: MIT
/* trace_printk: text that this kernel and its modules write into the top ring buffer. */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <linux/sprintf.h>
#include <linux/string.h>
#include <linux/trace_printk.h>
#include "trace.h"

#define TRACE_BUF_SIZE	1024

/* Formats of modules: the host reads the list for printk_formats. */
struct trace_bprintk_fmt {
	struct trace_bprintk_fmt *next;
	char fmt[];
};
struct trace_bprintk_fmt *trace_bprintk_fmt_list;
static struct trace_bprintk_fmt **trace_bprintk_fmt_last = &trace_bprintk_fmt_list;
static DEFINE_MUTEX(btrace_mutex);

extern const char *__start___trace_bprintk_fmt[], *__stop___trace_bprintk_fmt[];

/* The array that is not an instance; NULL: trace_printk is turned off there. */
static struct trace_array *printk_array(void)
{
	struct trace_array *tr = ftrace_trace_arrays;

	while (tr && tr->next)
		tr = tr->next;
	return tr && tr->trace_flags & TRACE_ITER_PRINTK ? tr : NULL;
}

static void *reserve(struct trace_array *tr, struct ring_buffer_event **event, u16 type, size_t size)
{
	void *entry;

	*event = ring_buffer_lock_reserve(tr->buffer, size);
	if (!*event)
		return NULL;
	entry = ring_buffer_event_data(*event);
	*(u64 *)entry = tracing_gen_ctx(type);
	return entry;
}

int __trace_bprintk(unsigned long ip, const char *fmt, ...)
{
	struct trace_array *tr = fmt ? printk_array() : NULL;
	u32 words[TRACE_BUF_SIZE / sizeof(u32)];
	struct ring_buffer_event *event;
	struct bprint_entry *entry;
	va_list args;
	int len;

	if (!tr)
		return 0;
	va_start(args, fmt);
	len = vbin_printf(words, ARRAY_SIZE(words), fmt, args);
	va_end(args);
	if (len > (int)ARRAY_SIZE(words))
		return 0;
	entry = reserve(tr, &event, TRACE_BPRINT, sizeof(*entry) + sizeof(u32) * len);
	if (!entry)
		return 0;
	entry->ip = ip;
	entry->fmt = fmt;
	memcpy(entry->buf, words, sizeof(u32) * len);
	ring_buffer_unlock_commit(tr->buffer, event);
	return len;
}
EXPORT_SYMBOL(__trace_bprintk);

static int write_print(struct trace_array *tr, unsigned long ip, const char *text, int len)
{
	struct ring_buffer_event *event;
	struct print_entry *entry = reserve(tr, &event, TRACE_PRINT, sizeof(*entry) + len + 1);

	if (!entry)
		return 0;
	entry->ip = ip;
	memcpy(entry->buf, text, len);
	entry->buf[len] = '\0';
	ring_buffer_unlock_commit(tr->buffer, event);
	return len;
}

int __trace_printk(unsigned long ip, const char *fmt, ...)
{
	struct trace_array *tr = printk_array();
	char text[TRACE_BUF_SIZE];
	va_list args;
	int len;

	if (!tr)
		return 0;
	va_start(args, fmt);
	len = vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return write_print(tr, ip, text, len);
}
EXPORT_SYMBOL(__trace_printk);

/* Gets a newline where it has none, as a line of the output needs one. */
int __trace_puts(unsigned long ip, const char *str)
{
	struct trace_array *tr = printk_array();
	char text[TRACE_BUF_SIZE];
	int len;

	if (!tr)
		return 0;
	len = scnprintf(text, sizeof(text) - 1, "%s", str);
	if (!len || text[len - 1] != '\n')
		text[len++] = '\n';
	return write_print(tr, ip, text, len);
}
EXPORT_SYMBOL(__trace_puts);

int __trace_bputs(unsigned long ip, const char *str)
{
	struct trace_array *tr = str ? printk_array() : NULL;
	struct ring_buffer_event *event;
	struct bputs_entry *entry;

	if (!tr)
		return 0;
	entry = reserve(tr, &event, TRACE_BPUTS, sizeof(*entry));
	if (!entry)
		return 0;
	entry->ip = ip;
	entry->str = str;
	ring_buffer_unlock_commit(tr->buffer, event);
	return 1;
}
EXPORT_SYMBOL(__trace_bputs);

/* A format's copy for good: what an earlier load has left is used again. */
static const char *hold_format(const char *fmt)
{
	struct trace_bprintk_fmt *held;

	for (held = trace_bprintk_fmt_list; held; held = held->next)
		if (!strcmp(held->fmt, fmt))
			return held->fmt;
	held = kmalloc(sizeof(*held) + strlen(fmt) + 1, GFP_KERNEL);
	if (!held)
		return NULL;
	held->next = NULL;
	strcpy(held->fmt, fmt);
	*trace_bprintk_fmt_last = held;
	trace_bprintk_fmt_last = &held->next;
	return held->fmt;
}

static int module_trace_bprintk_format_notify(struct notifier_block *self, unsigned long val, void *data)
{
	struct module *mod = data;

	if (val != MODULE_STATE_COMING)
		return NOTIFY_OK;
	mutex_lock(&btrace_mutex);
	for (unsigned int i = 0; i < mod->num_trace_bprintk_fmt; i++)
		if (mod->trace_bprintk_fmt_start[i])
			mod->trace_bprintk_fmt_start[i] = hold_format(mod->trace_bprintk_fmt_start[i]);
	mutex_unlock(&btrace_mutex);
	return NOTIFY_OK;
}

static struct notifier_block module_trace_bprintk_format_nb = { .notifier_call = module_trace_bprintk_format_notify };

static int __init init_trace_printk(void)
{
	return register_module_notifier(&module_trace_bprintk_format_nb);
}
fs_initcall(init_trace_printk);

ABI_DEFS(trace_printk)
{
	ABI_OFFSET(trace_bprintk_fmt, next);
	ABI_OFFSET(trace_bprintk_fmt, fmt);
}
