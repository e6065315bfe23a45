"""What the journal remembers must give the trade again: a twin hears nothing but the recorded inputs, and is
held against the living trade after every event."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from hypertui.engine.live_trade import LiveTrade
from hypertui.execution.input_codec import JournalledInput, encode
from hypertui.execution.opening import known
from hypertui.execution.orders import ClientIds
from hypertui.execution.playback import replay
from hypertui.execution.trade import Trade
from hypertui.execution.trade_history import TradeHistory
from hypertui.execution.trade_inputs import Input
from hypertui.execution.trade_journal import TradeJournal
from tests.support.whole_state import difference

_IN_ORDER = 500  # each so many comparisons also hold the order of all things against each other


class Twin:
    """Fulfils `TradeJournal` by another one, and lives the trade along that is recorded there."""

    def __init__(self, journal: TradeJournal) -> None:
        self._journal = journal
        before = journal.history()
        self._heard = [*before.opening, *before.again()]
        self._trade: Trade | None = None
        self._compared = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def record(self, given: Input) -> None:
        """Hear of an input as a restart would: by its JSON."""
        self._journal.record(given)
        kept = encode(given)
        self._heard.append(JournalledInput(kept.kind, kept.at, json.loads(json.dumps(kept.data))))

    def difference(self, live: LiveTrade) -> str:
        """How the living trade is otherwise than its inputs tell, in words; empty where it is not."""
        heard = self._trade is None or bool(self._heard)
        if self._trade is None:
            self._trade, self._heard = _opened(live, self._heard), []
        else:
            replay(self._trade, self._heard)
            self._heard = []
        self._compared += 1
        # The target of a state that is, as is seen below, still the same has been worked out before.
        if heard and live.trade.target != live.trade.tracker.target():
            return "the target is that of an earlier state"
        if self._compared % _IN_ORDER and live.trade == self._trade:
            return ""
        return difference(live.trade, self._trade)


def problems_of_memory(live: LiveTrade, history: Sequence[JournalledInput]) -> Iterator[str]:
    """What a restart would take up otherwise than it is."""
    text = difference(live.trade, _opened(live, history))
    if text:
        yield f"the journal gives another trade: {text}"


def _opened(live: LiveTrade, kept: Sequence[JournalledInput]) -> Trade:
    history = TradeHistory.of(kept)
    opening = known(history)
    assert opening is not None, "it has been opened"
    # An earlier trade's number, where the trade was rebuilt, is among the inputs.
    plan = live.context.config.plan(live.instrument)
    ids = ClientIds(live.context.ids.trade)
    trade = Trade(opening.strategy(plan), live.context.config.timing, ids)
    replay(trade, history.since)
    return trade
