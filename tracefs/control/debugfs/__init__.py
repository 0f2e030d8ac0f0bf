"""The tracing directory of 2.6.27 to 2.6.29: one trace array, in debugfs.

It has little in common with the directory of today, so it is a table of its own. `files` holds the
names; the others declare into it, as their neighbours of today one level up do.
"""

from tracefs.control.debugfs import filter, graph, options, trace, tracing
from tracefs.control.debugfs.table import ROOT, Tracing

__all__ = ["ROOT", "Tracing", "filter", "graph", "options", "trace", "tracing"]
