"""Times of a series in words."""

from __future__ import annotations

from datetime import UTC, datetime

from hypertui.core.phrases import lasting


def moment(time: int) -> str:
    """A time (ms) in UTC, to the second."""
    return f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def span(time: int) -> str:
    """How long (ms), in words."""
    return lasting(time // 1000) if time >= 1000 else f"{time} ms"
