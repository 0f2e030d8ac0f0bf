"""The mount: a FUSE server for a Service. It knows nothing of tracing."""

from __future__ import annotations

from tracefs.fuse.service import Attr, Caller, Service

__all__ = ["Attr", "Caller", "Service"]
