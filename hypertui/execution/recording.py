"""Recording and playback: every input that changes a trade's state, so that a restart can live it again.

The tracker, and the ladder under it, are a function of their inputs: prices that touched something, fills,
notices, answers, and what was sent. Played back in order, they give the same state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from pydantic import TypeAdapter

from hypertui.core.market import Fill, Order, Reason, parse_amount, plain
from hypertui.exchange.protocol import (
    CancelOutcome,
    Filled,
    FundingPayment,
    OrderReport,
    Placed,
    Refused,
    Resting,
)
from hypertui.execution.journal_writer import Input
from hypertui.execution.order_tracker import Listener, OrderTracker, Timing
from hypertui.execution.orders import ClientIds, Decision, OwnOrder, Role
from hypertui.strategy.ladder.ladder import Ladder, Slot

Record = Callable[[str, int, Mapping[str, object]], None]

_ORDER = TypeAdapter(Order)
_FILL = TypeAdapter(Fill)
_REPORT = TypeAdapter(OrderReport)
_DECISION = TypeAdapter(Decision)
_ANSWERS: dict[str, TypeAdapter[Any]] = {
    kind.__name__: TypeAdapter(kind) for kind in (Resting, Filled, Refused)
}

# What an input of the first version leaves unsaid: it knew an order's reason by its role alone.
_REASONS = {
    Role.STOP: Reason.LADDER_STOP,
    Role.SALE: Reason.LADDER_STOP,
    Role.BUY: Reason.LADDER_BUY,
    Role.CLOSE: Reason.MANUAL,
}


class Unsound(Exception):
    """An input that the deciding state could not take: what it says from then on is not to be relied on. The
    text is one line."""

    def __init__(self, kind: str, at: int, error: Exception) -> None:
        moment = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        super().__init__(f"the input {kind!r} of {moment} cannot be taken: {type(error).__name__}: {error}")


class RecordedTracker(OrderTracker):
    """Hands each input to `record` (kind, ms, data fit for JSON) before it takes effect. Each may raise
    Unsound, and the error is recorded behind it."""

    def __init__(self, ladder: Ladder, timing: Timing, listener: Listener, record: Record) -> None:
        super().__init__(ladder, timing, listener)
        self._record = record
        self._inside = False

    @contextmanager
    def _input(self, kind: str, at: int, **data: object) -> Iterator[None]:
        if self._inside:  # one input's own consequences are not inputs
            yield
            self._note_faults(at)
            return
        self._inside = True
        try:
            self._record(kind, at, {name: plain_json(value) for name, value in data.items()})
            yield
        except Exception as error:
            self._record("failed", at, {"input": kind, "error": f"{type(error).__name__}: {error}"})
            raise Unsound(kind, at, error) from error
        finally:
            self._inside = False
        self._note_faults(at)

    def _note_faults(self, at: int) -> None:
        self.ladder.statistics.note(at)
        self.telling.note(at)

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Take inputs without recording them: they are in the journal already."""
        self._inside = True
        try:
            yield
        finally:
            self._inside = False

    def on_mark(self, price: Decimal, now: int) -> None:
        fires = any(order.waiting and order.passed_by(price) for order in self.alive)
        if self.ladder.direction(price) is None and not fires:
            super().on_mark(price, now)  # nothing but the newest price, which a restart will hear anew
            return
        with self._input("mark", now, price=price):
            super().on_mark(price, now)

    def on_fill(self, fill: Fill, now: int, from_feed: bool) -> OwnOrder | None:
        if self.find(fill.client_id) is None:
            return None  # every snapshot repeats what others have traded
        with self._input("fill", now, fill=fill, from_feed=from_feed):
            return super().on_fill(fill, now, from_feed)

    def on_placed(self, order: OwnOrder, answer: Placed, now: int) -> None:
        named = type(answer).__name__
        with self._input("placed", now, order=order.client_id, answer=answer, named=named):
            super().on_placed(order, answer, now)

    def on_not_placed(self, orders: Iterable[OwnOrder], reason: str, now: int) -> None:
        orders = list(orders)
        with self._input("not placed", now, orders=_ids(orders), reason=reason):
            super().on_not_placed(orders, reason, now)

    def on_cancel_answer(self, order: OwnOrder, outcome: CancelOutcome, now: int) -> None:
        with self._input("cancel answer", now, order=order.client_id, outcome=outcome):
            super().on_cancel_answer(order, outcome, now)

    def on_not_cancelled(self, orders: Iterable[OwnOrder], now: int) -> None:
        orders = list(orders)
        with self._input("not cancelled", now, orders=_ids(orders)):
            super().on_not_cancelled(orders, now)

    def on_report(self, report: OrderReport, now: int, from_feed: bool) -> None:
        order = self.find(report.client_id)
        if order is None or order.dead:
            return
        with self._input("report", now, report=report, from_feed=from_feed):
            super().on_report(report, now, from_feed)

    def on_answer(self, order: OwnOrder, report: OrderReport | None, asked_at: int, now: int) -> None:
        # Whether a due order is due no longer depends on the newest price, touching or not.
        mark = self.mark
        with self._input("answer", now, order=order.client_id, report=report, asked_at=asked_at, mark=mark):
            super().on_answer(order, report, asked_at, now)

    def adopt(self, fill: Fill, now: int) -> None:
        with self._input("adopted", now, fill=fill):
            super().adopt(fill, now)

    def expect_fill(self, order: OwnOrder, now: int) -> None:
        with self._input("expect", now, order=order.client_id):
            super().expect_fill(order, now)

    def sent(self, order: Order, role: Role, slot: Slot, unit: int, now: int, decision: Decision) -> OwnOrder:
        data = {"order": order, "role": role, "slot": slot.index, "unit": unit, "decision": decision}
        with self._input("sent", now, **data):
            return super().sent(order, role, slot, unit, now, decision)

    def cancel_sent(self, orders: Iterable[OwnOrder], now: int) -> None:
        orders = list(orders)
        with self._input("cancel sent", now, orders=_ids(orders)):
            super().cancel_sent(orders, now)

    def sweep(self, slot: Slot, now: int) -> None:
        with self._input("swept", now, slot=slot.index):
            super().sweep(slot, now)

    def sell_out(self, now: int) -> None:
        with self._input("selling out", now):
            super().sell_out(now)

    def correct_dust(self, difference: Decimal, now: int) -> None:
        with self._input("dust", now, difference=difference):
            super().correct_dust(difference, now)

    def on_altered(self, order: OwnOrder, now: int) -> None:
        with self._input("altered", now, order=order.client_id):
            super().on_altered(order, now)

    def on_compared(self, until: int, now: int) -> None:
        with self._input("compared", now, until=until):
            super().on_compared(until, now)

    def fund(self, payment: FundingPayment, now: int) -> bool:
        if payment.time in self._funded:
            return False  # every answer to the question tells of the last payment again
        with self._input("funding", now, time=payment.time, amount=payment.amount):
            return super().fund(payment, now)


def relive(
    tracker: RecordedTracker, ids: ClientIds, history: Iterable[Input]
) -> tuple[Input | None, Input | None]:
    """Play back what the journal tells of a trade since it was opened; returns the mode that it was left in,
    None for trading, and what was wanted last. Raises Unsound for the first input that cannot be taken.

    An input that failed once is tried like any other: a later version may know better."""
    mode: Input | None = None
    wish: Input | None = None
    with tracker.silent():
        for entry in history:
            if entry.kind == "mode":
                mode = entry
            elif entry.kind == "wish":
                wish = entry
            else:
                try:
                    play_back(tracker, ids, entry.kind, entry.at, entry.data)
                except Exception as error:
                    raise Unsound(entry.kind, entry.at, error) from error
    return mode, wish


def newest_mark(history: Sequence[Input]) -> Decimal | None:
    """The last price (USD) that a history tells of; None where it tells of none that can be read."""
    for entry in reversed(history):
        with suppress(LookupError, TypeError, ValueError, ArithmeticError):
            match entry.kind:
                case "mark":
                    return parse_amount(entry.data["price"])
                case "opened":
                    return parse_amount(entry.data["fills"][0]["price"])
    return None


def learn_ids(ids: ClientIds, history: Iterable[Input]) -> None:
    """Learn which ids the trade has given, as far as its history can be read at all."""
    for entry in history:
        with suppress(LookupError, TypeError, ValueError):
            match entry.kind:
                case "sent":
                    ids.used(entry.data["order"]["client_id"])
                case "started":
                    ids.started(entry.data["start"])
                case "rebuilt":
                    ids.trade = int(entry.data["trade"], 16)


def play_back(tracker: OrderTracker, ids: ClientIds, kind: str, at: int, data: Mapping[str, Any]) -> None:
    """Give a recorded input to a tracker. Raises ValueError for one that is not known."""

    def named(client_id: str) -> OwnOrder:
        order = tracker.find(client_id)
        if order is None:
            raise ValueError(f"the journal speaks of order {client_id} before it was sent")
        return order

    match kind:
        case "mark":
            tracker.on_mark(Decimal(data["price"]), at)
        case "fill":
            tracker.on_fill(_FILL.validate_python(data["fill"]), at, data["from_feed"])
        case "placed":
            answer = _ANSWERS[data["named"]].validate_python(data["answer"])
            tracker.on_placed(named(data["order"]), answer, at)
        case "not placed":
            orders = [named(client_id) for client_id in data["orders"]]
            tracker.on_not_placed(orders, data["reason"], at)
        case "not cancelled":
            tracker.on_not_cancelled([named(client_id) for client_id in data["orders"]], at)
        case "cancel answer":
            tracker.on_cancel_answer(named(data["order"]), CancelOutcome(data["outcome"]), at)
        case "report":
            tracker.on_report(_REPORT.validate_python(data["report"]), at, data["from_feed"])
        case "answer":
            report = None if data["report"] is None else _REPORT.validate_python(data["report"])
            tracker.mark = None if data["mark"] is None else Decimal(data["mark"])
            tracker.on_answer(named(data["order"]), report, data["asked_at"], at)
        case "expect":
            tracker.expect_fill(named(data["order"]), at)
        case "sent":
            order, slot = _ORDER.validate_python(data["order"]), tracker.ladder.slots[data["slot"]]
            role, said = Role(data["role"]), data.get("decision")
            old = said is None
            decision = Decision(_REASONS[role], order.trigger) if old else _DECISION.validate_python(said)
            ids.used(order.client_id)
            tracker.sent(order, role, slot, data["unit"], at, decision)
        case "cancel sent":
            tracker.cancel_sent([named(client_id) for client_id in data["orders"]], at)
        case "started":
            ids.started(data["start"])
        case "rebuilt":
            ids.trade = int(data["trade"], 16)
        case "swept":
            tracker.sweep(tracker.ladder.slots[data["slot"]], at)
        case "selling out":
            tracker.sell_out(at)
        case "dust":
            tracker.correct_dust(Decimal(data["difference"]), at)
        case "adopted":
            tracker.adopt(_FILL.validate_python(data["fill"]), at)
        case "altered":
            tracker.on_altered(named(data["order"]), at)
        case "compared":
            tracker.on_compared(data["until"], at)
        case "wish":
            pass  # the trade's own, as its mode is
        case "funding":
            tracker.fund(FundingPayment(data["time"], Decimal(data["amount"])), at)
        case "failed":
            pass  # the input before it could not be taken once; it has been now
        case _:
            raise ValueError(f"the journal has an input that this version does not know: {kind}")
    tracker.ladder.target()


def read_fill(data: object) -> Fill:
    """A fill from its JSON."""
    return _FILL.validate_python(data)


def read_order(data: object) -> Order:
    """An order from its JSON."""
    return _ORDER.validate_python(data)


def _ids(orders: Iterable[OwnOrder]) -> list[str]:
    return [order.client_id for order in orders]


def plain_json(value: object) -> object:
    """A value as JSON can say it; amounts as decimal strings."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain_json(part) for name, part in asdict(value).items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return plain(value)
    return value
