/* SPDX-License-Identifier: MIT */
/* One file for both word sizes: the host maps each PT_LOAD segment with the rights it names. */
#ifdef __x86_64__
#define BASE	0xffffffff81000000
#define LOAD	0xffffffff80000000
#define PTRSZ	8
ENTRY(startup_64)
#else
#define BASE	0xc1000000
#define LOAD	0xc0000000
#define PTRSZ	4
ENTRY(startup_32)
#endif
#define INITCALLS(n)	__initcall##n##_start = .; KEEP(*(.initcall##n.init)) KEEP(*(.initcall##n##s.init))

PHDRS { text PT_LOAD FLAGS(5); rodata PT_LOAD FLAGS(4); init PT_LOAD FLAGS(7); data PT_LOAD FLAGS(6); }

SECTIONS {
	. = BASE;
	.text : AT(ADDR(.text) - LOAD) {
		_text = .; _stext = .;
		*(.head.text)
		__entry_text_start = .; *(.entry.text) __entry_text_end = .;
		. = ALIGN(16);
		__noinstr_text_start = .; *(.noinstr.text) __noinstr_text_end = .;
		*(.text.hot .text.hot.*) *(.text .text.unlikely .text.unlikely.* .text.*)
		*(.fixup)
		__sched_text_start = .; *(.sched.text) __sched_text_end = .;
		__lock_text_start = .; *(.spinlock.text) __lock_text_end = .;
		_etext = .;
	} :text
	. = ALIGN(4096);
	__start_rodata = .;
	.rodata : AT(ADDR(.rodata) - LOAD) {
		*(.rodata .rodata.*)
		. = ALIGN(PTRSZ);
		__start___ksymtab = .; KEEP(*(SORT(___ksymtab+*))) __stop___ksymtab = .;
		__start___ksymtab_gpl = .; KEEP(*(SORT(___ksymtab_gpl+*))) __stop___ksymtab_gpl = .;
		*(__ksymtab_strings)
		. = ALIGN(PTRSZ);
		__start___param = .; KEEP(*(__param)) __stop___param = .;
		. = ALIGN(PTRSZ);
		__start___bug_table = .; KEEP(*(__bug_table)) __stop___bug_table = .;
		. = ALIGN(PTRSZ);
		__start_mcount_loc = .; KEEP(*(__mcount_loc)) __stop_mcount_loc = .;
	} :rodata
	__end_rodata = .;
	. = ALIGN(4096);
	.init.text : AT(ADDR(.init.text) - LOAD) { __init_begin = .; _sinittext = .; *(.init.text .init.text.*) *(.exit.text) _einittext = .; } :init
	.init.data : AT(ADDR(.init.data) - LOAD) {
		*(.init.data .init.data.* .init.rodata)
		. = ALIGN(PTRSZ);
		__initcall_start = .; KEEP(*(.initcallearly.init))
		INITCALLS(0) INITCALLS(1) INITCALLS(2) INITCALLS(3) INITCALLS(4) INITCALLS(5)
		KEEP(*(.initcallrootfs.init)) INITCALLS(6) INITCALLS(7)
		__initcall_end = .;
	} :init
	. = ALIGN(4096);
	__init_end = .;
	.data : AT(ADDR(.data) - LOAD) {
		_sdata = .;
		. = ALIGN(16384);
		__start_init_task = .; KEEP(*(.data..init_task)) __end_init_task = .;
		. = ALIGN(8); __start___ex_table = .; KEEP(*(__ex_table)) __stop___ex_table = .;
		. = ALIGN(32);
		__start_ftrace_events = .; KEEP(*(_ftrace_events)) __stop_ftrace_events = .;
		__start_syscalls_metadata = .; KEEP(*(__syscalls_metadata)) __stop_syscalls_metadata = .;
		__start___tracepoints_ptrs = .; KEEP(*(__tracepoints_ptrs)) __stop___tracepoints_ptrs = .;
		*(__tracepoints)
		__start___trace_bprintk_fmt = .; KEEP(*(__trace_printk_fmt)) __stop___trace_bprintk_fmt = .;
		*(.data .data.*)
		_edata = .;
	} :data
	. = ALIGN(4096);
	.bss : AT(ADDR(.bss) - LOAD) { __bss_start = .; *(.bss .bss.*) . = ALIGN(4096); __bss_stop = .; } :data
	_end = .;
	/DISCARD/ : { *(.comment) *(.note*) *(.eh_frame*) *(.discard*) }
}
