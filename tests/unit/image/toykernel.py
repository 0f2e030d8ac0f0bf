"""Small kernels and modules compiled with gcc, for tests of images, patching and the core."""

from __future__ import annotations

import subprocess
from functools import lru_cache
from pathlib import Path

import pytest

from tracefs.image import Image, ModuleArea
from tracefs.machine import layout
from tracefs.machine.layout import I386, X86_64
from tracefs.machine.memory import Memory
from tracefs.machine.paging import NX, PRESENT, WRITE

COMMON = [
    *("-O2", "-ffreestanding", "-fno-pic", "-fno-pie", "-fno-stack-protector"),
    *("-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-fno-common"),
    *("-mgeneral-regs-only", "-pg", "-mrecord-mcount"),
]
FLAGS = {
    "x86_64": [*COMMON, "-m64", "-mcmodel=kernel", "-mno-red-zone", "-mfentry"],
    "i386": [*COMMON, "-m32", "-march=i686"],
}
EMULATION = {"x86_64": "elf_x86_64", "i386": "elf_i386"}
LAYOUT = {"x86_64": X86_64, "i386": I386}

LDS = """
PHDRS { text PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); }
SECTIONS {
  . = %#x;
  .text : { _text = .; _stext = .; *(.text .text.*) _etext = .; } :text
  . = ALIGN(4096);
  .rodata : { *(.rodata .rodata.*) __start___ksymtab = .; KEEP(*(__ksymtab)) __stop___ksymtab = .;
    . = ALIGN(8); __start_mcount_loc = .; KEEP(*(__mcount_loc)) __stop_mcount_loc = .; } :data
  .data : { *(.data .data.*) }
  .bss : { *(.bss .bss.*) _end = .; }
  /DISCARD/ : { *(.comment) *(.note*) *(.eh_frame) }
}
"""

EXPORT = """
struct ksym { unsigned long value; const char *name; };
#define EXPORT_SYMBOL(s) static const struct ksym __ksymtab_##s \\
  __attribute__((used, section("__ksymtab"))) = { (unsigned long)&s, #s }
#define NOTRACE __attribute__((no_instrument_function))
"""

KERNEL = (
    EXPORT
    + """
struct task { long a; int pid; char comm[16]; };
static __attribute__((used)) NOTRACE void abi(void) {
#define ABI(n, v) asm volatile(".globl abi_" #n "\\n.set abi_" #n ", %c0" :: "i"(v))
  ABI(task__pid, __builtin_offsetof(struct task, pid));
  ABI(sizeof__task, sizeof(struct task));
  ABI(const__N, 7);
}
#ifdef __x86_64__
asm(".text\\n.globl __fentry__\\n.type __fentry__,@function\\n__fentry__: ret\\n");
#else
asm(".text\\n.globl mcount\\n.type mcount,@function\\nmcount: ret\\n");
#endif
NOTRACE void ftrace_stub(void) {}
NOTRACE void function_trace_call(void) {}
NOTRACE void other_trace_call(void) {}
NOTRACE void arch_ftrace_ops_list_func(void) {}
asm(".globl ftrace_caller, ftrace_call, ftrace_regs_caller, ftrace_regs_call\\n"
    ".type ftrace_caller,@function\\nftrace_caller: nop\\nftrace_call: call ftrace_stub\\nret\\n"
    ".type ftrace_regs_caller,@function\\nftrace_regs_caller: nop\\n"
    "ftrace_regs_call: call ftrace_stub\\nret\\n");
int counter; const int table[3] = {1, 2, 3};
int vfs_read(int n) { return n + counter; }
int vfs_write(int n) { return n - counter; }
int vfs_open(int n) { return vfs_read(n) * 2; }
static __attribute__((noinline)) int helper(int n) { return n * table[n & 1]; }
int ksys_read(int n) { return helper(n) + vfs_read(n); }
__attribute__((weak)) int maybe(int n) { return n; }
EXPORT_SYMBOL(vfs_read); EXPORT_SYMBOL(counter);
"""
)

MODULE = (
    EXPORT
    + """
extern int vfs_read(int); extern int counter;
static int state = 5; static const char text[] = "hello";
int *pointer = &state; static int big[3000];
int ext_read(int n) { return vfs_read(n) + state + big[n]; }
int ext_write(int n) { counter += n; return ext_read(n) + text[n]; }
static int setup(void) __attribute__((used, section(".init.text"), no_instrument_function));
static int setup(void) { return ext_write(1); }
static void leave(void) { state = 0; }
int init_module(void) __attribute__((alias("setup")));
void cleanup_module(void) __attribute__((alias("leave")));
EXPORT_SYMBOL(ext_read);
"""
)


def compile_object(tmp: Path, arch: str, source: str, name: str, *more: str) -> Path:
    """Compile C to an object (a module, if it is one)."""
    path = tmp / f"{name}.{arch}.o"
    subprocess.run(
        ["gcc", *FLAGS[arch], *more, "-x", "c", "-", "-c", "-o", str(path)],
        input=source,
        text=True,
        check=True,
    )
    return path


def link_kernel(tmp: Path, arch: str, source: str | Path = KERNEL) -> Path:
    """Link a kernel, of C text or of an object."""
    obj = source if isinstance(source, Path) else compile_object(tmp, arch, source, "kernel")
    script = tmp / f"{arch}.lds"
    script.write_text(LDS % LAYOUT[arch].kernel_base)
    path = tmp / f"{obj.stem}.{arch}.vmlinux"
    subprocess.run(
        [
            *("ld", "-m", EMULATION[arch], "-T", str(script), "-z", "max-page-size=4096"),
            *("--no-warn-rwx-segments", "-e", "vfs_read", str(obj), "-o", str(path)),
        ],
        check=True,
    )
    return path


class Toy:
    """A loaded toy kernel: image, memory with its segments, module area; no CPU."""

    def __init__(self, path: Path, arch: str) -> None:
        self.image = Image.load(path)
        where = LAYOUT[arch]
        self.memory = Memory(256 << 20, where)
        for segment in self.image.segments:
            start = segment.va & ~0xFFF
            size = segment.va + segment.memsize - start
            pa = layout.KERNEL_PHYS + start - where.kernel_base
            flags = PRESENT | WRITE | (0 if segment.flags & 1 else NX)
            self.memory.map(start, pa, size, flags)
            self.memory.write(segment.va, segment.data)
        self.area = ModuleArea(self.memory, where.modules_base, where.modules_end)


@pytest.fixture(scope="session")
def toy_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where compiled toys stand."""
    return tmp_path_factory.mktemp("toy")


@lru_cache
def kernel_file(directory: Path, arch: str) -> Path:
    """The toy kernel of an architecture, linked once a session."""
    return link_kernel(directory, arch)


@lru_cache
def module_file(directory: Path, arch: str) -> Path:
    """The toy module."""
    return compile_object(directory, arch, MODULE, "ext").rename(directory / f"ext_{arch}.ko")
