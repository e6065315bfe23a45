"""Figures and names of files from the command line."""

from __future__ import annotations

import argparse
from decimal import Decimal
from pathlib import Path

from hypertui.core.files import named_path
from hypertui.core.market import LARGEST_POWER, SMALLEST_POWER, parse_amount
from hypertui.core.redaction import printable

_LONGEST = 60  # characters of what was typed that a message repeats
_DAY = 86_400


def amount(name: str, text: str) -> Decimal:
    """A decimal amount; raises ValueError naming it."""
    try:
        return parse_amount(text)
    except ValueError:
        reason = "is not a number"
    try:
        beyond = Decimal(text).is_finite()
    except ArithmeticError:
        beyond = False
    if beyond:
        reason = f"is not from 1e{SMALLEST_POWER} to 1e{LARGEST_POWER + 1}"
    raise ValueError(f"{name} {typed(text)} {reason}")


def seconds(name: str, text: str) -> float:
    """A time in seconds, above 0 and up to a day; raises ValueError naming it."""
    time = amount(name, text)
    if time <= 0:
        raise ValueError(f"{name} {typed(text)} is not above 0 seconds")
    if time > _DAY:
        raise ValueError(f"{name} {typed(text)} is above {_DAY} seconds")
    return float(time)


def integer(name: str, text: str) -> int:
    """A whole number; raises ValueError naming it."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{name} {typed(text)} is not a whole number") from None


def file_path(text: str) -> Path:
    """The path of a file that was named in a flag, `~` spelled out: a type for argparse."""
    try:
        return named_path(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{typed(text)} {error}".strip()) from None


def typed(text: str) -> str:
    """What somebody has typed, as a message repeats it."""
    return printable(text, _LONGEST)
