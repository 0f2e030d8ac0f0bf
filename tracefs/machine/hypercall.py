"""Numbers of the host/guest interface; mirrors kernel_image/include/asm/hypercall.h."""

from __future__ import annotations

from enum import IntEnum

HYPERCALL_VECTOR = 0x30
IPI_PORT = 0x30


class Hypercall(IntEnum):
    """What the guest asks for by `int $0x30`."""

    USER = 0
    HOST_OP = 1
    YIELD = 2
    POLL = 3
    DIE = 4
    RETURN = 5
    BOOTED = 6
    MODULE = 7
    FTRACE_INIT = 8
    FTRACE_PROBE = 9
    FTRACED = 10
    TRACE_MAX = 14


class Vector(IntEnum):
    """Interrupt vectors that the machine or the host raises."""

    DIVIDE_ERROR = 0
    NMI = 2
    BREAKPOINT = 3
    INVALID_OPCODE = 6
    DOUBLE_FAULT = 8
    GENERAL_PROTECTION = 13
    PAGE_FAULT = 14
    LOCAL_TIMER = 0xEC
    HYPERVISOR_CALLBACK = 0xF3
    IRQ_WORK = 0xF6
    CALL_FUNCTION_SINGLE = 0xFA
    CALL_FUNCTION = 0xFB
    RESCHEDULE = 0xFD
