// SPDX-License-Identifier: MIT
/* The kernel log: lines in a ring of bytes, "[    0.123456] text\n", which the host reads as dmesg. */
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/kernel.h>
#include <linux/export.h>
#include <linux/sched.h>
#include <linux/math64.h>
#include <trace/events/printk.h>

#define LOG_BUF_LEN	(1 << 17)
#define LOG_LINE_MAX	1024

char __log_buf[LOG_BUF_LEN];
u32 log_buf_len = LOG_BUF_LEN;
u64 log_end;			/* bytes ever written: the next goes to log_end % log_buf_len; logbuf_lock */
static bool log_continues;	/* the last line has no newline yet; logbuf_lock */
static DEFINE_RAW_SPINLOCK(logbuf_lock);

static void log_store(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		__log_buf[log_end++ % LOG_BUF_LEN] = text[i];
}

static size_t print_prefix(char *buf, size_t size)
{
	u64 ns = local_clock();
	u32 rem = do_div(ns, 1000000000);

	return scnprintf(buf, size, "[%5lu.%06u] ", (unsigned long)ns, rem / 1000);
}

/* "\001" and a digit say how serious it is, "\001c" that it goes on the last line. */
static const char *skip_level(const char *text, bool *cont)
{
	*cont = false;
	while (text[0] == '\001' && text[1]) {
		*cont |= text[1] == 'c';
		text += 2;
	}
	return text;
}

int vprintk_emit(int facility, int level, const void *dev_info, const char *fmt, __builtin_va_list args)
{
	char line[LOG_LINE_MAX], prefix[32];
	const char *text;
	unsigned long flags;
	size_t len;
	bool cont;

	vscnprintf(line, sizeof(line), fmt, args);
	text = skip_level(line, &cont);
	len = strlen(text);
	trace_console(text, len);
	raw_spin_lock_irqsave(&logbuf_lock, flags);
	if (log_continues && !cont)
		log_store("\n", 1);
	if (!(log_continues && cont))
		log_store(prefix, print_prefix(prefix, sizeof(prefix)));
	log_store(text, len);
	log_continues = !len || text[len - 1] != '\n';
	raw_spin_unlock_irqrestore(&logbuf_lock, flags);
	return len;
}

int vprintk(const char *fmt, __builtin_va_list args)
{
	return vprintk_emit(0, -1, NULL, fmt, args);
}

int _printk(const char *fmt, ...)
{
	__builtin_va_list args;
	int r;

	__builtin_va_start(args, fmt);
	r = vprintk(fmt, args);
	__builtin_va_end(args);
	return r;
}
EXPORT_SYMBOL(_printk);
