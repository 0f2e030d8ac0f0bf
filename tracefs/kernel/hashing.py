"""Hash tables that the guest's tracing code looks things up in, built here in its format.

Open addressing with linear probing, at most half full; the slot of a key is the top ``bits`` bits
of its low 32 bits times a constant (include/linux/ftrace.h, kernel/trace/trace.h).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MULTIPLIER = 0x9E3779B1
_MIN_BITS = 4


def table_bits(count: int) -> int:
    """How many bits of slots a table for ``count`` keys has."""
    return max(_MIN_BITS, (2 * count - 1).bit_length()) if count else _MIN_BITS


def build(keys: NDArray[np.uint64], values: NDArray[Any], bits: int) -> NDArray[Any]:
    """The slots of a table: ``values[i]`` stands where a look-up of ``keys[i]`` finds it.

    Keys are distinct and values not 0; free slots are 0.
    """
    import numpy as np

    table = np.zeros(1 << bits, values.dtype)
    slots = (((keys & 0xFFFFFFFF) * _MULTIPLIER & 0xFFFFFFFF) >> (32 - bits)).astype(np.int64)
    waiting = np.arange(len(keys))
    while len(waiting):
        # Each free slot takes the first that wants it; the others try the next slot.
        wanted = slots[waiting]
        free = table[wanted] == 0
        _, first = np.unique(np.where(free, wanted, -1), return_index=True)
        taken = first[free[first]]
        table[wanted[taken]] = values[waiting[taken]]
        waiting = np.delete(waiting, taken)
        slots[waiting] = (slots[waiting] + 1) & ((1 << bits) - 1)
    return table
