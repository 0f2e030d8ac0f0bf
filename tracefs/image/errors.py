"""The one error of this package."""

from __future__ import annotations

import errno


class ImageError(OSError):
    """A kernel image or module that cannot be used; ``str()`` is one clear line.

    ``errno`` is what loading it answers: ENOEXEC (not a usable file), ENOENT (a symbol that nobody
    exports), EEXIST, EBUSY or ENOMEM.
    """

    def __init__(self, message: str, code: int = errno.ENOEXEC) -> None:
        super().__init__(code, message)
        self.message = message

    def __str__(self) -> str:
        return self.message
