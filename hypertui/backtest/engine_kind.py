"""The engines of a backtest, by name. The command line knows them, so nothing else is loaded with them."""

from __future__ import annotations

from enum import StrEnum


class Engine(StrEnum):
    """What walks the prices: the trade itself, the compiled ladder, or that one where it can."""

    EXACT = "exact"
    FAST = "fast"
    AUTO = "auto"
