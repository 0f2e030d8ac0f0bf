"""Small kernels and modules compiled with gcc, for tests of images, patching and the core."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

from tools.recordmcount import with_mcount_loc
from tracefs.image import Image, ModuleArea
from tracefs.machine import layout
from tracefs.machine.layout import I386, PPC32, X86_64
from tracefs.machine.memory import Memory
from tracefs.machine.paging import NX, PRESENT, WRITE

COMMON = [
    *("-O2", "-ffreestanding", "-fno-pic", "-fno-pie", "-fno-stack-protector"),
    *("-fno-asynchronous-unwind-tables", "-fno-common", "-pg"),
]
X86 = [*COMMON, "-fcf-protection=none", "-mgeneral-regs-only", "-mrecord-mcount"]
FLAGS = {
    "x86_64": [*X86, "-m64", "-mcmodel=kernel", "-mno-red-zone", "-mfentry"],
    "i386": [*X86, "-m32", "-march=i686"],
    "ppc32": [*COMMON, "-mno-sdata", "-msoft-float"],
}
EMULATION = {"x86_64": "elf_x86_64", "i386": "elf_i386", "ppc32": "elf32ppc"}
LAYOUT = {"x86_64": X86_64, "i386": I386, "ppc32": PPC32}
ARCHS = list(LAYOUT)
CROSS = {"ppc32": "powerpc-linux-gnu-"}
"""What the names of an architecture's compiler and linker begin with (make setup installs them)."""
GUEST = Path(__file__).parents[3] / "kernel_image"
ENTRIES = {"ppc32": GUEST / "arch" / "powerpc" / "kernel" / "ftrace_32.S"}
"""mcount and ftrace_caller, where the toy has none of its own."""

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
#elif defined(__i386__)
asm(".text\\n.globl mcount\\n.type mcount,@function\\nmcount: ret\\n");
#endif
NOTRACE void ftrace_stub(void) {}
NOTRACE void function_trace_call(void) {}
NOTRACE void other_trace_call(void) {}
NOTRACE void arch_ftrace_ops_list_func(void) {}
#ifdef __powerpc__
long function_trace_op;
#else
asm(".globl ftrace_caller, ftrace_call, ftrace_regs_caller, ftrace_regs_call\\n"
    ".type ftrace_caller,@function\\nftrace_caller: nop\\nftrace_call: call ftrace_stub\\nret\\n"
    ".type ftrace_regs_caller,@function\\nftrace_regs_caller: nop\\n"
    "ftrace_regs_call: call ftrace_stub\\nret\\n");
#endif
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


MCOUNT = {"x86_64": "__fentry__", "i386": "mcount", "ppc32": "_mcount"}


def call_target(arch: str, ip: int, read: Callable[[int, int], bytes]) -> int:
    """Where the call instruction at ``ip`` leads."""
    if arch == "ppc32":
        word = int.from_bytes(read(ip, 4), "big")
        assert word & 0xFC000003 == 0x48000001
        offset = word & 0x03FFFFFC
        return ip + offset - (offset >> 25 << 26)
    code = read(ip, 5)
    assert code[0] == 0xE8
    offset = int.from_bytes(code[1:], "little", signed=True)
    return (ip + 5 + offset) % (1 << LAYOUT[arch].bits)


def tool(arch: str, name: str) -> str:
    """The compiler or linker for an architecture."""
    return CROSS.get(arch, "") + name


def compile_object(tmp: Path, arch: str, source: str, name: str, *more: str) -> Path:
    """Compile C to an object (a module, if it is one)."""
    path = tmp / f"{name}.{arch}.o"
    subprocess.run(
        [tool(arch, "gcc"), *FLAGS[arch], *more, "-x", "c", "-", "-c", "-o", str(path)],
        input=source,
        text=True,
        check=True,
    )
    if "-mrecord-mcount" not in FLAGS[arch]:
        path.write_bytes(with_mcount_loc(path.read_bytes()))
    return path


def link_kernel(tmp: Path, arch: str, source: str | Path = KERNEL) -> Path:
    """Link a kernel, of C text or of an object."""
    obj = source if isinstance(source, Path) else compile_object(tmp, arch, source, "kernel")
    script = tmp / f"{arch}.lds"
    script.write_text(LDS % LAYOUT[arch].kernel_base)
    path = tmp / f"{obj.stem}.{arch}.vmlinux"
    objects: list[Path] = [obj]
    if arch in ENTRIES:
        objects.append(tmp / f"entries.{arch}.o")
        subprocess.run([tool(arch, "gcc"), "-c", ENTRIES[arch], "-o", objects[1]], check=True)
    subprocess.run(
        [
            *(tool(arch, "ld"), "-m", EMULATION[arch], "-T", str(script)),
            *("-z", "max-page-size=4096", "--no-warn-rwx-segments"),
            *("-e", "vfs_read", *map(str, objects), "-o", str(path)),
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
