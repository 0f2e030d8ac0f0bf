"""RAM by virtual addresses, and the page tables in it."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracefs.machine import I386, X86_64, Layout, Memory, PageFault
from tracefs.machine.layout import HOST_START, LARGE_SIZE, PAGE_SIZE
from tracefs.machine.paging import LARGE, NX, PRESENT, RO, RW, RWX, RX, WRITE

RAM = HOST_START + 8 * LARGE_SIZE


@pytest.fixture(params=[X86_64, I386], ids=["x86_64", "i386"])
def memory(request: pytest.FixtureRequest) -> Iterator[Memory]:
    """RAM of either word size."""
    memory = Memory(RAM, request.param)
    yield memory
    memory.close()


@pytest.fixture
def window(memory: Memory) -> int:
    """Two virtual pages whose frames are in the wrong order."""
    pages = memory.alloc_pages(2)
    va = memory.layout.modules_base
    pa = memory.virt_to_phys(pages)
    memory.map(va, pa + PAGE_SIZE, PAGE_SIZE, RW)
    memory.map(va + PAGE_SIZE, pa, PAGE_SIZE, RW)
    return va


def test_direct_map_is_all_of_ram(memory: Memory) -> None:
    base = memory.layout.page_offset
    assert memory.virt_to_phys(base) == 0
    assert memory.virt_to_phys(base + RAM - 1) == RAM - 1
    assert memory.flags(base) == RW
    assert not memory.is_executable(base)
    for outside in (base - 1, base + RAM, 0, 0x1234):
        with pytest.raises(PageFault) as fault:
            memory.virt_to_phys(outside)
        assert fault.value.errno == errno.EFAULT
        assert fault.value.va == outside
        assert not memory.is_executable(outside)


def test_size_is_checked() -> None:
    for size in (1 << 20, HOST_START, RAM + PAGE_SIZE):
        with pytest.raises(ValueError, match="RAM"):
            Memory(size)


def test_words(memory: Memory) -> None:
    va = memory.alloc_pages(1)
    memory.put_u64(va, 0x1122334455667788)
    assert memory.u64(va) == 0x1122334455667788
    assert memory.u32(va) == 0x55667788
    assert memory.u16(va + 2) == 0x5566
    assert memory.u8(va + 7) == 0x11
    memory.put_u8(va, 0x1FF)
    memory.put_u16(va + 2, -1)
    memory.put_u32(va + 4, 1 << 32 | 7)
    assert memory.read(va, 8) == b"\xff\x77\xff\xff\x07\0\0\0"


def test_words_across_pages_that_are_not_neighbours(memory: Memory, window: int) -> None:
    edge = window + PAGE_SIZE
    for size, put, get in (
        (2, memory.put_u16, memory.u16),
        (4, memory.put_u32, memory.u32),
        (8, memory.put_u64, memory.u64),
    ):
        for before in range(size + 1):
            value = int.from_bytes(bytes(range(1, size + 1)), "little")
            put(edge - before, value)
            assert get(edge - before) == value
            assert memory.read(edge - before, size) == bytes(range(1, size + 1))


@settings(max_examples=50)
@given(st.integers(0, 2 * PAGE_SIZE), st.binary(max_size=PAGE_SIZE))
def test_write_then_read(offset: int, data: bytes) -> None:
    memory = Memory(RAM)
    pages = memory.alloc_pages(3)
    va = memory.layout.modules_base
    for i, frame in enumerate((2, 0, 1)):
        pa = memory.virt_to_phys(pages) + frame * PAGE_SIZE
        memory.map(va + i * PAGE_SIZE, pa, PAGE_SIZE, RW)
    model = bytearray(3 * PAGE_SIZE)
    model[offset : offset + len(data)] = data
    memory.write(va + offset, data)
    assert memory.read(va, 3 * PAGE_SIZE) == bytes(model)
    memory.close()


def test_nothing_is_written_when_a_page_is_missing(memory: Memory, window: int) -> None:
    end = window + 2 * PAGE_SIZE
    with pytest.raises(PageFault):
        memory.write(end - 4, b"12345678")
    with pytest.raises(PageFault):
        memory.copy_to_nofault(end - 4, b"12345678")
    assert memory.read(end - 4, 4) == bytes(4)
    with pytest.raises(PageFault):
        memory.read(end - 4, 8)
    with pytest.raises(PageFault):
        memory.u64(end - 4)


def test_cstring(memory: Memory, window: int) -> None:
    edge = window + PAGE_SIZE
    memory.write(edge - 3, b"tracing\0rest")
    assert memory.cstring(edge - 3) == "tracing"
    assert memory.cstring(edge - 3, 4) == "trac"
    assert memory.cstring(edge + 4) == ""
    memory.write(window, b"x" * 2 * PAGE_SIZE)
    with pytest.raises(PageFault):
        memory.cstring(window, 3 * PAGE_SIZE)
    assert memory.cstring(window, 2 * PAGE_SIZE) == "x" * 2 * PAGE_SIZE


def test_array_is_a_view(memory: Memory, window: int) -> None:
    va = memory.alloc_pages(2)
    words = memory.array(va, "<u4", 1024 + 10)
    memory.put_u32(va + 4, 99)
    assert words[1] == 99
    words[1033] = 7
    assert memory.u32(va + 4 * 1033) == 7
    with pytest.raises(ValueError, match="contiguous"):
        memory.array(window, "u1", PAGE_SIZE + 1)
    assert len(memory.array(window + 1, "u1", PAGE_SIZE - 1)) == PAGE_SIZE - 1


def test_copies_obey_the_page_tables(memory: Memory, window: int) -> None:
    memory.protect(window, PAGE_SIZE, RX)
    assert memory.is_executable(window)
    assert memory.copy_from_nofault(window, 4) == bytes(4)
    for va in (window, window + PAGE_SIZE - 1):
        with pytest.raises(OSError, match="not permitted") as refused:
            memory.copy_to_nofault(va, b"ab")
        assert refused.value.errno == errno.EPERM
    memory.copy_to_nofault(window + PAGE_SIZE, b"ab")
    memory.write(window, b"by the host")
    assert memory.copy_from_nofault(window, 11) == b"by the host"
    memory.protect(window, PAGE_SIZE, RWX)
    memory.copy_to_nofault(window, b"ab")
    assert memory.copy_from_nofault(window, 2) == b"ab"
    memory.unmap(window, PAGE_SIZE)
    for copy in (
        lambda: memory.copy_from_nofault(window, 1),
        lambda: memory.copy_to_nofault(window, b"a"),
        lambda: memory.protect(window, 1, RW),
    ):
        with pytest.raises(OSError, match="address") as fault:
            copy()
        assert fault.value.errno == errno.EFAULT


def test_a_page_of_the_direct_map_can_go(memory: Memory) -> None:
    va = memory.alloc_pages(3)
    memory.write(va, b"abc" * PAGE_SIZE)
    before = memory.generation
    memory.unmap(va + PAGE_SIZE, PAGE_SIZE)
    assert memory.generation > before
    with pytest.raises(PageFault):
        memory.read(va, 3 * PAGE_SIZE)
    with pytest.raises(PageFault):
        memory.u8(va + PAGE_SIZE)
    with pytest.raises(PageFault):
        memory.array(va, "u1", PAGE_SIZE + 1)
    assert memory.read(va + 2 * PAGE_SIZE, 3) == (b"abc" * PAGE_SIZE)[2 * PAGE_SIZE :][:3]
    memory.protect(va, PAGE_SIZE, RO)
    with pytest.raises(OSError, match="not permitted"):
        memory.copy_to_nofault(va, b"x")
    memory.map(va + PAGE_SIZE, memory.virt_to_phys(va) + PAGE_SIZE, PAGE_SIZE, RW)
    assert memory.read(va, 3 * PAGE_SIZE) == b"abc" * PAGE_SIZE


def test_large_pages_are_used_and_split(memory: Memory) -> None:
    base = memory.layout.page_offset
    paging = memory.paging
    tables = memory._low.free
    memory.map(base, 0, RAM, RW)
    assert memory._low.free == tables  # nothing new: these are 2 MB entries
    memory.protect(base + 5 * PAGE_SIZE, PAGE_SIZE, RO)
    assert memory._low.free == tables - PAGE_SIZE
    assert paging.entry(base + 4 * PAGE_SIZE) == (4 * PAGE_SIZE, RW)
    assert paging.entry(base + 5 * PAGE_SIZE + 9) == (5 * PAGE_SIZE + 9, RO)
    assert paging.entry(base + LARGE_SIZE + 1) == (LARGE_SIZE + 1, RW)
    assert RW & LARGE == 0
    memory.map(base, 0, LARGE_SIZE, RX)  # the table that is there is used
    assert paging.entry(base + 5 * PAGE_SIZE) == (5 * PAGE_SIZE, PRESENT)


@settings(max_examples=30)
@given(
    st.sampled_from([X86_64, I386]),
    st.lists(
        st.tuples(
            st.integers(0, 1400),
            st.integers(1, 1200),
            st.sampled_from([0, RX, RWX, RO, RW]),
            st.integers(0, 3),
        ),
        max_size=6,
    ),
)
def test_paging_against_a_model(where: Layout, edits: list[tuple[int, int, int, int]]) -> None:
    memory = Memory(RAM, where)
    model: dict[int, tuple[int, int]] = {}
    base = where.modules_base
    for page, n, flags, frame in edits:
        pa = HOST_START + frame * 512 * PAGE_SIZE
        memory.map(base + page * PAGE_SIZE, pa, n * PAGE_SIZE, flags)
        for i in range(n):
            model.pop(page + i, None)
            if flags:
                model[page + i] = (pa + i * PAGE_SIZE, flags)
    for page in range(0, 2700, 7):
        va = base + page * PAGE_SIZE
        if page in model:
            assert memory.paging.entry(va + 5) == (model[page][0] + 5, model[page][1])
            assert memory.flags(va) & WRITE == model[page][1] & WRITE
            assert memory.is_executable(va) == (not model[page][1] & NX)
        else:
            with pytest.raises(PageFault):
                memory.paging.entry(va)
    memory.close()


def test_pae_root_entries_have_no_protection() -> None:
    """Bits 1 and 2 are reserved there; a real CPU would fault at loading CR3."""
    memory = Memory(RAM, I386)
    memory.map(memory.layout.modules_base, 0, PAGE_SIZE, RW)
    memory.map(0x1000, 0, PAGE_SIZE, RW)
    root = [memory.paging._words[(memory.paging.root >> 3) + i] for i in range(4)]
    assert [entry & 0xFFF for entry in root] == [PRESENT, 0, 0, PRESENT]
    memory.close()


def test_mappings_begin_at_pages(memory: Memory) -> None:
    with pytest.raises(ValueError, match="boundary"):
        memory.map(memory.layout.modules_base + 1, 0, PAGE_SIZE, RW)


# ---- the host's pages


def test_pages_are_zero_also_when_used_again(memory: Memory) -> None:
    for n in (1, 3, 100, 300):
        va = memory.alloc_pages(n)
        assert memory.read(va, n * PAGE_SIZE) == bytes(n * PAGE_SIZE)
        memory.write(va, b"\xff" * n * PAGE_SIZE)
        memory.free_pages(va, n)
        again = memory.alloc_pages(n)
        assert again == va
        assert memory.read(va, n * PAGE_SIZE) == bytes(n * PAGE_SIZE)
        memory.free_pages(va, n)


def test_out_of_memory(memory: Memory) -> None:
    free = memory.pages.free // PAGE_SIZE
    with pytest.raises(OSError, match="memory") as refused:
        memory.alloc_pages(free + 1)
    assert refused.value.errno == errno.ENOMEM
    va = memory.alloc_pages(free)
    with pytest.raises(OSError, match="memory"):
        memory.alloc_pages(1)
    memory.free_pages(va, free)
    assert memory.alloc_pages(1) == va


def test_ram_costs_nothing_until_it_is_touched() -> None:
    with open("/proc/self/statm", encoding="ascii") as statm:
        before = int(statm.read().split()[1])
    memory = Memory()
    memory.alloc_pages(10_000)
    with open("/proc/self/statm", encoding="ascii") as statm:
        after = int(statm.read().split()[1])
    assert (after - before) * PAGE_SIZE < 4 << 20
    memory.close()


def test_close_with_a_view_left() -> None:
    memory = Memory(RAM)
    view = memory.array(memory.alloc_pages(1), "u1", 10)
    memory.close()
    assert view[0] == 0
