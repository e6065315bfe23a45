"""A bar: how much of something there is, to the eighth of a cell."""

from __future__ import annotations

from decimal import Decimal

_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(share: Decimal, cells: int) -> str:
    """A bar of up to so many cells for a share between 0 and 1; not filled up."""
    eighths = int(min(max(share, Decimal(0)), Decimal(1)) * cells * 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")
