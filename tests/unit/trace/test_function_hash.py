"""The order of the kernel's hash tables, against a model of them made of linked lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracefs.trace.function_hash import FunctionHash

TEXT = 0xFFFFFFFF81000000
IPS = st.integers(0, 400).map(lambda n: TEXT + 16 * n)


class Table:
    """struct ftrace_hash: buckets whose newest entry stands first."""

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.buckets: list[list[int]] = [[] for _ in range(1 << bits)]

    def add(self, ip: int) -> None:
        """add_hash_entry."""
        product = ip * 0x61C8864680B583EB % (1 << 64)
        self.buckets[product >> (64 - self.bits) if self.bits else 0].insert(0, ip)

    def entries(self) -> list[int]:
        """Bucket after bucket."""
        return [ip for bucket in self.buckets for ip in bucket]


def edited(old: list[int], new: list[int], gone: list[int]) -> list[int]:
    """One edit: a copy, its change, and the move to a table of the right size."""
    copy = Table(10)
    for ip in old:
        copy.add(ip)
    for ip in new:
        if ip not in copy.entries():
            copy.add(ip)
    left = [ip for ip in copy.entries() if ip not in gone]
    table = Table(min((len(left) // 2).bit_length(), 12))
    for ip in left:
        table.add(ip)
    return table.entries()


@given(st.lists(st.tuples(st.booleans(), st.lists(IPS, unique=True, max_size=60)), max_size=5))
def test_edits(edits: list[tuple[bool, list[int]]]) -> None:
    functions = FunctionHash(8)
    model: list[int] = []
    for adding, ips in edits:
        if adding:
            fresh = functions.add(ips)
            assert fresh == [ip for ip in ips if ip not in model]
            model = edited(model, ips, [])
        else:
            functions.remove(ips)
            model = edited(model, [], ips)
        assert list(functions) == model
        assert len(functions) == len(model)
