"""Where things are: physical RAM, and the virtual address map of each kernel image."""

from __future__ import annotations

from typing import NamedTuple

PAGE_SHIFT = 12
PAGE_SIZE = 1 << PAGE_SHIFT
PAGE_MASK = ~(PAGE_SIZE - 1)
LARGE_SIZE = 2 << 20

# Physical RAM: page tables and descriptor tables, the kernel image, what the guest may allocate,
# the host's pages.
LOW_START = 0x1000
KERNEL_PHYS = 0x100_0000
GUEST_START = 0x200_0000
GUEST_SIZE = 64 << 20
HOST_START = GUEST_START + GUEST_SIZE

# Segment selectors of the flat GDT.
KERNEL_CS = 0x08
KERNEL_DS = 0x10


class Layout(NamedTuple):
    """The virtual address map of one architecture, as the kernel has it."""

    bits: int
    page_offset: int  # direct map of all RAM
    kernel_base: int  # where vmlinux is linked
    modules_base: int  # modules and trampolines
    modules_end: int
    ram: int  # default, and the most that there is room for
    stub: int  # a page of the machine's own code
    gdt: tuple[int, ...]


X86_64 = Layout(
    bits=64,
    page_offset=0xFFFF_8880_0000_0000,
    kernel_base=0xFFFF_FFFF_8100_0000,
    modules_base=0xFFFF_FFFF_C000_0000,
    modules_end=0xFFFF_FFFF_FF00_0000,
    ram=1 << 30,
    stub=0xFFFF_FFFF_FFFF_E000,
    gdt=(0, 0x00AF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF),
)

# One gigabyte of kernel space: the image lies inside the direct map, as arch/x86 does it on 32
# bits.
I386 = Layout(
    bits=32,
    page_offset=0xC000_0000,
    kernel_base=0xC100_0000,
    modules_base=0xF800_0000,
    modules_end=0xFF00_0000,
    ram=768 << 20,
    stub=0xFFFF_E000,
    gdt=(0, 0x00CF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0, 0, 0, 0, 0),
)

# As arch/powerpc on 32 bits: vmalloc space, where modules are, is out of reach of a branch from the
# kernel's text.  Its module area is within reach of itself.
PPC32 = Layout(
    bits=32,
    page_offset=0xC000_0000,
    kernel_base=0xC100_0000,
    modules_base=0xF100_0000,
    modules_end=0xF140_0000,
    ram=256 << 20,
    stub=0xFFFF_E000,
    gdt=(),
)

PAGE_OFFSET = X86_64.page_offset
MODULES_VADDR = X86_64.modules_base
MODULES_END = X86_64.modules_end
