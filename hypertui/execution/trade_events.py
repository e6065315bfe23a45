"""The chronicle: what the trade does, written down as events in plain words and as data."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from hypertui.core import phrases
from hypertui.core.market import Fill, Side, plain
from hypertui.execution.journal_writer import TradeJournal
from hypertui.execution.orders import Decision, OwnOrder
from hypertui.port.engine import EventKind
from hypertui.port.snapshot import Mode, Severity
from hypertui.runtime.event_log import EventLog
from hypertui.strategy.ladder.ladder import Direction, Ladder, Step
from hypertui.strategy.ladder.trace import trace_record

_BAD_NEWS = ("rejected", "not placed")


class TradeEvents:
    """Listens to the order tracker and is told of fills and modes. `last_step` is (words, ms).

    Before it has a `ladder` it is silent: what is played back from the journal is no news.
    """

    def __init__(self, log: EventLog, clock: Callable[[], int], journal: TradeJournal) -> None:
        self.last_step: tuple[str, int] | None = None
        self.ladder: Ladder | None = None
        self._log = log
        self._clock = clock
        self._journal = journal

    def on_step(self, step: Step) -> None:
        """The current unit moved."""
        if self.ladder is None:
            return
        up = step.direction is Direction.UP
        before = step.unit - 1 if up else step.unit + 1
        moved = f"{'▲' if up else '▼'} {phrases.unit(before)} → {phrases.unit(step.unit)}"
        self.last_step = (moved, self._clock())
        self._journal.step(step, self.ladder, self._clock())
        text = f"{moved} at {phrases.at_price(step.price)}"
        self._log.add(EventKind.STEP, text, trace_record(step, self.ladder))

    def on_order(self, order: OwnOrder, status: str) -> None:
        """An order of the ladder has a new status."""
        if self.ladder is not None:
            self.order(order, status)

    def order(self, order: OwnOrder, status: str) -> None:
        """An own order has a new status, the entry too, which comes before there is a ladder."""
        self._journal.order(order, status, order.sent_at if status == "sent" else self._clock())
        wanted = order.order
        trigger = None if wanted.trigger is None else plain(wanted.trigger)
        label = "stop" if wanted.side is Side.SELL else "buy"
        where = "market" if wanted.trigger is None else phrases.at_price(wanted.trigger)
        text = f"{label} {phrases.unit(order.unit)} {self._coins(wanted.size)} at {where} {status}"
        data = {
            "client_id": order.client_id,
            "order_id": order.order_id,
            "role": order.role.value,
            "side": wanted.side.value,
            "unit": order.unit,
            "trigger": trigger,
            "limit": plain(wanted.limit),
            "size": plain(wanted.size),
            "status": status,
            "note": order.note,
            "reason": order.decision.reason.value,
            "why": order.decision.text,
        }
        severity = Severity.WARNING if status in _BAD_NEWS else Severity.INFO
        self._log.add(EventKind.ORDER, f"{text}: {order.note}" if order.note else text, data, severity)

    def fill(self, fill: Fill, role: str, unit: int, decision: Decision, realized_pnl: Decimal) -> None:
        """Coins changed hands, by an order with this decision; `realized_pnl` is what that realised, in
        USD."""
        self._journal.fill(fill, role, unit, decision)
        verb = "bought" if fill.side is Side.BUY else "sold"
        text = f"{verb} {self._coins(fill.size)} at {phrases.at_price(fill.price)}, unit {phrases.unit(unit)}"
        if realized_pnl:
            text += f", realised {realized_pnl:+,.2f}"
        data = {
            "client_id": fill.client_id,
            "order_id": fill.order_id,
            "trade_id": fill.trade_id,
            "role": role,
            "side": fill.side.value,
            "unit": unit,
            "size": plain(fill.size),
            "price": plain(fill.price),
            "fee": plain(fill.fee),
            "realized_pnl": plain(realized_pnl),
            "reason": decision.reason.value,
            "venue_time": fill.time,
        }
        self._log.add(EventKind.FILL, text, data)

    def mode(self, mode: Mode, reason: str) -> None:
        """The engine as a whole has changed what it does."""
        severity = Severity.CRITICAL if mode is Mode.HALTED else Severity.INFO
        text = f"{mode.value}: {reason}" if reason else mode.value
        self._log.add(EventKind.STATE, text, {"mode": mode.value, "reason": reason}, severity)

    def _coins(self, size: Decimal) -> str:
        return plain(size) if self.ladder is None else phrases.coins(size, self.ladder.plan.instrument)
