"""Errors that end a command with one clear line."""

from __future__ import annotations


class UserError(Exception):
    """Something that whoever typed the command can mend; the message says what and how."""
