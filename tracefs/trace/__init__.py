"""Trace arrays and what is recorded into them: tracers, options, clocks, and the text of a trace.

array.py has `TraceArray` (the top level and each instance) and `TraceArrays`, backend.py what they
need from the guest, output.py the text.
"""

from __future__ import annotations

from tracefs.trace.array import TraceArray, TraceArrays
from tracefs.trace.backend import Backend, Cmdlines, GuestArray

__all__ = ["Backend", "Cmdlines", "GuestArray", "TraceArray", "TraceArrays"]
