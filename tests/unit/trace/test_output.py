"""Lines of a trace in every format; a batch gives what its events give one by one."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.control.fake import SYMBOLS, FakeKernel
from tracefs.ring import Event, FunctionBatch
from tracefs.ring.page import LAYOUT_32, LAYOUT_64
from tracefs.trace import options
from tracefs.trace.array import TraceArray
from tracefs.trace.context import delay_mark, flags_column
from tracefs.trace.output import Printer

OPEN, OPENAT2 = 0xFFFFFFFF8137D360, 0xFFFFFFFF8136404F
TS = 8394181836


@pytest.fixture
def tr() -> TraceArray:
    kernel = FakeKernel()
    kernel.backend.cmdlines.names = {121: b"cat"}
    return kernel.traces.top


def entry(number: int, body: bytes, flags: int = 0, depth: int = 0, pid: int = 121) -> bytes:
    return struct.pack("<HBBi", number, flags, depth, pid) + body


FUNCTION = entry(1, struct.pack("<QQ", OPEN, OPENAT2))
HEAD = "             cat-121     [001] .....     8.394182: "


def line(tr: TraceArray, data: bytes, ts: int = TS, **fields: Any) -> str:
    return Printer(tr).line(Event(1, ts, data, **fields)).decode("latin-1")


def with_options(tr: TraceArray, *names: str) -> TraceArray:
    for name in names:
        tr.set_option_by_name(name)
    return tr


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ((), HEAD + "do_filp_open <-do_sys_openat2\n"),
        (("noprint-parent",), HEAD + "do_filp_open\n"),
        (("sym-offset",), HEAD + "do_filp_open+0x0/0x160 <-do_sys_openat2+0xaf/0x170\n"),
        (
            ("sym-addr",),
            HEAD + "do_filp_open <ffffffff8137d360> <-do_sys_openat2 <ffffffff8136404f>\n",
        ),
        (("raw",), "121 1 8394181836 ffffffff8137d360 ffffffff8136404f\n"),
        (
            ("hex",),
            "00000079 00000001 00000001f4550ccc ffffffff8137d360 ffffffff8136404f \n",
        ),
        (
            ("noirq-info",),
            "             cat-121     [001]      8.394182: do_filp_open <-do_sys_openat2\n",
        ),
        (("nocontext-info",), "do_filp_open <-do_sys_openat2\n"),
        (
            ("record-tgid",),
            "             cat-121     (-------) [001] .....     8.394182: "
            "do_filp_open <-do_sys_openat2\n",
        ),
    ],
)
def test_function(tr: TraceArray, names: tuple[str, ...], text: str) -> None:
    assert line(with_options(tr, *names), FUNCTION) == text


def test_binary(tr: TraceArray) -> None:
    with_options(tr, "bin")
    assert Printer(tr).line(Event(1, TS, FUNCTION)) == struct.pack(
        "<iiQQQ", 121, 1, TS, OPEN, OPENAT2
    )


def test_stack_and_repeats(tr: TraceArray) -> None:
    stack = entry(4, struct.pack("<iiQQQ", 3, 0, 0xFFFFFFFFC0207083, OPEN, (1 << 64) - 1))
    assert line(tr, stack) == HEAD + "<stack trace>\n => 0xffffffffc0207083\n => do_filp_open\n"
    repeats = entry(19, struct.pack("<QQHHI", OPEN, OPENAT2, 10, 0, 27836))
    assert line(tr, repeats) == (
        HEAD + "do_filp_open <-do_sys_openat2 (repeats: 10, last_ts:     8.394154)\n"
    )


def test_types_without_a_format_of_their_own(tr: TraceArray) -> None:
    assert line(tr, entry(300, b"")) == HEAD + "Unknown type 300\n"
    with_options(tr, "raw")
    assert line(tr, entry(300, b"")) == "121 1 8394181836 300 ?\n"
    assert line(tr, entry(4, b"")) == "121 1 8394181836 type: 4\n"
    with_options(tr, "noraw", "hex")
    assert line(tr, entry(5, bytes(16))).endswith(" type: 5\n\n")


def test_message_only(tr: TraceArray) -> None:
    with_options(tr, "printk-msg-only")
    assert line(tr, entry(5, struct.pack("<Q", OPEN) + b"hello\n\0\0")) == "hello\n"


def test_lost(tr: TraceArray) -> None:
    assert line(tr, FUNCTION, lost=7).startswith("CPU:1 [LOST 7 EVENTS]\n   ")
    assert line(tr, FUNCTION, lost=-1).startswith("CPU:1 [LOST EVENTS]\n   ")


@pytest.mark.parametrize(
    ("flags", "count", "text"),
    [
        (0x00, 0x00, "....."),
        (0x01, 0x02, "d..2."),
        (0x81, 0x21, "D..12"),
        (0x80, 0x00, "b...."),
        (0x02, 0x00, "X...."),
        (0x24, 0x00, ".N..."),
        (0x04, 0x00, ".n..."),
        (0x20, 0x00, ".p..."),
        (0x08, 0x00, "..h.."),
        (0x18, 0x00, "..H.."),
        (0x10, 0x0F, "..sf."),
        (0x40, 0x00, "..z.."),
        (0x48, 0xF0, "..Z.f"),
    ],
)
def test_flags(flags: int, count: int, text: str) -> None:
    assert flags_column(flags, count) == text


def test_delay_marks() -> None:
    steps = (0, 10, 11, 101, 1001, 10001, 100001, 1000001)
    assert "".join(map(delay_mark, steps)) == "  +!#*@$"


def test_latency_line(tr: TraceArray) -> None:
    with_options(tr, "latency-format")
    tr.time_start = TS - 26048000
    printer = Printer(tr)
    assert printer.line(Event(1, TS, FUNCTION), TS + 119000).decode() == (
        "     cat-121       1..... 26048us!: do_filp_open <-do_sys_openat2\n"
    )
    with_options(tr, "verbose")
    assert Printer(tr).line(Event(1, TS, FUNCTION), TS + 119000).decode() == (
        "             cat     121   1 0 00000000 00000000 [008015c6] 26.048ms (+0.119ms): "
        "do_filp_open <-do_sys_openat2\n"
    )


def test_words_of_32_bits(tr: TraceArray) -> None:
    tr.buffer.layout = LAYOUT_32
    address, caller = 0xC1000000, 0xC1000100
    SYMBOLS[address] = ("schedule", address, 16)
    function = entry(1, struct.pack("<II", address, caller))
    assert line(tr, function) == HEAD + "schedule <-0xc1000100\n"
    common = int.from_bytes(function[:8], "little")
    columns = np.array([(0, common, address, caller)], LAYOUT_32.function_dtype)
    batch = FunctionBatch(np.array([TS], np.uint64), np.array([1], np.uint8), columns)
    assert b"".join(Printer(tr).text([batch])).decode() == line(tr, function)
    assert line(tr, entry(5, struct.pack("<I", address) + b"hi\n\0")) == HEAD + "schedule: hi\n"
    stack = entry(4, struct.pack("<iIII", 3, address, address, 0xFFFFFFFF))
    assert line(tr, stack).count("=> schedule") == 2
    with_options(tr, "sym-addr")
    assert line(tr, function) == HEAD + "schedule <c1000000> <-0xc1000100 <c1000100>\n"
    with_options(tr, "hex")
    assert line(tr, function).endswith(" c1000000 c1000100 \n")
    del SYMBOLS[address]


records = st.tuples(
    st.integers(0, 1),
    st.sampled_from([0, 121, 7]),
    st.integers(0, 255),
    st.integers(0, 255),
    st.sampled_from(sorted(SYMBOLS)),
    st.sampled_from([*sorted(SYMBOLS), 0]),
    st.integers(0, 5 * 10**9),
)


@given(
    st.lists(st.lists(records, min_size=1, max_size=20), min_size=1, max_size=4),
    st.sampled_from(["irq-info", "noirq-info", "sym-addr", "raw", "noprint-parent", "hex"]),
    st.booleans(),
    st.sampled_from(["local", "counter"]),
)
def test_a_batch_is_its_events(
    runs: list[list[tuple[int, ...]]], option: str, annotate: bool, clock: str
) -> None:
    tr = FakeKernel().traces.top
    tr.set_option_by_name(option)
    tr.set_clock(clock)
    batches, ts = [], 99_999 * 10**9
    for run in runs:
        columns = np.zeros(len(run), LAYOUT_64.function_dtype)
        cpus, times = [], []
        for i, (cpu, pid, flags, depth, ip, parent, step) in enumerate(run):
            ts += step
            common = 1 | flags << 16 | depth << 24 | pid << 32
            columns[i] = (0, common, ip, parent)
            cpus.append(cpu)
            times.append(ts)
        batch = FunctionBatch(np.array(times, np.uint64), np.array(cpus, np.uint8), columns)
        batches.append(batch)
    printer = Printer(tr, annotate)
    one_by_one = b"".join(printer.line(event) for batch in batches for event in batch.events())
    assert b"".join(Printer(tr, annotate).text(batches)) == one_by_one
    slow = Printer(tr, annotate)
    slow._fast = lambda: False  # type: ignore[method-assign]
    assert b"".join(slow.text(batches)) == one_by_one


def test_a_changed_option_counts_from_the_next_line(tr: TraceArray) -> None:
    printer = Printer(tr)
    assert b"<-" in printer.line(Event(1, TS, FUNCTION))
    tr.set_option(options.PRINT_PARENT, False)
    assert b"<-" not in printer.line(Event(1, TS, FUNCTION))
