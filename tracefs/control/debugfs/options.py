"""``trace_options``: all on one line."""

from __future__ import annotations

import errno

from tracefs.control.debugfs.table import ROOT, Tracing
from tracefs.control.handle import error
from tracefs.trace.debugfs_options import trace_options, tracer_options

MAX_OPTION_SIZE = 64


def _show(tracing: Tracing) -> str:
    """The options, those that are off with "no" before the name

    Write a name to set an option, noNAME to clear it.
    """
    tr = tracing.tr
    words = [
        ("" if tr.has(option) else "no") + option.name for option in trace_options(tracing.release)
    ]
    flags = tr.tracer_flags(tr.tracer)
    for option in tracer_options(tr.tracer, tracing.release):
        words.append(("" if flags & option.mask else "no") + option.name)
    return "".join(f"{word} " for word in words) + "\n"


def _store(tracing: Tracing, text: str) -> None:
    # A name is recognised by its beginning: whatever follows it is not looked at.
    if len(text) >= MAX_OPTION_SIZE:
        raise error(errno.EINVAL)
    on = not text.startswith("no")
    name = text if on else text[2:]
    for option in trace_options(tracing.release):
        if name.startswith(option.name):
            tracing.tr.set_option(option, on)
            return
    for tracer_option in tracer_options(tracing.tr.tracer, tracing.release):
        if name.startswith(tracer_option.name):
            tracing.tr.set_tracer_option(tracing.tr.tracer, tracer_option, on)
            return
    raise error(errno.EINVAL)


for _file in (
    ROOT.file("iter_ctrl", until="2.6.28", mode=0o644)(_show),
    ROOT.file("trace_options", since="2.6.28", mode=0o644)(_show),
):
    _file.write(_store)
