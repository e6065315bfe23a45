"""Moments, as those write them who send alerts."""

from __future__ import annotations

from datetime import UTC, datetime


def time_text(at: int) -> str:
    """A moment (ms) as TradingView writes it."""
    moment = datetime.fromtimestamp(at / 1_000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
