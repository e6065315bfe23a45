"""An overview of an open trade, read and derived from the journal."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypertui.core import phrases
from hypertui.core.fifo import FifoBook
from hypertui.core.market import ZERO, OrderType, Side, plain
from hypertui.journal.reader import JournalReader
from hypertui.journal.records import (
    AlarmRecord,
    CommandRecord,
    FillRecord,
    OrderRecord,
    Record,
    StatusRecord,
    StepRecord,
    TradeRecord,
)

# The kinds that an operator calls events; inputs are for the engine, funding for accounting.
_EVENTS: tuple[type[Record], ...] = (StatusRecord, FillRecord, StepRecord, CommandRecord, AlarmRecord)

_BUY = "buy"
_ENDS = ("filled", "cancelled", "rejected", "not placed")


@dataclass(frozen=True, slots=True)
class Overview:
    """`position` is what the fills make, `realized_pnl` first in, first out and net of fees, with the funding
    (USD). `step` is None before the first. `buys` counts those that are live. `mode` and `reason` are those
    that a restart would take up, `wish` is the unfinished command that it would continue (empty for none),
    `resumes` the mode that a resume leads to. `events` are (ms, kind, words), oldest first."""

    trade: TradeRecord
    position: Decimal
    fills: int
    realized_pnl: Decimal
    step: StepRecord | None
    buys: int
    mode: str
    reason: str
    wish: str
    resumes: str
    alarms: tuple[AlarmRecord, ...]
    events: tuple[tuple[int, str, str], ...]


def live_trades(reader: JournalReader, network: str, events: int) -> list[Overview]:
    """The trades of a network that have not ended, each with its last `events`. Raises a JournalError."""
    live = [trade for trade in reader.trades() if trade.network == network and trade.ended_at is None]
    return [_overview(reader, trade, events) for trade in live]


def _overview(reader: JournalReader, trade: TradeRecord, events: int) -> Overview:
    book, count = FifoBook(), 0
    for fill in sorted(reader.fills(trade.id), key=lambda record: record.fill.key):
        book.book(fill.fill)
        count += 1
    funding = sum((payment.amount for payment in reader.funding(trade.id)), ZERO)
    alarms: dict[str, AlarmRecord] = {}
    for alarm in reader.alarms(trade.id):
        alarms[alarm.key] = alarm
    resumes = "running" if reader.last_input(trade.id, "selling out") is None else "selling-out"
    mode, reason = _mode(reader, trade.id, resumes)
    wish = "" if (wished := reader.last_input(trade.id, "wish")) is None else str(wished.data["reason"])
    last = reader.newest(trade.id, [StepRecord], 1)
    newest = reader.newest(trade.id, _EVENTS, events)
    orders = {order.client_id: order for order in reader.orders(trade.id)}
    return Overview(
        trade,
        book.position,
        count,
        book.realized_pnl + funding,
        next((step for step in last if isinstance(step, StepRecord)), None),
        _live_buys(reader, trade, orders),
        mode,
        reason,
        wish,
        resumes,
        tuple(alarm for alarm in alarms.values() if alarm.active),
        tuple(_event(record, orders) for record in newest),
    )


def _mode(reader: JournalReader, trade_id: str, resumes: str) -> tuple[str, str]:
    """What the trade does as a whole, and why; what was only so on the way out is over."""
    entry = reader.last_input(trade_id, "state")
    if entry is None:
        return "running", ""
    state: Any = entry.data["state"]
    return (resumes, "") if state["passing"] else (str(state["mode"]), str(state["reason"]))


def _live_buys(reader: JournalReader, trade: TradeRecord, orders: dict[str, OrderRecord]) -> int:
    """The number of buys that the journal does not show as ended."""
    statuses = {row.client_id: row.status for row in reader.statuses(trade.id)}
    return sum(order.role == _BUY and statuses.get(id) not in _ENDS for id, order in orders.items())


def _event(record: Record, orders: dict[str, OrderRecord]) -> tuple[int, str, str]:
    match record:
        case StepRecord():
            arrow = "▲" if record.direction == "up" else "▼"
            return record.at, "step", f"{arrow} to unit {record.level:+d} at {plain(record.price)}"
        case FillRecord():
            verb = "bought" if record.side is Side.BUY else "sold"
            text = f"{verb} {plain(record.size)} at {plain(record.price)}{phrases.at_level(record.level)}"
            return record.time, "fill", f"{text}, {phrases.in_words(record.reason)}"
        case StatusRecord():
            return record.at, "order", _status(record, orders.get(record.client_id))
        case CommandRecord():
            said = f": {record.text}" if record.text else ""
            return record.at, "command", f"{record.verb} by {record.who}: {record.state}{said}"
        case AlarmRecord():
            return record.at, "alarm", f"{record.severity} {record.text}" if record.active else record.text
        case _:
            raise TypeError(f"no event: {type(record).__name__}")


def _status(row: StatusRecord, order: OrderRecord | None) -> str:
    what = row.client_id
    if order is not None:
        at = "market" if order.trigger is None else plain(order.trigger)
        if order.type == OrderType.LIMIT:
            at = plain(order.limit)
        size = plain(order.size) if order.size else "all"
        where = f"{at}{phrases.at_level(order.level)}"
        what = f"{phrases.in_words(order.reason)}, {order.side.value} {size} at {where}:"
    return f"{what} {row.status}{f': {row.note}' if row.note else ''}"


def record(overview: Overview) -> dict[str, object]:
    """The overview as data for JSON."""
    trade, step = overview.trade, overview.step
    return {
        "trade": trade.id,
        "account": trade.account,
        "symbol": trade.symbol,
        "started_at": trade.started_at,
        "position": plain(overview.position),
        "fills": overview.fills,
        "realized_pnl": plain(overview.realized_pnl),
        "unit": None if step is None else step.level,
        "phase_before_last_fills": None if step is None else step.phase,
        "steps": 0 if step is None else step.seq,
        "live_buys": overview.buys,
        "mode": overview.mode,
        "reason": overview.reason,
        "wish": overview.wish,
        "resumes": overview.resumes,
        "alarms": [
            {"key": alarm.key, "severity": alarm.severity, "text": alarm.text} for alarm in overview.alarms
        ],
        "events": [{"at": at, "event": kind, "text": text} for at, kind, text in overview.events],
    }
