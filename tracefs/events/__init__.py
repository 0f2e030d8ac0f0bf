"""Events: what the guest's tracepoints record, where it is wanted, filtered, and what it triggers.

`Events` is the list of them, as the guest's image describes it; `ArrayEvents` is what one trace
array wants of them. Filters are parsed in filter.py, formats in print_fmt.py; both are derived from
an event's fields. The guest's side is behind the protocols of backend.py.
"""

from __future__ import annotations

from tracefs.events import function_commands  # noqa: F401  (it declares its commands)
from tracefs.events.array import ArrayEvents, array_events
from tracefs.events.call import EventCall, Field
from tracefs.events.kprobe import Kprobes
from tracefs.events.table import Events

__all__ = ["ArrayEvents", "EventCall", "Events", "Field", "Kprobes", "array_events"]
