"""What the snapshots of one live trade keep from one to the next: the views of its state, and the health.

Each part is rebuilt only when something in it has changed, because a snapshot is made many times a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hypertui.engine.day_result import DayResult
from hypertui.engine.state_view import StateView
from hypertui.port.views import LATENCY_STEPS, Health, Latency

if TYPE_CHECKING:
    from hypertui.execution.trade_context import TradeContext

_MEMORY_EVERY = 5_000
_PAGE = 4_096
_STATM = Path("/proc/self/statm")


class ScreenTables:
    """Keeps what it made last, of one trade."""

    def __init__(self) -> None:
        self.day = DayResult()
        self.state = StateView()
        self._answers = -1
        self._latency: Latency | None = None
        self._memory: int | None = None
        self._memory_at = 0

    def health(self, context: TradeContext, now: int) -> Health:
        """How the engine is."""
        market = context.market
        if self._answers != market.answers:
            self._answers, self._latency = market.answers, _latency(market.latencies)
        if now - self._memory_at >= _MEMORY_EVERY:
            self._memory_at, self._memory = now, _memory()
        return Health(
            self._latency,
            market.answers,
            market.connections,
            self._memory,
            context.durability.problem,
        )


def _latency(latencies: Sequence[int]) -> Latency | None:
    if not latencies:
        return None
    ordered = sorted(latencies)
    counts = [0] * (len(LATENCY_STEPS) + 1)
    for latency in ordered:
        counts[next((i for i, step in enumerate(LATENCY_STEPS) if latency <= step), len(LATENCY_STEPS))] += 1
    return Latency(ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100], ordered[-1], tuple(counts))


def _memory() -> int | None:
    """What this process holds in memory, in bytes; None where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        return int(_STATM.read_text(encoding="ascii").split()[1]) * _PAGE
    return None
