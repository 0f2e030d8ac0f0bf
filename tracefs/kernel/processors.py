"""Processor models, as far as a kernel of 2008 can tell them apart: by the nops they execute."""

from __future__ import annotations

CPU_MODELS: dict[str, tuple[str, ...]] = {
    "p6": (),
    "pentium": ("ftrace_test_p6nop",),
    "i486": ("ftrace_test_p6nop", "ftrace_test_nop5"),
}
"""The guest's tests of a nop (S21) whose instruction a model does not know."""
DEFAULT_MODEL = "p6"


class UnknownModel(ValueError):
    """A processor that there is not, or not for that kernel; the message lists the known ones."""


def check_model(name: str, image: str = "i386") -> str:
    """The model's name, if there is such a processor for kernels of an image."""
    if name not in CPU_MODELS:
        raise UnknownModel(f"unknown CPU model '{name}' (known: {', '.join(CPU_MODELS)})")
    if name != DEFAULT_MODEL and image != "i386":
        raise UnknownModel(f"no {name} runs a kernel of 64 bits (known: {DEFAULT_MODEL})")
    return name
