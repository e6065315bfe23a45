"""A move of the ladder with the state just after it, from a backtest and from a live trade alike."""

from __future__ import annotations

from collections.abc import Mapping

from hypertui.core.market import plain
from hypertui.strategy.base import Move, MoveRecord
from hypertui.strategy.ladder.ladder import Ladder
from hypertui.strategy.ladder.slots import Due


def traced(move: Move, ladder: Ladder, due: Mapping[int, Due]) -> MoveRecord:
    """The move with the ladder's state as it is now: amounts as decimal strings in USD, the position in
    coins, and the units that are wanted, ascending."""
    windows = ladder.windows(due)
    return MoveRecord(
        move,
        {
            "phase": ladder.phase.value,
            "trailing_stop": [stop.unit for stop in windows.stops],
            "trailing_buy": [buy.unit for buy in windows.buys],
            "position": plain(ladder.book.position),
            "fragment_usd": plain(ladder.fragment),
            "realized_pnl": plain(ladder.book.realized_pnl),
        },
    )


def trace_row(record: MoveRecord, tick: int | None = None) -> dict[str, object]:
    """The same in one mapping, as a trace has it. `tick` is the index of the price in a series, and left out
    where there is none."""
    move = record.move
    return {
        "seq": move.number,
        **({} if tick is None else {"tick": tick}),
        "price": plain(move.price),
        "direction": "up" if move.upwards else "down",
        "unit": move.level,
        **record.state,
    }
