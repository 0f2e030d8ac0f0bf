"""The guest's kprobes (kernel_image/kernel/kprobes_64.c and kernel/trace/trace_kprobe_64.c).

What runs at a hit is the guest's; where a probe may stand, and what is patched, is decided here.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tracefs.arch import Save
from tracefs.events.backend import Fetch, FetchArg
from tracefs.ftrace import FtraceOps, OpsFlag
from tracefs.trace.printf import hashed

if TYPE_CHECKING:
    from tracefs.image import Abi
    from tracefs.kernel.backend import GuestBackend
    from tracefs.machine import Memory

PAGE_SIZE = 4096
INSN_MAX = 16
PROBE, KPROBE, ARG, INSN = "trace_kprobe", "kprobe", "probe_arg", "fetch_insn"
NODE = "rethook_node"
# As the C enum.
OPS = (
    "END",
    "REG",
    "STACK",
    "STACKP",
    "IMM",
    "COMM",
    "DEREF",
    "UDEREF",
    "ST_RAW",
    "ST_MEM",
    "ST_UMEM",
    "ST_STRING",
    "ST_USTRING",
    "MOD_BF",
    "LP_ARRAY",
)
_MULTIPLIER = 0x9E3779B1
MAXACTIVE = 10


class _Point(NamedTuple):
    """A breakpoint: what stood in its place, and the slot that does that."""

    first: bytes
    slot: int


class GuestKprobes:
    """GuestProbes; the machine's lock is held."""

    def __init__(self, backend: GuestBackend) -> None:
        self.backend = backend
        self.memory = backend.memory
        self.abi = backend.abi
        self.kallsyms = backend.kallsyms
        self.retired = backend.syscalls.retired
        self._ftrace = backend.ftrace
        self._arch = backend.ftrace.arch
        self.registers: Mapping[str, int] = self._arch.registers
        self.arguments: Sequence[str] = self._arch.arguments
        self.maxactive = max(MAXACTIVE, 2 * backend.cpus)
        address = backend.symbol("kprobe_ftrace_ops")
        func = self.memory.word(address + self.abi.offset("ftrace_ops", "func"))
        self._ops = FtraceOps("kprobe", func, address, OpsFlag.SAVE_REGS, save=Save.REGS)
        self._armed: Counter[int] = Counter()
        """How many probes are armed at each address."""
        self._points: dict[int, _Point] = {}
        self._names: Counter[str] = Counter()
        self._generation = -1

    # -- places -----------------------------------------------------------------------------

    def count(self, name: str) -> int:
        """How many symbols have that name."""
        if self._generation != self.kallsyms.generation:
            lines = self.kallsyms.lines().split(b"\n")
            self._names = Counter(line.split()[2].decode("latin-1") for line in lines if line)
            self._generation = self.kallsyms.generation
        return self._names[name]

    def address(self, symbol: str) -> int | None:
        """The address of ``NAME`` or ``MODULE:NAME``."""
        return self.kallsyms.addr(symbol)

    def has_module(self, name: str) -> bool:
        """True while that module is loaded."""
        return self.kallsyms.has_module(name)

    def offset(self, address: int) -> int | None:
        """How far behind the nearest symbol an address is."""
        symbol = self.kallsyms.lookup(address)
        return None if symbol is None else address - symbol.addr

    def check_traced(self, address: int) -> None:
        """EINVAL in a function without a call site: tracing itself, entry code."""
        symbol = self.kallsyms.lookup(address)
        if symbol is not None and not self._ftrace.location(symbol.addr):
            raise _error(errno.EINVAL)

    def check_place(self, address: int) -> None:
        """EILSEQ inside of an instruction."""
        symbol = self.kallsyms.lookup(address)
        if symbol is None:
            raise _error(errno.EINVAL)
        offset = address - symbol.addr
        if not self._arch.is_boundary(self._code(symbol.addr, offset + INSN_MAX), offset):
            raise _error(errno.EILSEQ)
        if self._ftrace.location(address) != address:
            self._arch.check_slot(self._code(address, INSN_MAX), address)

    def _code(self, address: int, size: int) -> bytes:
        """Code as it is without breakpoints."""
        code = bytearray(self.memory.copy_from_nofault(address, size))
        for at, point in self._points.items():
            if address <= at < address + size:
                code[at - address] = point.first[0]
        return bytes(code)

    def hashed(self, address: int) -> str:
        """An address as %p has it."""
        return f"{hashed(address):016x}"

    # -- probes -----------------------------------------------------------------------------

    def create(
        self, key: int, address: int, args: Sequence[FetchArg], size: int, maxactive: int
    ) -> GuestKprobe:
        """A struct trace_kprobe."""
        return GuestKprobe(self, key, address, args, size, maxactive)

    def arm(self, probe: GuestKprobe) -> None:
        """Link it into its bucket, and let its address lead to the handlers."""
        address = probe.address
        entry = self._ftrace.location(address) == address
        if not entry and address not in self._points:
            first = self.memory.read(address, 1)
            slot = self._arch.create_slot(self._code(address, INSN_MAX), address)
            self._points[address] = _Point(first, slot)
        probe.put("slot", 0 if entry else self._points[address].slot)
        bucket = self._bucket(address)
        probe.put("next", self.memory.word(bucket))
        self.memory.put_word(bucket, probe.at)
        self._armed[address] += 1
        if self._armed[address] > 1:
            return
        if entry:
            self._ftrace.set_filter_ip(self._ops, address)
            if not self._ops.enabled:
                self._ftrace.register(self._ops)
        else:
            first = self._points[address].first
            self._arch.modify_code(address, first, self._arch.breakpoint)

    def disarm(self, probe: GuestKprobe) -> None:
        """Undo arm."""
        address = probe.address
        self._armed[address] -= 1
        if not self._armed[address]:
            del self._armed[address]
            if address in self._points:
                point = self._points.pop(address)
                self._arch.modify_code(address, self._arch.breakpoint, point.first)
                self._arch.free_slot(point.slot)
            else:
                if self._armed.keys() <= self._points.keys():
                    self._ftrace.unregister(self._ops)
                self._ftrace.set_filter_ip(self._ops, address, remove=True)
        following = self.abi.offset(KPROBE, "next")
        place = self._bucket(address)
        while (here := self.memory.word(place)) != probe.at:
            place = here + following
        self.memory.put_word(place, self.memory.word(probe.at + following))

    def _bucket(self, address: int) -> int:
        bits = self.abi.const("KPROBE_HASH_BITS")
        slot = (address * _MULTIPLIER & 0xFFFFFFFF) >> 32 - bits
        return self.backend.symbol("kprobe_table") + slot * self._arch.word_size


class GuestKprobe:
    """GuestProbe: a struct trace_kprobe, behind it its arguments' programs and strings."""

    def __init__(
        self,
        owner: GuestKprobes,
        key: int,
        address: int,
        args: Sequence[FetchArg],
        size: int,
        maxactive: int,
    ) -> None:
        self._owner = owner
        self._memory, self._abi = owner.memory, owner.abi
        self.address = address
        symbol = owner.kallsyms.lookup(address)
        self.module = symbol.module if symbol else None
        self._armed = False
        steps = [step for arg in args for step in arg.code]
        code = self._abi.size(PROBE) + len(args) * self._abi.size(ARG)
        strings = code + len(steps) * self._abi.size(INSN)
        data = b"".join(step.data for step in steps if step.data is not None)
        self._pages = -(-(strings + len(data)) // PAGE_SIZE)
        self.at = self._memory.alloc_pages(self._pages)
        self._memory.write(self.at, bytes(strings) + data)
        self.put("addr", address)
        handler = "kretprobe_pre_handler" if maxactive else "kprobe_dispatcher"
        self.put("pre_handler", owner.backend.symbol(handler))
        self._memory.put_word(self.at + self._abi.offset(PROBE, "call"), key)
        self._nodes = _Nodes(self._memory, self._abi, maxactive)
        self._memory.put_word(self.at + self._abi.offset(PROBE, "nodes"), self._nodes.address)
        for field, value in (
            ("size", size),
            ("nr_args", len(args)),
            ("maxactive", maxactive),
        ):
            self._memory.put_u32(self.at + self._abi.offset(PROBE, field), value)
        self._store(args, self.at + code, self.at + strings)

    def _store(self, args: Sequence[FetchArg], code: int, string: int) -> None:
        offset, put_u32 = self._abi.offset, self._memory.put_u32
        for index, arg in enumerate(args):
            base = self.at + self._abi.size(PROBE) + index * self._abi.size(ARG)
            self._memory.put_word(base + offset(ARG, "code"), code)
            put_u32(base + offset(ARG, "offset"), arg.offset)
            put_u32(base + offset(ARG, "dynamic"), int(arg.dynamic))
            for step in arg.code:
                self._step(step, code, string)
                code += self._abi.size(INSN)
                string += len(step.data or b"")

    def _step(self, step: Fetch, at: int, string: int) -> None:
        offset = self._abi.offset
        small = {
            "op": OPS.index(step.op),
            "size": step.size,
            "lshift": step.lshift,
            "rshift": step.rshift,
        }
        for field, value in small.items():
            self._memory.put_u8(at + offset(INSN, field), value)
        self._memory.put_u32(at + offset(INSN, "param"), step.param)
        value = step.value if step.data is None else string
        self._memory.put_u64(at + offset(INSN, "value"), value & (1 << 64) - 1)

    def put(self, field: str, value: int) -> None:
        """Set a field of its struct kprobe."""
        self._memory.put_word(self.at + self._abi.offset(KPROBE, field), value)

    @property
    def hits(self) -> int:
        """How often it was hit."""
        return self._memory.word(self.at + self._abi.offset(PROBE, "nhit"))

    @property
    def missed(self) -> int:
        """How often it was hit inside of a handler."""
        return self._memory.word(self.at + self._abi.offset(KPROBE, "nmissed"))

    def arm(self) -> None:
        """Let it be hit."""
        if not self._armed:
            self._owner.arm(self)
            self._armed = True

    def disarm(self) -> None:
        """Let it be hit no more."""
        if self._armed:
            self._armed = False
            self._owner.disarm(self)

    def free(self) -> None:
        """Release it when nobody can stand in it."""
        self._owner.retired.pages(self._memory, self.at, self._pages)
        self._nodes.abandon()
        self._free_nodes()

    def _free_nodes(self) -> None:
        # A call may be under way for as long as it likes.
        if self._nodes.used:
            self._owner.retired.later(self._free_nodes)
        else:
            self._owner.retired.later(self._nodes.free)


class _Nodes:
    """The struct rethook_nodes of a probe of returns; none of another."""

    def __init__(self, memory: Memory, abi: Abi, count: int) -> None:
        self._memory = memory
        self._abi = abi
        self._size = abi.size(NODE)
        self._count = count
        self._pages = -(-count * self._size // PAGE_SIZE)
        self.address = memory.alloc_pages(self._pages) if count else 0

    def _fields(self, name: str) -> Iterator[int]:
        first = self.address + self._abi.offset(NODE, name)
        return (first + index * self._size for index in range(self._count))

    @property
    def used(self) -> bool:
        """True while one belongs to a call that has not returned."""
        return any(self._memory.word(task) for task in self._fields("task"))

    def abandon(self) -> None:
        """The probe goes away; calls under way return without it."""
        for data in self._fields("data"):
            self._memory.put_word(data, 0)

    def free(self) -> None:
        """Release them."""
        if self.address:
            self._memory.free_pages(self.address, self._pages)


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
