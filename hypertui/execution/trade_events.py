"""What a trade does, written to the event log in plain words and to the journal as rows."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Protocol

from hypertui.core import phrases
from hypertui.core.market import Instrument, Side, plain
from hypertui.exchange.protocol import OrderState
from hypertui.execution.orders import EXITS, LIVE, SENT, OwnOrder, Role
from hypertui.execution.trade_news import (
    EntryAsked,
    EntryOpen,
    ExitActed,
    ExitsChanged,
    FillBooked,
    GuardReset,
    GuardsChanged,
    OrderChanged,
    StopTrailed,
    StrategyMoved,
    TradeNews,
)
from hypertui.port.engine import EventKind
from hypertui.port.snapshot import Mode, Severity
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.health_tally import HealthTally
from hypertui.strategy.base import MoveRecord

_LABELS = {Role.TARGET: "target"}
_BAD_NEWS = ("rejected", "not placed")
_TAKEN = (LIVE, "partly filled", OrderState.FILLED.value)  # by the exchange, for all to see


class TradeRows(Protocol):
    """Where what a trade does is written down; as in `TradeJournal`."""

    def order(self, changed: OrderChanged, at: int) -> None: ...

    def fill(self, booked: FillBooked) -> None: ...

    def move(self, record: MoveRecord, at: int) -> None: ...


class TradeEvents:
    """Tells what becomes of one trade. `last_step` is (words, ms); `instrument` is there once it is known."""

    def __init__(
        self, log: EventLog, clock: Callable[[], int], journal: TradeRows, tally: HealthTally
    ) -> None:
        self.last_step: tuple[str, int] | None = None
        self.instrument: Instrument | None = None
        self._log = log
        self._clock = clock
        self._journal = journal
        self._tally = tally
        # Stops (client id) that others cancelled, or that take the place of one: where that stood, and since
        # when (ms) it is gone.
        self._lost: dict[str, tuple[int | None, int]] = {}

    def tell(self, news: TradeNews) -> None:
        """Something has changed."""
        match news:
            case StrategyMoved(record):
                self._moved(record)
            case OrderChanged():
                self.order(news)
            case FillBooked():
                self.fill(news)
            case ExitsChanged(text):
                self._log.add(EventKind.STATE, f"exits: {text}", {"exits": text})
            case StopTrailed():
                self._trailed(news)
            case ExitActed():
                self._exit(news)
            case EntryAsked():
                self._told(news)
            case EntryOpen():
                self._log.add(EventKind.STATE, "flat: it waits to be told to enter again", {"entry": "waits"})
            case GuardsChanged(text):
                self._log.add(EventKind.STATE, f"guards: {text}", {"guards": text})
            case GuardReset(guard, by, reason):
                data = {"guard": guard.value, "by": by, "reason": reason}
                text = f"guard {guard.words} re-armed by {by}: {reason}"
                self._log.add(EventKind.STATE, text, data, Severity.WARNING)

    def _trailed(self, moved: StopTrailed) -> None:
        stop, peak = phrases.at_price(moved.stop), phrases.at_price(moved.peak)
        how = "armed" if moved.before is None else f"moves up from {phrases.at_price(moved.before)}"
        data = {"stop": plain(moved.stop), "peak": plain(moved.peak)}
        self._log.add(EventKind.STATE, f"trailing stop {how}: {stop}, peak {peak}", data)

    def _told(self, told: EntryAsked) -> None:
        at = "" if told.price is None else f" at {phrases.at_price(told.price)}"
        most = "" if told.most is None else f" with {phrases.at_price(told.most)} USD at most"
        data = {"entry": "told", "source": str(told.source), "seen": plain(told.seen)}
        data |= {} if told.most is None else {"most": plain(told.most)}
        text = f"told to enter by {told.source}{at}{most}, the price is {phrases.at_price(told.seen)}"
        self._log.add(EventKind.STATE, text, data)

    def _exit(self, acted: ExitActed) -> None:
        rule, at = acted.rule, phrases.at_price(acted.price)
        for each in acted.verdicts:
            said = "acted" if each.rule is rule else "due" if each.due else "not due"
            self._tally.exit_judged(each.rule.value, said)
        data = {"exit": rule.value, "price": plain(acted.price), "reason": rule.reason.value}
        does = "closes the position" if acted.goes_on else "ends the trade"
        text = f"the {rule.words} {does} at {at}: {acted.text}"
        self._log.add(EventKind.STATE, text, data | {"source": str(rule.source)}, Severity.WARNING)

    def _moved(self, record: MoveRecord) -> None:
        move = record.move
        before = move.level - 1 if move.upwards else move.level + 1
        moved = f"{'▲' if move.upwards else '▼'} {phrases.unit(before)} → {phrases.unit(move.level)}"
        self.last_step = (moved, self._clock())
        self._journal.move(record, self._clock())
        text = f"{moved} at {phrases.at_price(move.price)}"
        data = {
            "seq": move.number,
            "price": plain(move.price),
            "direction": "up" if move.upwards else "down",
            "unit": move.level,
            **record.state,
        }
        self._log.add(EventKind.STEP, text, data)

    def order(self, changed: OrderChanged) -> None:
        """An own order has a new status, the entry too, which comes before there is a trade."""
        order, status = changed.order, changed.status
        if status == SENT:
            self._tally.order_sent()
        elif status in _BAD_NEWS:
            self._tally.order_refused(str(order.key))
        elif status in _TAKEN and not any(word in _TAKEN for _, word in order.statuses[:-1]):
            self._tally.order_taken(str(order.key))
        self._journal.order(changed, order.sent_at if status == SENT else self._clock())
        wanted = order.order
        trigger = None if wanted.trigger is None else plain(wanted.trigger)
        label = _LABELS.get(order.role) or ("stop" if wanted.side is Side.SELL else "buy")
        if order.role is Role.EXIT:
            label = phrases.in_words(order.decision.reason.value)
        if order.level is not None:
            label += f" {phrases.unit(order.level)}"
        where = "market" if wanted.is_immediate else phrases.at_price(wanted.stands_at)
        size = "of all that is held" if order.whole else self._coins(wanted.size)
        told = status
        # The exchange itself drops what is left of an order that has begun to trade.
        ends = status == OrderState.CANCELLED.value and not (order.cancelling or order.filled or order.due)
        says_more = changed.note not in ("", status)
        if lost := ends and not (says_more or wanted.is_immediate):
            told = f"{status}, not by this engine"
        if order.role is Role.STOP:
            told += self._after_a_loss(order, status, lost)
        text = f"{label} {size} at {where} {told}"
        data = {
            "client_id": order.client_id,
            "order_id": changed.order_id,
            "role": order.role.value,
            "side": wanted.side.value,
            "key": str(order.key),
            "unit": order.level,
            "trigger": trigger,
            "limit": plain(wanted.limit),
            "size": plain(wanted.size),
            "status": status,
            "note": changed.note,
            "reason": order.decision.reason.value,
            "source": str(order.decision.source),
            "why": order.decision.text,
        }
        severity = Severity.WARNING if lost or status in _BAD_NEWS else Severity.INFO
        self._log.add(EventKind.ORDER, f"{text}: {changed.note}" if says_more else text, data, severity)

    def _after_a_loss(self, order: OwnOrder, status: str, lost: bool) -> str:
        """How long a stop's place was empty that others had cancelled, once another one is live there."""
        client_id, replaces = order.order.client_id, order.decision.replaces
        if lost:
            self._lost[client_id] = (order.level, self._clock())
        elif status == SENT and replaces is not None and replaces in self._lost:
            self._lost[client_id] = self._lost.pop(replaces)
        elif status == LIVE and client_id in self._lost:
            level, since = self._lost.pop(client_id)
            return f" again after {self._clock() - since:,} ms" if level == order.level else ""
        return ""

    def fill(self, booked: FillBooked) -> None:
        """Coins changed hands."""
        fill, level, realized_pnl = booked.fill, booked.level, booked.realized_pnl
        why = booked.decision
        if booked.role in EXITS or (booked.role is Role.ADOPTED and fill.side is Side.SELL):
            self._tally.sold(fill.order_id, why.reason.value, str(why.source))
        self._journal.fill(booked)
        verb = "bought" if fill.side is Side.BUY else "sold"
        text = f"{verb} {self._coins(fill.size)} at {phrases.at_price(fill.price)}"
        if level is not None:
            text += f", unit {phrases.unit(level)}"
        if realized_pnl:
            text += f", realised {realized_pnl:+,.2f}"
        data = {
            "client_id": fill.client_id,
            "order_id": fill.order_id,
            "trade_id": fill.trade_id,
            "role": booked.role.value,
            "side": fill.side.value,
            "unit": level,
            "size": plain(fill.size),
            "price": plain(fill.price),
            "fee": plain(fill.fee),
            "realized_pnl": plain(realized_pnl),
            "reason": why.reason.value,
            "source": str(why.source),
            "via": booked.via.value,
            "venue_time": fill.time,
        }
        self._log.add(EventKind.FILL, text, data)

    def mode(self, mode: Mode, reason: str) -> None:
        """The engine as a whole has changed what it does."""
        severity = Severity.CRITICAL if mode is Mode.HALTED else Severity.INFO
        text = f"{mode.value}: {reason}" if reason else mode.value
        self._log.add(EventKind.STATE, text, {"mode": mode.value, "reason": reason}, severity)

    def _coins(self, size: Decimal) -> str:
        return plain(size) if self.instrument is None else phrases.coins(size, self.instrument)
