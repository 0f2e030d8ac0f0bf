"""An emulated kernel whose tracing directory is a FUSE file system."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
