"""Offsets, sizes and constants that the C build leaves as absolute symbols ``abi_*``."""

from __future__ import annotations

import errno
from collections.abc import Mapping

from tracefs.image.errors import ImageError

PREFIX = "abi_"


class Abi:
    """What the guest's C structures look like in this build (ABI_OFFSET, ABI_SIZE, ABI_CONST).

    Asking for a fact that the image does not export is an ImageError (ENOENT) that names it.
    """

    def __init__(self, values: Mapping[str, int], image: str = "image") -> None:
        self._values = dict(values)
        self._image = image

    def offset(self, struct: str, field: str) -> int:
        """Byte offset of a field in a struct."""
        return self._get(f"{struct}__{field}")

    def size(self, struct: str) -> int:
        """Size of a struct in bytes."""
        return self._get(f"sizeof__{struct}")

    def const(self, name: str) -> int:
        """A constant of the C build."""
        return self._get(f"const__{name}")

    def has_const(self, name: str) -> bool:
        """True if the image exports that constant."""
        return f"const__{name}" in self._values

    def has(self, struct: str, field: str) -> bool:
        """True if the image exports that offset."""
        return f"{struct}__{field}" in self._values

    def _get(self, key: str) -> int:
        try:
            return self._values[key]
        except KeyError:
            raise ImageError(f"{self._image}: no symbol {PREFIX}{key}", errno.ENOENT) from None
