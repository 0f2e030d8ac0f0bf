"""The allocator of the module area."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracefs.image import ImageError, ModuleArea, Part
from tracefs.machine.errors import PageFault
from tracefs.machine.layout import MODULES_VADDR, PAGE_SIZE
from tracefs.machine.memory import Memory

RAM = 256 << 20


def make(pages: int = 64) -> tuple[Memory, ModuleArea]:
    memory = Memory(RAM)
    return memory, ModuleArea(memory, MODULES_VADDR, MODULES_VADDR + pages * PAGE_SIZE)


def test_parts_and_their_protection() -> None:
    memory, area = make()
    va = area.alloc([Part(5000, text=True), Part(1), Part(10, writable=True)])
    assert area.size(va) == 4 * PAGE_SIZE
    assert [memory.is_executable(va + i * PAGE_SIZE) for i in range(4)] == [
        True,
        True,
        False,
        False,
    ]
    memory.copy_to_nofault(va, b"x")
    with pytest.raises(PageFault):
        memory.copy_to_nofault(va + 2 * PAGE_SIZE, b"x")
    memory.copy_to_nofault(va + 3 * PAGE_SIZE, b"x")


def test_code_that_comes_and_goes_is_flushed() -> None:
    _, area = make()
    flushed: list[None] = []
    area.flush = flushed.append
    area.free(area.alloc([Part(1, text=True)]))
    assert len(flushed) == 2


def test_full() -> None:
    memory, area = make(8)
    free = memory.pages.free
    area.alloc([Part(5 * PAGE_SIZE)])
    with pytest.raises(ImageError, match="no room") as caught:
        area.alloc([Part(2 * PAGE_SIZE)])
    assert caught.value.errno == errno.ENOMEM
    area.alloc([Part(PAGE_SIZE)])
    assert memory.pages.free == free - 6 * PAGE_SIZE


def test_out_of_ram() -> None:
    memory, area = make(1 << 17)
    free = memory.pages.free
    with pytest.raises(ImageError, match="no memory for") as caught:
        area.alloc([Part(PAGE_SIZE), Part(RAM)])
    assert caught.value.errno == errno.ENOMEM
    assert memory.pages.free == free


@settings(max_examples=50)
@given(st.lists(st.one_of(st.integers(1, 5), st.integers(-8, -1)), max_size=30))
def test_blocks_never_touch(steps: list[int]) -> None:
    memory, area = make(1000)
    free = memory.pages.free
    blocks: dict[int, int] = {}
    for step in steps:
        if step > 0:
            va = area.alloc([Part(step * PAGE_SIZE)])
            for other, size in blocks.items():
                assert va + step * PAGE_SIZE < other or other + size < va
            memory.write(va, bytes([len(blocks) + 1]) * step * PAGE_SIZE)
            blocks[va] = step * PAGE_SIZE
        elif blocks:
            va = sorted(blocks)[step % len(blocks)]
            size = blocks.pop(va)
            assert len(set(memory.read(va, size))) == 1
            area.free(va)
            with pytest.raises(PageFault):
                memory.read(va, 1)
    for va in blocks:
        area.free(va)
    assert memory.pages.free == free
    assert area.alloc([Part(1)]) == area.start
