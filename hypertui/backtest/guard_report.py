"""What the guards of a backtest have said, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from hypertui.backtest.guarding import GuardEvent
from hypertui.core.market import plain
from hypertui.core.phrases import usd

_MOST_EVENTS = 10  # for people


def guards_summary(equity: Decimal | None, events: Sequence[GuardEvent]) -> dict[str, object]:
    """All of it, with the `equity` (USD) that they have watched; nothing where that is None."""
    if equity is None:
        return {}
    told = [
        {
            "time": when(event.at),
            "guard": event.verdict.guard.value,
            "state": event.verdict.state.value,
            "action": event.verdict.action.value,
            "text": event.verdict.text,
        }
        for event in events
    ]
    return {"equity": plain(equity), "guards": told}


def guard_rows(equity: Decimal | None, events: Sequence[GuardEvent]) -> Iterator[tuple[str, str]]:
    """The same for a person, the first ones."""
    if equity is None:
        return
    tripped = sum(event.verdict.is_tripped for event in events)
    said = f"tripped {tripped:,} times, {len(events) - tripped:,} warnings"
    yield "guards", f"over {usd(equity)} USD of equity; {said}"
    for event in events[:_MOST_EVENTS]:
        verdict = event.verdict
        yield "", f"{when(event.at)}  {verdict.guard.words} {verdict.state.value}: {verdict.text}"
    if len(events) > _MOST_EVENTS:
        yield "", f"and {len(events) - _MOST_EVENTS:,} more"


def when(time: int) -> str:
    """A time in ms as it is written in UTC."""
    return datetime.fromtimestamp(time // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
