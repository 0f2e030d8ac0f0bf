/* SPDX-License-Identifier: MIT */
/*
 * The entries that tracers write.  trace.h makes structs of this, trace_export.c the descriptions that the host reads.
 *
 *	FTRACE_ENTRY(name, struct, type, F_STRUCT(fields), F_printk("format", arguments))
 *
 * __field and __array as in events; __vararray: as many as there are, said to be len; __flexible: what is behind;
 * __field_struct, whose members are described by __field_desc.  FTRACE_ENTRY_DUP has another's struct.
 */
FTRACE_ENTRY(function, ftrace_entry, TRACE_FN,
	F_STRUCT(
		__field(unsigned long, ip)
		__field(unsigned long, parent_ip)
	),
	F_printk(" %ps <-- %ps", (void *)__entry->ip, (void *)__entry->parent_ip)
)

FTRACE_ENTRY(funcgraph_entry, ftrace_graph_ent_entry, TRACE_GRAPH_ENT,
	F_STRUCT(
		__field_struct(struct ftrace_graph_ent, graph_ent)
		__field_desc(unsigned long, func)
		__field_desc(int, depth)
	),
	F_printk("--> %ps (%d)", (void *)__entry->func, __entry->depth)
)

FTRACE_ENTRY(funcgraph_exit, ftrace_graph_ret_entry, TRACE_GRAPH_RET,
	F_STRUCT(
		__field_struct(struct ftrace_graph_ret, ret)
		__field_desc(unsigned long, func)
		__field_desc(int, depth)
		__field_desc(unsigned int, overrun)
		__field_desc(unsigned long long, calltime)
		__field_desc(unsigned long long, rettime)
	),
	F_printk("<-- %ps (%d) (start: %llx  end: %llx) over: %d", (void *)__entry->func, __entry->depth, __entry->calltime,
		 __entry->rettime, __entry->depth)
)

#define FTRACE_CTX_FIELDS					\
	__field(unsigned int, prev_pid)				\
	__field(unsigned int, next_pid)				\
	__field(unsigned int, next_cpu)				\
	__field(unsigned char, prev_prio)			\
	__field(unsigned char, prev_state)			\
	__field(unsigned char, next_prio)			\
	__field(unsigned char, next_state)

FTRACE_ENTRY(context_switch, ctx_switch_entry, TRACE_CTX,
	F_STRUCT(FTRACE_CTX_FIELDS),
	F_printk("%u:%u:%u  ==> %u:%u:%u [%03u]", __entry->prev_pid, __entry->prev_prio, __entry->prev_state,
		 __entry->next_pid, __entry->next_prio, __entry->next_state, __entry->next_cpu)
)

FTRACE_ENTRY_DUP(wakeup, ctx_switch_entry, TRACE_WAKE,
	F_STRUCT(FTRACE_CTX_FIELDS),
	F_printk("%u:%u:%u  ==+ %u:%u:%u [%03u]", __entry->prev_pid, __entry->prev_prio, __entry->prev_state,
		 __entry->next_pid, __entry->next_prio, __entry->next_state, __entry->next_cpu)
)

FTRACE_ENTRY(kernel_stack, stack_entry, TRACE_STACK,
	F_STRUCT(
		__field(int, size)
		__vararray(unsigned long, caller, 8)
	),
	F_printk("\t=> %ps\n\t=> %ps\n\t=> %ps\n" "\t=> %ps\n\t=> %ps\n\t=> %ps\n" "\t=> %ps\n\t=> %ps\n",
		 (void *)__entry->caller[0], (void *)__entry->caller[1], (void *)__entry->caller[2],
		 (void *)__entry->caller[3], (void *)__entry->caller[4], (void *)__entry->caller[5],
		 (void *)__entry->caller[6], (void *)__entry->caller[7])
)

FTRACE_ENTRY(user_stack, userstack_entry, TRACE_USER_STACK,
	F_STRUCT(
		__field(unsigned int, tgid)
		__array(unsigned long, caller, 8)
	),
	F_printk("\t=> %ps\n\t=> %ps\n\t=> %ps\n" "\t=> %ps\n\t=> %ps\n\t=> %ps\n" "\t=> %ps\n\t=> %ps\n",
		 (void *)__entry->caller[0], (void *)__entry->caller[1], (void *)__entry->caller[2],
		 (void *)__entry->caller[3], (void *)__entry->caller[4], (void *)__entry->caller[5],
		 (void *)__entry->caller[6], (void *)__entry->caller[7])
)

FTRACE_ENTRY(bprint, bprint_entry, TRACE_BPRINT,
	F_STRUCT(
		__field(unsigned long, ip)
		__field(const char *, fmt)
		__flexible(u32, buf)
	),
	F_printk("%ps: %s", (void *)__entry->ip, __entry->fmt)
)

FTRACE_ENTRY(print, print_entry, TRACE_PRINT,
	F_STRUCT(
		__field(unsigned long, ip)
		__flexible(char, buf)
	),
	F_printk("%ps: %s", (void *)__entry->ip, __entry->buf)
)

FTRACE_ENTRY(raw_data, raw_data_entry, TRACE_RAW_DATA,
	F_STRUCT(
		__field(unsigned int, id)
		__flexible(char, buf)
	),
	F_printk("id:%04x %08x", __entry->id, (int)__entry->buf[0])
)

FTRACE_ENTRY(bputs, bputs_entry, TRACE_BPUTS,
	F_STRUCT(
		__field(unsigned long, ip)
		__field(const char *, str)
	),
	F_printk("%ps: %s", (void *)__entry->ip, __entry->str)
)

FTRACE_ENTRY(func_repeats, func_repeats_entry, TRACE_FUNC_REPEATS,
	F_STRUCT(
		__field(unsigned long, ip)
		__field(unsigned long, parent_ip)
		__field(u16, count)
		__field(u16, top_delta_ts)
		__field(u32, bottom_delta_ts)
	),
	F_printk(" %ps <-%ps\t(repeats:%u  delta: -%llu)", (void *)__entry->ip, (void *)__entry->parent_ip, __entry->count,
		 (((u64)(__entry)->top_delta_ts << 32) | (__entry)->bottom_delta_ts))
)
