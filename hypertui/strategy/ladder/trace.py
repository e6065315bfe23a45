"""A step as a JSON object: the same from a replay and from a live trade."""

from __future__ import annotations

from hypertui.core.market import plain
from hypertui.strategy.ladder.ladder import Ladder, Step


def trace_record(step: Step, ladder: Ladder, tick: int | None = None) -> dict[str, object]:
    """The step and all state after it; amounts are decimal strings. `tick` is the index of the price in a
    series, and left out where there is none."""
    target = ladder.target()
    return {
        "seq": step.seq,
        **({} if tick is None else {"tick": tick}),
        "price": plain(step.price),
        "direction": step.direction.value,
        "unit": step.unit,
        "phase": ladder.phase.value,
        "trailing_stop": [stop.unit for stop in target.stops],
        "trailing_buy": [buy.unit for buy in target.buys],
        "position": plain(ladder.position),
        "fragment_usd": plain(ladder.fragment),
        "realized_pnl": plain(ladder.realized_pnl),
    }
