"""Kernel images and modules: ELF, symbols, relocation, what C and Python must agree on."""

from __future__ import annotations

from tracefs.image.abi import Abi
from tracefs.image.area import ModuleArea, Part
from tracefs.image.errors import ImageError
from tracefs.image.image import Image, RawSymbol, Segment
from tracefs.image.kallsyms import Kallsyms, Symbol
from tracefs.image.module import LoadedModule, ModuleLoader, modinfo

__all__ = [
    "Abi",
    "Image",
    "ImageError",
    "Kallsyms",
    "LoadedModule",
    "ModuleArea",
    "ModuleLoader",
    "Part",
    "RawSymbol",
    "Segment",
    "Symbol",
    "modinfo",
]
