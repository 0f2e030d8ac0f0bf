"""lib/ of the kernel image, loaded into this process and compared with what Python says."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import zlib
from ctypes import c_char_p, c_int, c_long, c_size_t, c_uint32, c_ulong, c_void_p
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2] / "kernel_image"
NOT_HERE = {"percpu_counter.c", "iov_iter.c", "div64_32.c"}  # per-CPU words; pages; i386 only
ULONG = 2**64

pytestmark = pytest.mark.skipif(not shutil.which("gcc"), reason="needs gcc")


@pytest.fixture(scope="module")
def lib(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    out = tmp_path_factory.mktemp("lib") / "lib.so"
    sources = [str(p) for p in (ROOT / "lib").glob("*.c") if p.name not in NOT_HERE]
    flags = "-std=gnu11 -O2 -ffreestanding -fPIC -fno-strict-aliasing -mgeneral-regs-only -w"
    subprocess.run(
        [
            "gcc",
            *flags.split(),
            "-shared",
            "-Wl,-Bsymbolic",
            f"-I{ROOT}/include",
            "-o",
            str(out),
            str(Path(__file__).with_name("lib_host.c")),
            *sources,
        ],
        check=True,
    )
    dll = ctypes.CDLL(str(out))
    for name in (
        "strchr",
        "strrchr",
        "strstr",
        "xa_new",
        "xa_load",
        "xa_store",
        "xa_erase",
        "idr_new",
        "idr_find",
        "idr_remove",
        "ida_new",
        "strim",
        "xa_find",
    ):
        getattr(dll, name).restype = c_void_p
    for name in ("strlen", "strlcpy", "strspn", "strcspn", "int_sqrt", "strnlen"):
        getattr(dll, name).restype = c_size_t
    for name in ("siphash", "mul_u64_u64_div_u64", "mul_u64_u64_shr"):
        getattr(dll, name).restype = ctypes.c_uint64
        getattr(dll, name).argtypes = [ctypes.c_uint64] * 3
    dll.siphash.argtypes = [c_char_p, c_size_t, ctypes.POINTER(ctypes.c_uint64)]
    for name in ("crc32_le", "crc32_be", "jhash"):
        getattr(dll, name).restype = c_uint32
    dll.crc16.restype = ctypes.c_uint16
    dll.glob_match.restype = ctypes.c_bool
    dll.strscpy.restype = c_long
    for name in ("find_next_bit", "find_next_zero_bit", "find_last_bit"):
        getattr(dll, name).restype = c_ulong
    return dll


def fmt(lib: ctypes.CDLL, spec: bytes, *args: object) -> str:
    buf = ctypes.create_string_buffer(256)
    n = lib.snprintf(buf, c_size_t(256), spec, *args)
    assert n == len(buf.value)
    return buf.value.decode()


@pytest.mark.parametrize(
    ("spec", "args", "want"),
    [
        (b"%d %i %u", (c_int(-5), c_int(7), c_int(-1)), "-5 7 4294967295"),
        (
            b"[%5d|%-5d|%05d|%+d|% d]",
            tuple(map(c_int, (42, 42, -42, 42, 42))),
            "[   42|42   |-0042|+42| 42]",
        ),
        (
            b"%x %X %#x %#010x %o %#o",
            tuple(map(c_int, (255, 255, 255, 255, 8, 8))),
            "ff FF 0xff 0x000000ff 10 010",
        ),
        (
            b"%llu %lld",
            (ctypes.c_uint64(2**64 - 1), ctypes.c_int64(-(2**63))),
            "18446744073709551615 -9223372036854775808",
        ),
        (b"%hhd %hu %hhx", tuple(map(c_int, (300, 65537, -1))), "44 1 ff"),
        (b"%.3d|%8.3d|%-8.3d|", tuple(map(c_int, (5, 5, 5))), "005|     005|005     |"),
        (
            b"%s|%10s|%-10s|%.2s|%*s",
            (*[b"abc"] * 4, c_int(5), b"x"),
            "abc|       abc|abc       |ab|    x",
        ),
        (b"%s", (None,), "(null)"),
        (b"%c%c%%", (c_int(65), c_int(66)), "AB%"),
        (b"%zu %zd", (c_size_t(7), c_size_t(7)), "7 7"),
        (b"%px", (c_void_p(0x1234),), "0000000000001234"),
        (b"%pS %ps", (c_void_p(0x10), c_void_p(0x20)), "0x10 0x20"),
        (b"%*ph %2phC", (c_int(3), b"\x01\xab\xff", b"\x01\x02"), "01 ab ff 01:02"),
        (b"%*pbl", (c_int(12), ctypes.byref(c_ulong(0b100001110001))), "0,4-6,11"),
        (b"%pe", (c_void_p(ULONG - 22),), "-22"),
    ],
)
def test_vsnprintf(lib: ctypes.CDLL, spec: bytes, args: tuple[object, ...], want: str) -> None:
    assert fmt(lib, spec, *args) == want


def test_snprintf_cuts_and_still_counts(lib: ctypes.CDLL) -> None:
    buf = ctypes.create_string_buffer(b"zzzzzzzz", 8)
    assert lib.snprintf(buf, c_size_t(4), b"%d", c_int(123456)) == 6
    assert buf.raw == b"123\0zzzz"
    assert lib.scnprintf(buf, c_size_t(4), b"%d", c_int(123456)) == 3
    assert lib.snprintf(None, c_size_t(0), b"hello") == 5


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 30), st.integers(0, 25))
@settings(max_examples=200)
def test_numbers_like_python(lib: ctypes.CDLL, v: int, width: int, precision: int) -> None:
    got = fmt(lib, f"%{width}.{precision}lld".encode(), ctypes.c_int64(v))
    digits = "" if v == 0 and precision == 0 else str(abs(v)).rjust(precision, "0")
    digits = digits or "0"  # the kernel prints a 0
    assert got == (("-" if v < 0 else "") + digits).rjust(width)


def test_sscanf(lib: ctypes.CDLL) -> None:
    a, b, n = c_int(), c_ulong(), c_int()
    word = ctypes.create_string_buffer(16)
    got = lib.sscanf(
        b" 12: 0xff name rest",
        b"%d: %lx %s%n",
        ctypes.byref(a),
        ctypes.byref(b),
        word,
        ctypes.byref(n),
    )
    assert (got, a.value, b.value, word.value, n.value) == (3, 12, 255, b"name", 14)
    assert lib.sscanf(b"x", b"%d", ctypes.byref(a)) == 0
    assert lib.sscanf(b"123456", b"%3d%d", ctypes.byref(a), ctypes.byref(n)) == 2
    assert (a.value, n.value) == (123, 456)


@pytest.mark.parametrize(
    ("text", "base", "want"),
    [
        (b"10", 0, 10),
        (b"0x10", 0, 16),
        (b"010", 0, 8),
        (b"10\n", 10, 10),
        (b"+5", 10, 5),
        (b"ff", 16, 255),
        (b"18446744073709551615", 0, 2**64 - 1),
        (b"18446744073709551616", 0, -34),
        (b"", 0, -22),
        (b"1 ", 0, -22),
        (b"\n", 0, -22),
        (b"-1", 0, -22),
        (b"0x", 16, -22),
        (b"12z", 10, -22),
        (b"0", 0, 0),
        (b"1\n\n", 0, -22),
    ],
)
def test_kstrtoull(lib: ctypes.CDLL, text: bytes, base: int, want: int) -> None:
    out = ctypes.c_uint64()
    err = lib.kstrtoull(text, base, ctypes.byref(out))
    assert (err or out.value) == want


@pytest.mark.parametrize(
    ("name", "text", "want"),
    [
        ("kstrtoint", b"2147483647", 2**31 - 1),
        ("kstrtoint", b"2147483648", -34),
        ("kstrtoint", b"-2147483648", -(2**31)),
        ("kstrtou8", b"255", 255),
        ("kstrtou8", b"256", -34),
        ("kstrtoint", b"-", -22),
        ("kstrtoint", b"-+1", -22),
    ],
)
def test_narrow_numbers(lib: ctypes.CDLL, name: str, text: bytes, want: int) -> None:
    out = ctypes.c_int(0)
    err = getattr(lib, name)(text, 0, ctypes.byref(out))
    assert (err or out.value) == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        (b"y", 1),
        (b"N", 0),
        (b"1", 1),
        (b"0", 0),
        (b"on", 1),
        (b"off", 0),
        (b"o", -22),
        (b"x", -22),
        (b"true", 1),
    ],
)
def test_kstrtobool(lib: ctypes.CDLL, text: bytes, want: int) -> None:
    out = ctypes.c_bool()
    err = lib.kstrtobool(text, ctypes.byref(out))
    assert (err or int(out.value)) == want


@given(
    st.binary(max_size=80).filter(lambda b: 0 not in b),
    st.binary(max_size=80).filter(lambda b: 0 not in b),
)
@settings(max_examples=200)
def test_strings(lib: ctypes.CDLL, a: bytes, b: bytes) -> None:
    assert lib.strlen(a) == len(a)
    assert lib.strcmp(a, b) == (a > b) - (a < b)
    assert lib.strncmp(a, b, c_size_t(3)) == (a[:3] > b[:3]) - (a[:3] < b[:3])
    keep = ctypes.create_string_buffer(a)
    at = lib.strstr(keep, b)
    assert (at - ctypes.addressof(keep) if at else -1) == a.find(b)
    buf = ctypes.create_string_buffer(40)
    assert lib.strscpy(buf, a, c_size_t(40)) == (len(a) if len(a) < 40 else -7)
    assert buf.value == a[:39]


@given(st.binary(min_size=1, max_size=200), st.integers(0, 50), st.integers(0, 50))
@settings(max_examples=200)
def test_moves(lib: ctypes.CDLL, data: bytes, src: int, dst: int) -> None:
    n = max(0, len(data) - max(src, dst))
    buf = ctypes.create_string_buffer(data, len(data))
    base = ctypes.addressof(buf)
    lib.memmove(c_void_p(base + dst), c_void_p(base + src), c_size_t(n))
    want = bytearray(data)
    want[dst : dst + n] = data[src : src + n]
    assert buf.raw == bytes(want)
    lib.memset(buf, 0x5A, c_size_t(n))
    assert buf.raw[:n] == b"\x5a" * n


@given(st.lists(st.integers(0, 2**32 - 1), max_size=300))
@settings(max_examples=100)
def test_sort_and_bsearch(lib: ctypes.CDLL, values: list[int]) -> None:
    kind = ctypes.CFUNCTYPE(c_int, ctypes.POINTER(c_uint32), ctypes.POINTER(c_uint32))
    compare = kind(lambda a, b: (a[0] > b[0]) - (a[0] < b[0]))
    array = (c_uint32 * len(values))(*values)
    lib.sort(array, c_size_t(len(values)), c_size_t(4), compare, None)
    assert list(array) == sorted(values)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 100, 700])
def test_rbtree(lib: ctypes.CDLL, n: int) -> None:
    for seed in range(5):
        assert lib.check_rbtree(c_uint32(seed), c_uint32(n)) == 0


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 64, 1000])
def test_list_sort(lib: ctypes.CDLL, n: int) -> None:
    assert lib.check_list_sort(c_uint32(n), c_uint32(n)) == 0


INDEX = st.one_of(
    st.integers(0, 300), st.integers(0, 2**20), st.sampled_from([2**63, ULONG - 1, 4095, 4096])
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["store", "erase", "load", "mark", "unmark"]), INDEX),
        max_size=120,
    )
)
@settings(max_examples=150)
def test_xarray_is_a_dict(lib: ctypes.CDLL, steps: list[tuple[str, int]]) -> None:
    before = c_long.in_dll(lib, "live_objects").value
    xa = c_void_p(lib.xa_new())
    want: dict[int, int] = {}
    marked: set[int] = set()
    for k, (what, index) in enumerate(steps):
        if what == "store":
            entry = (k + 1) * 4
            assert lib.xa_store(xa, c_ulong(index), c_void_p(entry), 0xCC0) == want.get(index)
            want[index] = entry
        elif what == "erase":
            assert lib.xa_erase(xa, c_ulong(index)) == want.pop(index, None)
            marked.discard(index)
        elif what == "load":
            assert lib.xa_load(xa, c_ulong(index)) == want.get(index)
        elif what == "mark":
            lib.xa_set_mark(xa, c_ulong(index), 1)
            if index in want:
                marked.add(index)
        else:
            lib.xa_clear_mark(xa, c_ulong(index), 1)
            marked.discard(index)
    for filter_, keys in ((8, sorted(want)), (1, sorted(marked))):
        found, at = [], c_ulong(0)
        entry = lib.xa_find(xa, ctypes.byref(at), c_ulong(ULONG - 1), filter_)
        while entry:
            found.append(at.value)
            assert entry == want[at.value]
            if at.value == ULONG - 1:
                break
            at.value += 1
            entry = lib.xa_find(xa, ctypes.byref(at), c_ulong(ULONG - 1), filter_)
        assert found == keys
    lib.xa_destroy(xa)
    assert c_long.in_dll(lib, "live_objects").value == before


def test_xarray_without_memory(lib: ctypes.CDLL) -> None:
    fail = c_long.in_dll(lib, "fail_after")
    xa = c_void_p(lib.xa_new())
    for allowed in range(4):
        fail.value = allowed
        got = lib.xa_store(xa, c_ulong(10_000_000), c_void_p(8), 0xCC0)
        if got is not None:
            assert got == (ULONG - 12 * 4 + 2)  # xa_mk_internal(-ENOMEM)
            assert lib.xa_load(xa, c_ulong(10_000_000)) is None
    fail.value = -1
    lib.xa_store(xa, c_ulong(10_000_000), c_void_p(8), 0xCC0)
    assert lib.xa_load(xa, c_ulong(10_000_000)) == 8
    lib.xa_destroy(xa)


def test_idr(lib: ctypes.CDLL) -> None:
    idr = c_void_p(lib.idr_new(1))
    ids = [lib.idr_alloc(idr, c_void_p(16 * (i + 1)), 1, 0, 0xCC0) for i in range(200)]
    assert ids == list(range(1, 201))
    assert lib.idr_remove(idr, c_ulong(77)) == 16 * 77
    assert lib.idr_alloc(idr, None, 1, 0, 0xCC0) == 77  # taken, but holds nothing yet
    assert lib.idr_find(idr, c_ulong(77)) is None
    assert lib.idr_alloc(idr, c_void_p(16), 77, 78, 0xCC0) == -28
    lib.idr_replace(idr, c_void_p(160), c_ulong(77))
    assert lib.idr_find(idr, c_ulong(77)) == 160
    assert lib.idr_alloc_cyclic(idr, c_void_p(16), 1, 0, 0xCC0) == 201
    assert lib.idr_alloc_cyclic(idr, c_void_p(16), 1, 0, 0xCC0) == 202
    lib.idr_remove(idr, c_ulong(202))
    assert lib.idr_alloc_cyclic(idr, c_void_p(16), 1, 0, 0xCC0) == 203


def test_ida(lib: ctypes.CDLL) -> None:
    ida = c_void_p(lib.ida_new())
    assert [lib.ida_alloc_range(ida, 0, c_uint32(2**32 - 1), 0xCC0) for _ in range(150)] == list(
        range(150)
    )
    for i in (3, 70, 149):
        lib.ida_free(ida, i)
    assert [lib.ida_alloc_range(ida, 0, 160, 0xCC0) for _ in range(4)] == [3, 70, 149, 150]
    assert lib.ida_alloc_range(ida, 0, 100, 0xCC0) == -28


def test_checksums(lib: ctypes.CDLL) -> None:
    data = bytes(range(256)) * 3
    assert lib.crc32_le(c_uint32(2**32 - 1), data, c_size_t(len(data))) ^ 0xFFFFFFFF == zlib.crc32(
        data
    )
    assert lib.crc32_be(c_uint32(2**32 - 1), b"123456789", c_size_t(9)) ^ 0xFFFFFFFF == 0xFC891918
    assert lib.crc16(0, b"123456789", c_size_t(9)) == 0xBB3D
    key = (ctypes.c_uint64 * 2)(0x0706050403020100, 0x0F0E0D0C0B0A0908)
    assert lib.siphash(bytes(range(15)), 15, key) == 0xA129CA6149BE45E5  # the paper's example
    assert lib.jhash(b"Four score and seven years ago", 30, 0) == 0x17770551  # lookup3.c's own


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "a*",
        "*a",
        "a*b*c",
        "?",
        "a?c",
        "[abc]x",
        "[!a]b",
        "[a-c]*z",
        "a\\*b",
        "",
        "vfs_*",
        "**a**",
    ],
)
@pytest.mark.parametrize(
    "text", ["", "a", "abc", "ax", "bb", "bz", "cxyz", "a*b", "axxbxxc", "vfs_read", "xa"]
)
def test_glob(lib: ctypes.CDLL, pattern: str, text: str) -> None:
    want = fnmatchcase(text, pattern.replace("\\*", "[*]"))
    assert lib.glob_match(pattern.encode(), text.encode()) == want


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.integers(0, 210))
@settings(max_examples=200)
def test_find_bit(lib: ctypes.CDLL, bits: list[bool], start: int) -> None:
    words = (c_ulong * 4)()
    for i, bit in enumerate(bits):
        words[i // 64] |= bit << (i % 64)
    n = len(bits)
    assert lib.find_next_bit(words, c_ulong(n), c_ulong(start)) == next(
        (i for i in range(start, n) if bits[i]), n
    )
    assert lib.find_next_zero_bit(words, c_ulong(n), c_ulong(start)) == next(
        (i for i in range(start, n) if not bits[i]), n
    )
    assert lib.find_last_bit(words, c_ulong(n)) == next(
        (i for i in reversed(range(n)) if bits[i]), n
    )


@given(
    st.integers(0, ULONG - 1),
    st.integers(0, ULONG - 1),
    st.integers(1, ULONG - 1),
    st.integers(0, 127),
)
@settings(max_examples=200)
def test_math64(lib: ctypes.CDLL, a: int, b: int, c: int, shift: int) -> None:
    assert lib.mul_u64_u64_shr(a, b, shift) == (a * b >> shift) % ULONG
    if a * b // c < ULONG:
        assert lib.mul_u64_u64_div_u64(a, b, c) == a * b // c


@pytest.mark.parametrize(
    ("size", "units", "want"),
    [
        (0, 1, b"0 B"),
        (1023, 1, b"1023 B"),
        (1536, 1, b"1.50 KiB"),
        (10 * 2**20, 1, b"10.0 MiB"),
        (2**30, 1, b"1.00 GiB"),
        (1500, 0, b"1.50 kB"),
    ],
)
def test_string_get_size(lib: ctypes.CDLL, size: int, units: int, want: bytes) -> None:
    buf = ctypes.create_string_buffer(32)
    lib.string_get_size(ctypes.c_uint64(size), ctypes.c_uint64(1), units, buf, 32)
    assert buf.value == want


def test_user_copies_stop_where_memory_ends(lib: ctypes.CDLL) -> None:
    buf = ctypes.create_string_buffer(64)
    assert lib.strncpy_from_user(buf, b"/proc/version", c_long(64)) == 13
    assert lib.strncpy_from_user(buf, b"/proc/version", c_long(5)) == 5
    assert lib.strnlen_user(b"abc", c_long(64)) == 4
    lib.raw_copy_user(buf, b"0123456789abcdefXYZ", c_ulong(19))
    assert buf.value.startswith(b"0123456789abcdefXYZ")
