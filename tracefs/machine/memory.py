"""Guest RAM: one mmap that every CPU and the host share, reached by virtual addresses."""

from __future__ import annotations

import errno
import mmap
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from tracefs.machine import layout
from tracefs.machine.errors import PageFault
from tracefs.machine.layout import PAGE_SIZE, Layout
from tracefs.machine.pages import PageAllocator
from tracefs.machine.paging import NX, RW, RWX, WRITE, LongMode, Pae, Paging

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_U16 = struct.Struct("<H")
_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")
# Freed runs of this size go back to the host's kernel, which then hands out zero pages.
_RETURN_SIZE = 64 * PAGE_SIZE


class Segment(Protocol):
    """A loadable piece of a kernel image."""

    @property
    def va(self) -> int: ...
    @property
    def data(self) -> bytes | memoryview: ...
    @property
    def size(self) -> int: ...
    @property
    def executable(self) -> bool: ...


class Memory:
    """RAM of `size` bytes, the page tables in it, and the pages that belong to the host.

    Page tables belong to the host: the guest never writes them, so translations are cached here.
    Addresses are virtual unless a name says `phys`; words are little-endian. `view` is the RAM as
    bytes, `longs` as the guest's unsigned longs (see long_index).
    """

    def __init__(self, size: int | None = None, where: Layout = layout.X86_64) -> None:
        if size is None:
            size = where.ram
        if size % layout.LARGE_SIZE or not layout.HOST_START < size <= where.ram:
            raise ValueError(
                f"RAM of {size} bytes: not a multiple of 2 MB, too small, or too large"
            )
        self.layout = where
        self.size = size
        self.mm = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.view = memoryview(self.mm)
        self.longs = self.view.cast("Q" if where.bits == 64 else "I")
        self._offset = where.page_offset
        self._mask = (1 << where.bits) - 1
        self._direct_end = where.page_offset + size
        self._direct_whole = True  # no page of the direct map was ever changed
        self._tlb: dict[int, tuple[int, int]] = {}
        self.faults: dict[int, int] = {}  # addresses that the *_nofault accessors fail at, by errno
        self.generation = 0  # bumped by every page table edit: CPUs flush their TLB when it moved
        self._low = PageAllocator(layout.LOW_START, layout.KERNEL_PHYS, self._clear)
        self.pages = PageAllocator(layout.HOST_START, size, self._clear)
        words = self.view.cast("Q")
        kind = LongMode if where.bits == 64 else Pae
        self.paging: Paging = kind(words, lambda: self._low.alloc(1))
        self.paging.map(where.page_offset, 0, size, RW)

    # ---- translation

    def _page(self, va: int) -> tuple[int, int]:
        page = self._tlb.get(va >> 12)
        if page is None:
            pa, flags = self.paging.entry(va)
            page = self._tlb[va >> 12] = (pa & ~0xFFF, flags)
        return page

    def virt_to_phys(self, va: int) -> int:
        """Offset of va in `mm`.  Raises PageFault."""
        if self._offset <= va < self._direct_end and self._direct_whole:
            return va - self._offset
        return self._page(va)[0] | va & 0xFFF

    phys = virt_to_phys

    def long_index(self, va: int) -> int:
        """Where `longs` has the (aligned) unsigned long at va.  Raises PageFault."""
        return self.virt_to_phys(va) // (self.layout.bits // 8)

    def flags(self, va: int) -> int:
        """PRESENT, WRITE and NX of the page at va.  Raises PageFault."""
        return self._page(va)[1]

    def is_executable(self, va: int) -> bool:
        """Whether the CPU could fetch an instruction at va."""
        try:
            return not self._page(va)[1] & NX
        except PageFault:
            return False

    def _span(self, va: int, n: int) -> int:
        # Physical address of n bytes, which must be contiguous there (ValueError).
        pa = self.virt_to_phys(va)
        if self._direct_whole and self._offset <= va and va + n <= self._direct_end:
            return pa
        for page in range((va & ~0xFFF) + PAGE_SIZE, va + n, PAGE_SIZE):
            if self._page(page)[0] != pa + page - va:
                raise ValueError(f"{n} bytes at {va:#x} are not contiguous")
        return pa

    # ---- bytes

    def read(self, va: int, n: int) -> bytes:
        """n bytes at va.  Raises PageFault."""
        if (va & 0xFFF) + n <= PAGE_SIZE or (
            self._direct_whole and self._offset <= va <= self._direct_end - n
        ):
            pa = self.virt_to_phys(va)
            return self.mm[pa : pa + n]
        out = bytearray()
        while n > 0:
            k = min(n, PAGE_SIZE - (va & 0xFFF))
            pa = self.virt_to_phys(va)
            out += self.view[pa : pa + k]
            va += k
            n -= k
        return bytes(out)

    def write(self, va: int, data: bytes | bytearray | memoryview) -> None:
        """Store data at va, whatever the protection; nothing is stored if a page is missing."""
        n = len(data)
        if (va & 0xFFF) + n <= PAGE_SIZE or (
            self._direct_whole and self._offset <= va <= self._direct_end - n
        ):
            pa = self.virt_to_phys(va)
            self.view[pa : pa + n] = data
            return
        pieces = []
        o = 0
        while o < n:
            k = min(n - o, PAGE_SIZE - (va + o & 0xFFF))
            pieces.append((self.virt_to_phys(va + o), o, k))
            o += k
        for pa, o, k in pieces:
            self.view[pa : pa + k] = data[o : o + k]

    def u8(self, va: int) -> int:
        """The byte at va."""
        return self.mm[self.virt_to_phys(va)]

    def u16(self, va: int) -> int:
        """The 16-bit word at va."""
        return int.from_bytes(self.read(va, 2), "little")

    def u32(self, va: int) -> int:
        """The 32-bit word at va."""
        if va & 0xFFF > 0xFFC:
            return int.from_bytes(self.read(va, 4), "little")
        word: int = _U32.unpack_from(self.mm, self.virt_to_phys(va))[0]
        return word

    def u64(self, va: int) -> int:
        """The 64-bit word at va."""
        if va & 0xFFF > 0xFF8:
            return int.from_bytes(self.read(va, 8), "little")
        word: int = _U64.unpack_from(self.mm, self.virt_to_phys(va))[0]
        return word

    def word(self, va: int) -> int:
        """The guest's unsigned long, or pointer, at va."""
        return self.u64(va) if self.layout.bits == 64 else self.u32(va)

    def put_word(self, va: int, value: int) -> None:
        """Set the guest's unsigned long, or pointer, at va."""
        if self.layout.bits == 64:
            self.put_u64(va, value)
        else:
            self.put_u32(va, value)

    def put_u8(self, va: int, value: int) -> None:
        """Store a byte; higher bits of value are dropped, here and below."""
        self.mm[self.virt_to_phys(va)] = value & 0xFF

    def put_u16(self, va: int, value: int) -> None:
        """Store a 16-bit word."""
        self.write(va, _U16.pack(value & 0xFFFF))

    def put_u32(self, va: int, value: int) -> None:
        """Store a 32-bit word."""
        self.write(va, _U32.pack(value & 0xFFFF_FFFF))

    def put_u64(self, va: int, value: int) -> None:
        """Store a 64-bit word."""
        self.write(va, _U64.pack(value & 0xFFFF_FFFF_FFFF_FFFF))

    def cstring(self, va: int, max: int = 4096) -> str:
        """The string at va, up to a NUL or max bytes; bytes are latin-1 characters."""
        out = bytearray()
        while len(out) < max:
            chunk = self.read(va, min(max - len(out), PAGE_SIZE - (va & 0xFFF)))
            end = chunk.find(0)
            if end >= 0:
                out += chunk[:end]
                break
            out += chunk
            va += len(chunk)
        return out.decode("latin-1")

    def array(self, va: int, dtype: npt.DTypeLike, count: int) -> np.ndarray[Any, np.dtype[Any]]:
        """A numpy view of count items at va, no copy.  ValueError: they are not contiguous."""
        import numpy as np

        kind = np.dtype(dtype)
        return np.frombuffer(self.mm, kind, count, self._span(va, count * kind.itemsize))

    # ---- copies that obey the page tables

    def copy_from_nofault(self, va: int, n: int) -> bytes:
        """As the kernel's: n bytes, or OSError(EFAULT)."""
        if self.faults:
            self._fail(va & self._mask, n, errno.EFAULT)
        return self.read(va & self._mask, n)

    def copy_to_nofault(self, va: int, data: bytes | bytearray | memoryview) -> None:
        """Store data, all or nothing: EFAULT for a missing page, EPERM for a read-only one."""
        va &= self._mask
        if self.faults:
            self._fail(va, len(data), errno.EPERM)
        for page in range(va & ~0xFFF, va + len(data), PAGE_SIZE):
            if not self._page(page)[1] & WRITE:
                raise PageFault(max(page, va), errno.EPERM)
        self.write(va, data)

    def _fail(self, va: int, n: int, code: int) -> None:
        for at, fault in self.faults.items():
            if fault == code and va <= at < va + n:
                raise PageFault(at, code)

    # ---- pages

    def _clear(self, pa: int, n: int) -> None:
        if n >= _RETURN_SIZE:
            self.mm.madvise(mmap.MADV_DONTNEED, pa, n)
        else:
            self.view[pa : pa + n] = bytes(n)

    def alloc_pages(self, n: int, *, zero: bool = True) -> int:
        """Direct-map address of n contiguous pages of the host's.  Raises OSError(ENOMEM)."""
        return self._offset + self.pages.alloc(n, zero=zero)

    def free_pages(self, va: int, n: int) -> None:
        """Give pages back.  Raises ValueError if they are not allocated."""
        pa = va - self._offset
        self.pages.release(pa, n)
        if n * PAGE_SIZE >= _RETURN_SIZE:
            self.mm.madvise(mmap.MADV_DONTNEED, pa, n * PAGE_SIZE)

    def alloc_low_page(self) -> int:
        """Direct-map address of a zeroed page for the machine's own tables."""
        return self._offset + self._low.alloc(1)

    # ---- mappings

    def map_kernel(self, segments: Iterable[Segment]) -> None:
        """Load an image from 16 MB up: text writable and executable, the rest not executable."""
        offset = layout.KERNEL_PHYS - self.layout.kernel_base
        for segment in sorted(segments, key=lambda s: s.executable):
            start = segment.va & layout.PAGE_MASK
            end = -(-(segment.va + segment.size) // PAGE_SIZE) * PAGE_SIZE
            pa = segment.va + offset
            if not layout.KERNEL_PHYS <= pa <= layout.GUEST_START - segment.size:
                raise ValueError(f"segment at {segment.va:#x} does not fit")
            self.map(start, start + offset, end - start, RWX if segment.executable else RW)
            self.view[pa : pa + len(segment.data)] = segment.data

    def map(self, va: int, pa: int, n: int, flags: int) -> None:
        """Map n bytes (rounded up to pages) at va to physical pa, with flags from `paging`."""
        self._edit(va, pa, n, flags)

    def unmap(self, va: int, n: int) -> None:
        """Remove the pages of n bytes at va; they fault from now on."""
        self._edit(va, 0, n, 0)

    def protect(self, va: int, n: int, flags: int) -> None:
        """Change the flags of mapped pages.  Raises PageFault."""
        for page in range(va & ~0xFFF, va + n, PAGE_SIZE):
            self._edit(page, self.paging.entry(page)[0], PAGE_SIZE, flags)

    def _edit(self, va: int, pa: int, n: int, flags: int) -> None:
        if (va | pa) & 0xFFF:
            raise ValueError("mappings begin at a page boundary")
        self.paging.map(va, pa, n, flags)
        if va < self._direct_end and va + n > self._offset:
            self._direct_whole = False
        self._tlb.clear()
        self.generation += 1

    def close(self) -> None:
        """Give the RAM back to the host, unless arrays still look at it."""
        try:
            self.paging._words.release()
            self.longs.release()
            self.view.release()
            self.mm.close()
        except BufferError:
            pass
