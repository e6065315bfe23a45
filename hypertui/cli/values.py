"""Figures from the command line."""

from __future__ import annotations

from decimal import Decimal

from hypertui.market import parse_amount


def amount(name: str, text: str) -> Decimal:
    """A decimal amount; raises ValueError naming it."""
    try:
        return parse_amount(text)
    except ValueError:
        raise ValueError(f"{name} {text} is not a number") from None


def integer(name: str, text: str) -> int:
    """A whole number; raises ValueError naming it."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{name} {text} is not a whole number") from None
