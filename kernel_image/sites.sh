#!/bin/sh
# SPDX-License-Identifier: MIT
# sites.sh VMLINUX: count the call sites, and fail if one lies where no tracer may be called.
nm -n "$1" | awk '
function hex(s,   i, v) { v = 0; for (i = length(s) - 9; i <= length(s); i++) v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1; return v }
$3 == "__start_mcount_loc" { a = hex($1) } $3 == "__stop_mcount_loc" { b = hex($1) }
END { printf "%d call sites\n", (b - a) / 8 }'
bad=$(objdump -d -j .init.text -j .text --no-show-raw-insn "$1" | awk '
/^[0-9a-f]+ <.*>:$/ { f = $2; gsub(/[<>:]/, "", f) }
/call.*<(__fentry__|mcount)>/ { print f }' | grep -E '^(__noinstr|exc_|sysvec_|do_syscall_64$|irqentry_(enter|exit|nmi)|syscall_(enter_from|exit_to)_user_mode$|asm_|user_mode$|ret_from_fork|arch_ftrace|ftrace_|function_trace|ring_buffer_|trace_clock|start_kernel$|sched_clock$|native_sched_clock$|__schedule$)' |
	grep -vE '^irqentry_exit_(to_user_mode_prepare|cond_resched)$')
init=$(objdump -d -j .init.text --no-show-raw-insn "$1" | grep -c 'call.*<__fentry__>')
[ -z "$bad" ] && [ "$init" = 0 ] && exit
echo "call sites where there must be none: $bad ($init in .init.text)" >&2
exit 1
