"""What the journal remembers must give the trade again: its inputs, played back, against what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hypertui.execution.journal_writer import Input
from hypertui.execution.orders import ClientIds
from hypertui.execution.recording import RecordedTracker, play_back, read_fill
from hypertui.execution.trade import OpenTrade
from hypertui.execution.trade_events import TradeEvents
from hypertui.runtime.event_log import EventLog
from hypertui.strategy.ladder.ladder import Ladder
from tests.support.memory_journal import MemoryJournal


def problems_of_memory(trade: OpenTrade, history: Sequence[Input]) -> Iterator[str]:
    """What a restart would take up otherwise than it is."""
    opened, *inputs = [entry for entry in history if entry.kind not in ("entering", "mode", "wish")]
    ladder = Ladder.open(trade.tracker.ladder.plan, [read_fill(fill) for fill in opened.data["fills"]])
    chronicle = TradeEvents(EventLog(trade.desk.clock), trade.desk.clock, MemoryJournal())
    tracker = RecordedTracker(ladder, trade.desk.config.timing, chronicle, lambda *_: None)
    ids = ClientIds(trade.desk.ids.trade)
    for entry in inputs:
        play_back(tracker, ids, entry.kind, entry.at, entry.data)
    for name, now, then in (
        ("trade", _state(trade.tracker.ladder), _state(ladder)),
        ("orders", _orders(trade), _orders_of(tracker)),
        ("fills", trade.tracker._fills, tracker._fills),
        ("start of its own", True, ids.start > trade.desk.ids.start),
    ):
        if now != then:
            yield f"the journal gives another {name}: {then} instead of {now}"


def _state(ladder: Ladder) -> object:
    slots = [(slot.coins, slot.stop_unit, slot.due) for slot in ladder.slots]
    return (
        ladder.unit,
        ladder.steps,
        ladder.phase,
        ladder.fragment,
        ladder.realized_pnl,
        ladder.position,
        ladder.dust,
        ladder.oversold,
        ladder.cycles,
        ladder.round_trips.count,
        ladder.round_trips.whipsaw_cost,
        slots,
        ladder.target(),
    )


def _orders(trade: OpenTrade) -> object:
    return _orders_of(trade.tracker)


def _orders_of(tracker: object) -> object:
    return sorted(
        (order.client_id, order.filled, order.due, order.cancelling, order.acknowledged)
        for order in tracker.alive  # type: ignore[attr-defined]
    )
