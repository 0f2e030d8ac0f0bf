"""The kernel's command line (kernel/params.c): parameters that set tracing up before anybody comes.

Most mean what a control file means, and are written there: declare such a one in FILES. A value
that its file refuses is told of in the kernel log, and the system comes up, as a real one does.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefs.errors import UserError

if TYPE_CHECKING:
    from tracefs.control.handle import Task
    from tracefs.control.tree import Tree
    from tracefs.kernel.scope import Kernel

_SUFFIXES = "KMGT"


def parse_args(line: str) -> Iterator[tuple[str, str | None]]:
    """(name, value) of each parameter; a value in double quotes may contain blanks, None: no ``=``.

    UserError if a quote is never closed.
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters, lexer.quotes, lexer.escape = True, "", '"', ""
    try:
        for word in lexer:
            name, equals, value = word.partition("=")
            yield name.replace("-", "_"), value if equals else None
    except ValueError:
        raise UserError(f"a quote is not closed in the kernel's command line: {line}") from None


def memparse(text: str) -> int:
    """Bytes: a number (decimal, or C's 0x and 0) and K, M, G or T.  ValueError."""
    suffix = text[-1:].upper()
    shift = 10 * (1 + _SUFFIXES.index(suffix)) if suffix and suffix in _SUFFIXES else 0
    digits = text[:-1] if shift else text
    octal = len(digits) > 1 and digits.isdigit() and digits.startswith("0")
    return int(digits, 8 if octal else 0) << shift


def _as_it_is(value: str) -> list[str]:
    return [value]


def _words(value: str) -> list[str]:
    return value.split(",")


def _commands(value: str) -> list[str]:
    return value.split(";")


def _kilobytes(value: str) -> list[str]:
    return [str(memparse(value) >> 10)]


@dataclass(frozen=True)
class FileParameter:
    """A parameter that is written to a control file: what ``writes`` makes of its value."""

    name: str
    file: str
    writes: Callable[[str], list[str]] = _as_it_is


# In the order in which they take effect: a tracer begins when all else is set.
FILES = (
    FileParameter("trace_buf_size", "buffer_size_kb", _kilobytes),
    FileParameter("trace_clock", "trace_clock"),
    FileParameter("trace_options", "trace_options", _words),
    FileParameter("tracing_thresh", "tracing_thresh"),
    FileParameter("ftrace_filter", "set_ftrace_filter", _words),
    FileParameter("ftrace_notrace", "set_ftrace_notrace", _words),
    FileParameter("ftrace_graph_filter", "set_graph_function", _words),
    FileParameter("ftrace_graph_notrace", "set_graph_notrace", _words),
    FileParameter("ftrace_graph_max_depth", "max_graph_depth"),
    FileParameter("stacktrace_filter", "stack_trace_filter", _words),
    FileParameter("kprobe_event", "kprobe_events", _commands),
    FileParameter("trace_event", "set_event", _words),
    FileParameter("ftrace", "current_tracer"),
)


def _alloc_snapshot(kernel: Kernel, value: str | None) -> None:
    kernel.traces.top.snapshot.allocate()


def _ftrace_dump_on_oops(kernel: Kernel, value: str | None) -> None:
    kernel.machine.sysctl["ftrace_dump_on_oops"] = 2 if value == "orig_cpu" else 1


def _stacktrace(kernel: Kernel, value: str | None) -> None:
    kernel.machine.stack_tracer_enabled = 1


def _tp_printk(kernel: Kernel, value: str | None) -> None:
    kernel.machine.tp_printk.allowed = True
    kernel.machine.tp_printk.on = 1


OTHERS: dict[str, Callable[[Kernel, str | None], None]] = {
    "alloc_snapshot": _alloc_snapshot,
    "ftrace_dump_on_oops": _ftrace_dump_on_oops,
    "stacktrace": _stacktrace,
    "tp_printk": _tp_printk,
}
"""Parameters that no control file is for."""


class CommandLine:
    """The parameters of one boot."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._given = list(parse_args(text))

    @property
    def unknown(self) -> list[str]:
        """Names of parameters that the kernel leaves to user space."""
        known = {parameter.name for parameter in FILES} | set(OTHERS)
        return [name for name, _ in self._given if name not in known]

    def apply(
        self, kernel: Kernel, tree: Tree, task: Task, printk: Callable[[str], object]
    ) -> None:
        """Make them take effect; ``task`` is on whose behalf, as far as files ask."""
        if not self._given:
            return
        printk(f"Kernel command line: {self.text}")
        if self.unknown:
            names = " ".join(self.unknown)
            printk(
                f'Unknown kernel command line parameters "{names}", will be passed to user space.'
            )
        for name, value in self._given:
            if name in OTHERS:
                with _told(printk, name, value):
                    OTHERS[name](kernel, value)
        for parameter in FILES:
            for name, value in self._given:
                if name == parameter.name and value:
                    with _told(printk, name, value):
                        _write(tree, task, parameter, value)


@contextlib.contextmanager
def _told(printk: Callable[[str], object], name: str, value: str | None) -> Iterator[None]:
    """A parameter that cannot be set leaves its reason in the log."""
    try:
        yield
    except OSError as error:
        printk(f"{name}={value}: {error.strerror}")
    except ValueError:
        printk(f"{name}={value}: not a size")


def _write(tree: Tree, task: Task, parameter: FileParameter, value: str) -> None:
    # Appending: what several words set adds up, as in the kernel.
    handle = tree.resolve(f"/{parameter.file}").open(os.O_WRONLY | os.O_APPEND, task)
    try:
        for text in parameter.writes(value):
            handle.write(f"{text}\n".encode(), 0, task)
        handle.flush(task)
    finally:
        handle.close()
