"""Builds kernel/trace with a small driver, and runs it on the machine."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tracefs.arch.x86_64 import ENTRY_OPS
from tracefs.image.image import Image
from tracefs.machine import Machine
from tracefs.machine.clock import TscScale
from tracefs.machine.cpu import Stop
from tracefs.machine.layout import I386, X86_64
from tracefs.ring import TraceBuffer

HERE = Path(__file__).parent
KERNEL = HERE.parents[2] / "kernel_image"
COMMON = [
    "-std=gnu11",
    "-O2",
    "-ffreestanding",
    "-fno-pic",
    "-fno-pie",
    "-fno-stack-protector",
    "-fcf-protection=none",
    "-fno-asynchronous-unwind-tables",
    "-fno-delete-null-pointer-checks",
    "-fno-strict-aliasing",
    "-fno-omit-frame-pointer",
    "-mgeneral-regs-only",
    "-D__KERNEL__",
]
ARCH = {
    64: ["-m64", "-mcmodel=kernel", "-mno-red-zone"],
    32: ["-m32", "-march=i686"],
}
NEED_A_KERNEL = {"rethook_64.c", "trace_kprobe_64.c", "trace_printk.c", "trace_probe_64.c"}
"""Parts of kernel/trace that there is too little around for."""
TRACE = {64: ["-pg", "-mfentry", "-mrecord-mcount"], 32: ["-pg", "-mrecord-mcount"]}
LINK = {64: ("elf_x86_64", X86_64), 32: ("elf_i386", I386)}
SCRIPT = """
SECTIONS {
  . = %#x;
  _stext = .;
  .text : { *(.text .text.*) }
  . = ALIGN(4096);
  .data : { *(.rodata .rodata.*) *(.data .data.*)
            __start_mcount_loc = .; *(__mcount_loc) __stop_mcount_loc = .;
            __start_ftrace_events = .; *(_ftrace_events) __stop_ftrace_events = .; }
  .bss : { *(.bss .bss.* COMMON) }
  /DISCARD/ : { *(.comment) *(.note*) *(.eh_frame) }
}
"""


@cache
def build(bits: int) -> Path:
    """The linked image."""
    out = Path(mkdtemp(prefix="ring-guest-"))
    objects = []

    def compile_(source: Path, *flags: str) -> None:
        target = out / (source.name + ".o")
        include = f"-I{KERNEL / 'include'}"
        command = ["gcc", *COMMON, *ARCH[bits], *flags, include, "-c", str(source)]
        subprocess.run([*command, "-o", str(target)], check=True)
        objects.append(str(target))

    for source in sorted((KERNEL / "kernel/trace").glob("*.c")):
        if source.name not in NEED_A_KERNEL and not source.stem.endswith(f"_{96 - bits}"):
            compile_(source)
    for name in (
        "kernel/trace/events/preemptirq.c",
        "kernel/trace/events/sched.c",
        "lib/string.c",
        "lib/ctype.c",
        "lib/glob.c",
    ):
        compile_(KERNEL / name)
    compile_(KERNEL / "arch/x86/kernel/tsc.c")
    for source in sorted((KERNEL / "arch/x86/kernel").glob(f"ftrace*_{bits}.S")):
        compile_(source, "-D__ASSEMBLER__")
    compile_(HERE / f"tramp_{bits}.S", "-D__ASSEMBLER__")
    compile_(HERE / "driver.c", *TRACE[bits])
    emulation, where = LINK[bits]
    script = out / "l.lds"
    script.write_text(SCRIPT % where.kernel_base)
    image = out / "vmlinux"
    command = ["ld", "-m", emulation, "-T", str(script), "-z", "max-page-size=4096"]
    quiet = ["-z", "noexecstack", "--no-warn-rwx-segments", "--build-id=none"]
    subprocess.run([*command, *quiet, *objects, "-o", str(image)], check=True)
    return image


class RingGuest:
    """A machine whose CPUs stand idle until told to write."""

    def __init__(
        self, cpus: int = 1, *, bits: int = 64, seed: int | None = None, tsc: bool = False
    ) -> None:
        image = Image.load(build(bits))
        self.bits = bits
        self.abi = image.abi
        self.symbols = {s.name: s.value for s in image.symbols}
        self.machine = Machine(cpus, seed, where=LINK[bits][1])
        self.memory = self.machine.memory
        self.machine.map_kernel(image.segments)
        self.machine.hypercalls[0] = lambda cpu: None
        hot = self.abi.size("pcpu_hot")
        put = self.memory.put_u64 if bits == 64 else self.memory.put_u32
        for n in range(cpus):
            base = self.symbols["pcpu_hot"] + n * hot
            task = self.symbols["tasks"] + n * self.abi.size("task_struct")
            put(base + self.abi.offset("pcpu_hot", "current_task"), task)
            self.memory.put_u32(base + self.abi.offset("pcpu_hot", "cpu_number"), n)
            self.memory.put_u32(task + self.abi.offset("task_struct", "pid"), 100 + n)
        self.machine.set_percpu(
            self.symbols["pcpu_hot"],
            hot,
            poll=self.abi.offset("pcpu_hot", "host_poll"),
            clock=self.abi.offset("pcpu_hot", "clock_ns"),
        )
        params = self.symbols["boot_params"]
        # Single steps take long: let little time pass by the TSC, lest every event is a long delta.
        scale = self.machine.clock.scale
        if tsc:
            scale = TscScale(1 << 10, 32, self.machine.cpus[0].read_tsc())
        self.tsc: tuple[int, int, int] = (scale.mult, scale.shift, scale.base)
        for name, value in zip(("tsc_mult", "tsc_shift", "tsc_base"), self.tsc, strict=True):
            self.memory.put_u64(params + self.abi.offset("boot_params", name), value)
        deterministic = params + self.abi.offset("boot_params", "deterministic")
        self.deterministic = seed is not None and not tsc
        self.memory.put_u32(deterministic, self.deterministic)
        for n, cpu in enumerate(self.machine.cpus):
            self.machine.start_cpu(
                n, self.symbols["idle"], self.symbols["stacks"] + (n + 1) * 16384
            )
            self.machine.run_cpu(cpu)

    def let_time_pass(self, ns: int) -> None:
        """Move the local clock, as buffers read it that have no base of their own."""
        mult, shift, base = self.tsc
        self.tsc = mult, shift, base - (ns << shift) // mult
        where = self.symbols["boot_params"] + self.abi.offset("boot_params", "tsc_base")
        self.memory.put_u64(where, self.tsc[2] & (1 << 64) - 1)

    def buffer(self, **options: Any) -> TraceBuffer:
        """A new buffer for all CPUs."""
        if self.bits == 64 and not self.deterministic:
            options.setdefault("tsc", self.tsc)
        return TraceBuffer(
            self.memory,
            self.abi,
            len(self.machine.cpus),
            now=lambda b: self.call("ring_buffer_time_stamp", b.address),
            **options,
        )

    def call(self, name: str, *args: int, cpu: int = 0) -> int:
        """Run a function of the guest."""
        return self.machine.cpus[cpu].call(self.symbols[name], *args)

    def interrupted(
        self, name: str, args: tuple[int, ...], after: int, nested: Callable[[], None]
    ) -> tuple[int, bool]:
        """Call name, and after so many instructions something else in the middle of it.

        Returns the result, and whether the function was still running then.
        """
        cpu = self.machine.cpus[0]
        saved = cpu.get_regs()
        stack = self.symbols["stacks"] + 8192
        back = self.machine.host_return
        if self.bits == 64:
            self.memory.put_u64(stack - 8, back)
            registers = dict(zip(("rdi", "rsi", "rdx", "rcx"), args, strict=False))
            cpu.set_regs(rip=self.symbols[name], rsp=stack - 8, eflags=2, **registers)
        else:
            self.memory.put_u32(stack - 4 * len(args) - 4, back)
            for i, arg in enumerate(args):
                self.memory.put_u32(stack - 4 * (len(args) - i), arg)
            cpu.set_regs(rip=self.symbols[name], rsp=stack - 4 * len(args) - 4, eflags=2)
        stopped, cpu.stopped_at = cpu.stopped_at, None
        running = True
        for _ in range(after):
            cpu.step(1)
            if cpu.rip == back:
                running = False
                break
        if running:
            nested()
        while cpu.slice(1 << 20) is not Stop.RETURN:  # a count, as always in this machine
            pass
        result = cpu.arg(0)
        cpu.set_regs(**saved)
        cpu.stopped_at = stopped
        return result, running

    def trace_array(self, buffer: TraceBuffer) -> int:
        """A struct trace_array over the buffer; its address."""
        abi, memory = self.abi, self.memory
        put = memory.put_u64 if self.bits == 64 else memory.put_u32
        tr = memory.alloc_pages(1)
        put(tr + abi.offset("trace_array", "buffer"), buffer.address)
        for n, b in enumerate(buffer.per_cpu):
            data = tr + abi.offset("trace_array", "data") + n * abi.size("trace_array_cpu")
            put(data + abi.offset("trace_array_cpu", "buffer"), b.address)
            ignore = data + abi.offset("trace_array_cpu", "ftrace_ignore_pid")
            memory.put_u32(ignore, 0xFFFF_FFFE)
        put(self.symbols["ftrace_trace_arrays"], tr)
        return tr

    def set_ops(self, tr: int) -> int:
        """Let test_ops (its address is returned) and the quick ways in record there."""
        ops = self.symbols["test_ops"]
        put = self.memory.put_u64 if self.bits == 64 else self.memory.put_u32
        put(ops + self.abi.offset("ftrace_ops", "private"), tr)
        if self.bits == 64:  # where it stands in the image, it is not a trampoline's copy
            for entry in ("function_trace_entry", "ftrace_graph_entry"):
                self.memory.put_u64(self.symbols[entry] + ENTRY_OPS, ops)
        return ops

    def sites(self) -> list[int]:
        """Addresses of the call sites."""
        word = self.bits // 8
        start, stop = self.symbols["__start_mcount_loc"], self.symbols["__stop_mcount_loc"]
        data = self.memory.read(start, stop - start)
        return [int.from_bytes(data[i : i + word], "little") for i in range(0, len(data), word)]

    def patch(self, target: str | None) -> None:
        """Make all sites nops, or call target."""
        for site in self.sites():
            code = b"\x0f\x1f\x44\0\0"
            if target is not None:
                offset = self.symbols[target] - site - 5
                code = b"\xe8" + (offset & 0xFFFF_FFFF).to_bytes(4, "little")
            self.memory.write(site, code)
        self.machine.flush_text()

    def close(self) -> None:
        """Stop the machine."""
        self.machine.close()
