"""The tracer that traces nothing; its two options show how a tracer accepts or refuses one."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from tracefs.trace.options import TracerOption
from tracefs.trace.tracer import Tracer

if TYPE_CHECKING:
    from tracefs.trace.array import TraceArray

ACCEPT = TracerOption("test_nop_accept", 1)
REFUSE = TracerOption("test_nop_refuse", 2)


class Nop(Tracer):
    """nop"""

    name = "nop"
    options = (ACCEPT, REFUSE)
    in_instances = True

    def set_flag(self, tr: TraceArray, option: TracerOption, on: bool) -> None:
        """Takes any value of one option and no change of the other."""
        verdict = "accepted" if option is ACCEPT else "refused"
        tr.backend.log(f"{option.name} set to {on:d}: {verdict}")
        if option is REFUSE:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
