"""Options: ``trace_options`` lists and sets them, ``options/`` has a file for each."""

from __future__ import annotations

from collections.abc import Iterator

from tracefs.control.directory import Directory, Family, File
from tracefs.control.parse import parse_switch, word
from tracefs.control.tables import INSTANCE, OptionScope
from tracefs.trace import options
from tracefs.trace.array import TraceArray
from tracefs.trace.options import Option

MAX_OPTION_SIZE = 64


@INSTANCE.seq("trace_options")
def trace_options(tr: TraceArray) -> Iterator[str]:
    """The options, those that are off with "no" before the name

    Write a name to set an option, noNAME to clear it.
    """
    text = [line + "\n" for line in options.lines(tr.flags)]
    flags = tr.tracer_flags(tr.tracer)
    for option in tr.tracer.options:
        text.append(("" if flags & option.mask else "no") + option.name + "\n")
    yield "".join(text)


@trace_options.write
def _(tr: TraceArray, text: str) -> None:
    tr.set_option_by_name(word(text, MAX_OPTION_SIZE))


def _show(scope: OptionScope) -> str:
    if isinstance(scope.option, Option):
        return f"{scope.tr.has(scope.option):d}\n"
    assert scope.tracer is not None
    return f"{bool(scope.tr.tracer_flags(scope.tracer) & scope.option.mask):d}\n"


def _set(scope: OptionScope, text: str) -> None:
    on = parse_switch(text)
    if isinstance(scope.option, Option):
        scope.tr.set_option(scope.option, on)
        return
    assert scope.tracer is not None
    if bool(scope.tr.tracer_flags(scope.tracer) & scope.option.mask) != on:
        scope.tr.set_tracer_option(scope.tracer, scope.option, on)


def _scopes(tr: TraceArray) -> Iterator[OptionScope]:
    for option in options.TRACE_FLAGS:
        if tr.is_top or not option.top_only:
            yield OptionScope(tr, None, option)
    for tracer in tr.tracers():
        for tracer_option in tracer.options:
            yield OptionScope(tr, tracer, tracer_option)


def _names(tr: TraceArray) -> list[str]:
    return [scope.option.name for scope in _scopes(tr)]


def _find(tr: TraceArray, name: str) -> OptionScope | None:
    return next((scope for scope in _scopes(tr) if scope.option.name == name), None)


OPTIONS: Directory[TraceArray] = Directory()
_OPTION: File[OptionScope] = File("option", show=_show)
_OPTION.write(_set)
OPTIONS.family(Family(_OPTION, _names, _find))

INSTANCE.directory(
    "options",
    OPTIONS,
    lambda tr: tr,
    doc="""A file for each option: 0 or 1

    Those of tracers are there too, also while another tracer is in use.
    """,
)
