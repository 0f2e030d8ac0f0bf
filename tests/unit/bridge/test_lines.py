"""strace's lines, as strace 6.1 was seen to write them."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracefs.bridge.lines import MAX_LINE, Kind, Line, Parser, unescape
from tracefs.bridge.strace import argv


def parse(text: str | bytes) -> list[Line]:
    return list(Parser().feed(text.encode() if isinstance(text, str) else text))


def one(text: str) -> Line:
    (line,) = parse(text + "\n")
    return line


def test_a_call() -> None:
    line = one('12  read(3</etc/passwd>, ""..., 832) = 832')
    assert line == Line(12, Kind.DONE, "read", b'3</etc/passwd>, ""..., 832', 832)


def test_a_new_descriptor() -> None:
    line = one('12  openat(AT_FDCWD</tmp>, "x", O_RDONLY|O_CLOEXEC) = 3</tmp/x>')
    assert (line.result, line.path) == (3, b"/tmp/x")
    assert one('12  openat(AT_FDCWD</tmp>, "x", O_RDONLY) = 3</tmp/x>(deleted)').path == b"/tmp/x"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('7 openat(AT_FDCWD</>, "x", O_RDONLY) = -1 ENOENT (No such file or directory)', -1),
        ("7 exit_group(0)                     = ?", None),
        (
            "7 read(0</dev/pts/0>, 0x7ffd, 1) = ? ERESTARTSYS (To be restarted)",
            None,
        ),
        ("7 fcntl(3</x>, F_GETFL) = 0x8000 (flags O_RDONLY|O_LARGEFILE)", 0x8000),
        ("7 vfork()                           = 13", 13),
    ],
)
def test_results(text: str, result: int | None) -> None:
    assert one(text).result == result


@pytest.mark.parametrize("name", ["x (1) = 3", "a, b", "<...", "<unfinished ...>", "x) = 5"])
def test_names_that_look_like_something_else(name: str) -> None:
    quoted = name.replace("<", "\\74").replace(">", "\\76")
    line = one(f'9 openat(AT_FDCWD</tmp>, "{name}", O_RDONLY) = 3</tmp/{quoted}>')
    assert (line.result, unescape(line.path)) == (3, b"/tmp/" + name.encode())
    assert line.arguments == f'AT_FDCWD</tmp>, "{name}", O_RDONLY'.encode()


def test_escapes() -> None:
    assert unescape(rb"a\"b\n\t\303\251\x7f\0") == b'a"b\n\t\xc3\xa9\x7f\0'
    assert unescape(b"plain") == b"plain"


def test_unfinished_and_resumed() -> None:
    lines = parse(
        "10 vfork( <unfinished ...>\n"
        '11 execve("/bin/true", [...], 0x55 /* 3 vars */ <unfinished ...>\n'
        "10 <... vfork resumed>)              = 11\n"
        "11 <... execve resumed>)             = 0\n"
    )
    assert [(line.pid, line.kind, line.name, line.result) for line in lines] == [
        (10, Kind.BEGUN, "vfork", None),
        (11, Kind.BEGUN, "execve", None),
        (10, Kind.DONE, "vfork", 11),
        (11, Kind.DONE, "execve", 0),
    ]
    assert lines[3].arguments == b'"/bin/true", [...], 0x55 /* 3 vars */'


def test_interrupted_between_arguments() -> None:
    lines = parse(
        '10 newfstatat(AT_FDCWD</>, "/tmp",  <unfinished ...>\n'
        "10 <... newfstatat resumed>{st_mode=S_IFDIR|0755, st_size=1, ...}, 0) = 0\n"
    )
    assert lines[1].arguments == (b'AT_FDCWD</>, "/tmp", {st_mode=S_IFDIR|0755, st_size=1, ...}, 0')


def test_ends() -> None:
    assert one("5 +++ exited with 3 +++") == Line(5, Kind.EXITED, result=3)
    assert one("5 +++ killed by SIGSEGV (core dumped) +++") == Line(5, Kind.KILLED, "SIGSEGV")
    assert one("5 +++ superseded by execve in pid 6 +++").kind is Kind.EXITED


def test_a_killed_process_has_no_call_in_progress() -> None:
    lines = parse(
        "5 wait4(-1,  <unfinished ...>\n"
        "5 +++ killed by SIGKILL +++\n"
        "5 <... wait4 resumed>0x7ff, 0, NULL) = 6\n"
    )
    assert [line.kind for line in lines] == [Kind.BEGUN, Kind.KILLED]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "strace: Process 12 attached",
        "12 --- SIGCHLD {si_signo=SIGCHLD} ---",
        "12 <... read resumed>) = 1",
        "nonsense",
        "12 read(",
        '12 openat(AT_FDCWD, "unclosed) = 3',
        "999999999999999999999999 read() = 1 x",
    ],
)
def test_what_is_not_a_call(text: str) -> None:
    assert [line for line in parse(text + "\n") if line.pid < 1 << 30] == []


def test_a_line_without_an_end_does_not_grow() -> None:
    parser = Parser()
    for _ in range(3):
        assert list(parser.feed(b"x" * MAX_LINE)) == []
    assert [line.result for line in parser.feed(b"\n5 +++ exited with 1 +++\n")] == [1]


TEXT = (
    b"10 vfork( <unfinished ...>\n"
    b'11 openat(AT_FDCWD</tmp>, "a\\nb", O_RDONLY) = 3</tmp/a\\nb>\n'
    b"10 <... vfork resumed>)              = 11\n"
    b"11 +++ exited with 0 +++\n"
)


@given(st.lists(st.integers(0, len(TEXT))))
def test_pieces_do_not_matter(cuts: list[int]) -> None:
    parser, whole, start = Parser(), parse(TEXT), 0
    lines: list[Line] = []
    for cut in [*sorted(cuts), len(TEXT)]:
        lines += parser.feed(TEXT[start:cut])
        start = cut
    assert lines == whole


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(data: bytes) -> None:
    parse(data + b"\n" + TEXT)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is missing")
def test_the_strace_that_is_here(tmp_path: Path) -> None:
    """Odd names come back as they were, and every process has an end."""
    names = ['a"b', "c<d>e", "x) = 3", "n\nl", "é", "back\\slash"]
    for name in names:
        (tmp_path / name).touch()
    output = tmp_path / "out"
    script = '"$@"; sh -c "kill -9 \\$\\$"; exit 3'
    subprocess.run(argv(["sh", "-c", script, "sh", "cat", *names], str(output)), cwd=tmp_path)
    end = time.monotonic() + 5
    while b"exited with 3" not in output.read_bytes() and time.monotonic() < end:
        time.sleep(0.01)  # strace is no child of ours
    lines = parse(output.read_bytes())
    opened = {unescape(line.path) for line in lines if line.name == "openat" and line.result != -1}
    assert {f"{tmp_path}/{name}".encode() for name in names} <= opened
    pids = {line.pid for line in lines}
    assert {line.pid for line in lines if line.kind in (Kind.EXITED, Kind.KILLED)} == pids
    assert sum(line.kind is Kind.KILLED for line in lines) == 1
