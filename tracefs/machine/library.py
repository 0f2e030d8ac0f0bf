"""The unicorn package, whose types are of no use: everything in it is Any here."""

from __future__ import annotations

from typing import Any

import unicorn as _unicorn
import unicorn.unicorn_py3.unicorn as _binding
import unicorn.x86_const as _x86

unicorn: Any = _unicorn
x86: Any = _x86
lib: Any = _binding.uclib  # the shared library, with its prototypes
