"""Dynamic function tracing: records of call sites, filters, users, and the updater."""

from __future__ import annotations

from tracefs.ftrace.core import Ftrace
from tracefs.ftrace.direct import DirectCalls
from tracefs.ftrace.filter import Command, FilterEdit
from tracefs.ftrace.hash import Hash, OpsHash
from tracefs.ftrace.ops import FtraceOps, OpsFlag
from tracefs.ftrace.records import RecFlag, Record, Records

__all__ = [
    "Command",
    "DirectCalls",
    "FilterEdit",
    "Ftrace",
    "FtraceOps",
    "Hash",
    "OpsFlag",
    "OpsHash",
    "RecFlag",
    "Record",
    "Records",
]
