"""The kernel as a whole: boots the image and joins the layers (the composition root)."""

from __future__ import annotations

from tracefs.kernel.boot import BootError, boot

__all__ = ["BootError", "boot"]
