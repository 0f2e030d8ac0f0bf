"""Numbers, words and masks as 6.1 takes them from user space; every failure is an OSError."""

from __future__ import annotations

import errno

from tracefs.control.handle import error

ULONG_MAX = (1 << 64) - 1
INT_MAX = (1 << 31) - 1
_NUMBER_SIZE = 67  # kstrtoul_from_user's buffer, without the final NUL
_DIGITS = "0123456789"
_HEX = "0123456789abcdefABCDEF"
_SPACE = " \t\n\v\f\r\xa0"  # isspace() of lib/ctype.c on latin-1


def strip(text: str) -> str:
    """Without the blanks around it, and up to the first NUL (strim)."""
    return text.partition("\0")[0].strip(_SPACE)


def word(text: str, limit: int) -> str:
    """A short name as the files take it, blanks around it ignored (EINVAL from ``limit`` on)."""
    if len(text) >= limit:
        raise error(errno.EINVAL)
    return strip(text)


def parse_ulong(text: str) -> int:
    """A decimal number, one newline allowed behind it (kstrtoul_from_user with base 10).

    ERANGE beyond 64 bits; blanks, signs but ``+``, other bases and nothing at all are EINVAL.
    """
    number = text[:_NUMBER_SIZE].partition("\0")[0].removeprefix("+")
    digits = len(number) - len(number.lstrip(_DIGITS))
    if not digits:
        raise error(errno.EINVAL)
    value = int(number[:digits])
    if value > ULONG_MAX:
        raise error(errno.ERANGE)
    if number[digits:] not in ("", "\n"):
        raise error(errno.EINVAL)
    return value


def parse_long(text: str) -> int:
    """A signed decimal number, one newline allowed behind it (kstrtol_from_user)."""
    negative = text.startswith("-")
    value = parse_ulong(text[1:] if negative else text)
    if value > (1 << 63) - (not negative):
        raise error(errno.ERANGE)
    return -value if negative else value


def parse_switch(text: str) -> bool:
    """0 or 1 (EINVAL for other numbers)."""
    value = parse_ulong(text)
    if value > 1:
        raise error(errno.EINVAL)
    return bool(value)


def parse_cpumask(text: str, cpus: int) -> int:
    """A CPU mask: groups of up to 8 hex digits, a comma between groups; nothing means 0.

    Only the first line counts.
    EINVAL for anything else, EOVERFLOW for bits beyond the CPUs there are (bitmap_parse).
    """
    mask = 0
    groups = strip(text.partition("\n")[0]).split(",")
    for index, group in enumerate(reversed(groups)):
        group = group.strip(_SPACE)
        if group.strip(_HEX):
            raise error(errno.EINVAL)
        if len(group) > 8:
            raise error(errno.EOVERFLOW)
        mask |= int(group or "0", 16) << (32 * index)
    if mask >> cpus:
        raise error(errno.EOVERFLOW)
    return mask


def format_cpumask(mask: int, cpus: int) -> str:
    """A mask as ``%*pb`` prints it: hex, zero padded, groups of 32 bits."""
    groups = []
    for low in range(0, cpus, 32):
        width = (min(cpus - low, 32) + 3) // 4
        groups.append(f"{mask >> low & 0xFFFFFFFF:0{width}x}")
    return ",".join(reversed(groups))
