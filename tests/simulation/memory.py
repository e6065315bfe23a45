"""What the journal remembers must give the trade again: its inputs, played back, against what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hypertui.execution.input_codec import JournalledInput
from hypertui.execution.live_trade import LiveTrade
from hypertui.execution.opening import known
from hypertui.execution.orders import ClientIds
from hypertui.execution.playback import replay
from hypertui.execution.trade import Trade
from tests.support.whole_state import whole_state


def problems_of_memory(live: LiveTrade, history: Sequence[JournalledInput]) -> Iterator[str]:
    """What a restart would take up otherwise than it is."""
    opening = known(history)
    assert opening is not None, "it has been opened"
    again = Trade(
        opening.ladder(live.trade.ladder.plan), live.desk.config.timing, ClientIds(live.desk.ids.trade)
    )
    replay(again, opening.history)
    now, then = whole_state(live.trade), whole_state(again)
    if now != then:
        yield f"the journal gives another trade: {_difference(now, then)}"


def _difference(now: object, then: object, where: str = "") -> str:
    """The first part in which two whole states differ."""
    if isinstance(now, list | tuple) and isinstance(then, list | tuple) and len(now) == len(then):
        for number, (one, other) in enumerate(zip(now, then, strict=True)):
            if one != other:
                name = one[0] if isinstance(one, tuple) and one and isinstance(one[0], str) else number
                return _difference(one, other, f"{where}.{name}")
    return f"{where} is {now!r}, played back {then!r}"
