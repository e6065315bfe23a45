"""The history of one order: its decision, statuses, fills and allocations.

Everything here is read from the journal or derived from its fills; nothing is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.intents import COMMAND_OF_INTENT
from hypertui.core.market import ZERO, Reason
from hypertui.journal.fill_order import Key, key_of
from hypertui.journal.history import AccountMarket, History
from hypertui.journal.reader import JournalReader, OrderName
from hypertui.journal.records import (
    FillRecord,
    IntentRecord,
    OrderRecord,
    StatusRecord,
    StepRecord,
    TradeRecord,
)
from hypertui.journal.rows import AllocationRow
from hypertui.ledger.derivation import derive
from hypertui.ledger.scope import FOREVER

_MOST = 10  # candidates that are listed
# The command that may lead to orders of a reason.
_BY_A_COMMAND = {Reason.ENTRY.value: ("start", "open"), Reason.SIGNAL_EXIT.value: ("exit",)}
_GIVEN = re.compile("(0x)?[0-9a-f]+")


class NotFound(ValueError):
    """No order, or more than one, has this id; the text is one line."""


@dataclass(frozen=True, slots=True)
class Story:
    """Everything known of one order. `order` is None for fills without an order of ours (adopted ones) and
    for the entry of a trade that was rebuilt; `step` is the last step before the order.
    `replaced_by` are client ids. `allocations` are those of the ledger that its coins were part of, on either
    side; `unmatched` coins it closed that the ledger never saw opened."""

    trade: TradeRecord
    client_id: str | None
    order_id: int | None
    order: OrderRecord | None
    step: StepRecord | None
    statuses: tuple[StatusRecord, ...]
    fills: tuple[FillRecord, ...]
    allocations: tuple[AllocationRow, ...]
    unmatched: Decimal
    replaced_by: tuple[str, ...]
    intent: IntentRecord | None = None  # of a source outside, which has led to the order
    opened_by: tuple[IntentRecord, ...] = ()  # likewise, those that opened what it has closed

    @property
    def reason(self) -> str:
        """Why it was made, or why coins changed hands without an order."""
        return self.order.reason if self.order is not None else self.fills[0].reason

    @property
    def size(self) -> Decimal:
        """Filled size in coins."""
        return sum((fill.size for fill in self.fills), ZERO)

    @property
    def value(self) -> Decimal:
        """Filled value in USD."""
        return sum((fill.size * fill.price for fill in self.fills), ZERO)

    @property
    def fee(self) -> Decimal:
        """Fees in USD."""
        return sum((fill.fee for fill in self.fills), ZERO)

    @property
    def slippage(self) -> Decimal | None:
        """Slippage against the target in USD, negative for a gain; None without a target."""
        costs = [fill.slippage * fill.size for fill in self.fills if fill.slippage is not None]
        return sum(costs, ZERO) if len(costs) == len(self.fills) else None

    def closes(self, part: AllocationRow) -> bool:
        """Whether this order closed those coins."""
        return key_of(part.closed) in {key_of(fill) for fill in self.fills}

    @property
    def pnl(self) -> Decimal:
        """Realised by its fills in USD, first in, first out, net of both fees."""
        return sum((part.pnl for part in self.allocations if self.closes(part)), ZERO)


def find(reader: JournalReader, given: str) -> OrderName:
    """The one order with this client id or order id, or with an id that begins or ends so. Raises NotFound,
    which lists the candidates, and a JournalError."""
    words = given.strip().lower()
    if not _GIVEN.fullmatch(words):
        raise NotFound(
            f"order {given} is no client id (0x and 32 hex digits), no order id, and no part of one"
        )
    found = reader.order_names(words, _MOST + 1)
    exact = [name for name in found if words in (name.client_id, str(name.order_id))]
    found = exact or found
    if not found:
        raise NotFound(f"no order in the journal {reader.place} has the id {given}")
    if len(found) > 1:
        names = ", ".join(_shown(name) for name in found[:_MOST])
        more = " and more" if len(found) > _MOST else ""
        raise NotFound(f"{given} may mean {names}{more}")
    return found[0]


def tell(reader: History, name: OrderName) -> Story:
    """The history of the order that `find` returned. Raises a JournalError, and LedgerError for facts that
    contradict each other."""
    trade = reader.trade(name.trade_id)
    assert trade is not None, "an order belongs to a trade"
    orders = [order for order in reader.orders(trade.id) if name.client_id is not None]
    order = next((order for order in orders if order.client_id == name.client_id), None)
    own = tuple(sorted((fill for fill in reader.fills(trade.id) if _is(fill, name)), key=key_of))
    statuses = (row for row in reader.statuses(trade.id) if row.client_id == name.client_id)
    step = None
    if order is not None and order.step:
        step = next((step for step in reader.steps(trade.id) if step.seq == order.step), None)
    trades = [other for other in reader.trades() if AccountMarket.of(other) == AccountMarket.of(trade)]
    keys = {key_of(fill) for fill in own}
    allocations, unmatched = _allocations(reader.market_fills(trades), keys)
    return Story(
        trade,
        name.client_id,
        name.order_id,
        order,
        step,
        tuple(statuses),
        own,
        allocations,
        unmatched,
        tuple(other.client_id for other in orders if other.replaces == name.client_id),
        None if order is None else _intent(reader, order),
        tuple(_openings(reader, orders, [part for part in allocations if key_of(part.closed) in keys])),
    )


def _openings(
    reader: JournalReader, orders: Sequence[OrderRecord], closed: Sequence[AllocationRow]
) -> Iterator[IntentRecord]:
    """The intents that opened what these parts have closed, each once."""
    bought = {part.opened.client_id for part in closed}
    found = (_intent(reader, order) for order in orders if order.client_id in bought)
    yield from {intent.id: intent for intent in found if intent is not None}.values()


def _intent(reader: JournalReader, order: OrderRecord) -> IntentRecord | None:
    return intent_behind(reader, order.trade_id, order.reason, order.sent_at)


def intent_behind(
    reader: JournalReader, trade_id: str, reason: str, sent_at: int = FOREVER
) -> IntentRecord | None:
    """The intent whose command opened the trade, or closed it, by an order of this reason that was sent then
    (ms)."""
    verbs = _BY_A_COMMAND.get(reason, ())
    ids = [
        command.id.removeprefix(COMMAND_OF_INTENT)
        for command in (reader.commands(trade_id) if verbs else ())
        if command.verb in verbs and command.at <= sent_at and command.id.startswith(COMMAND_OF_INTENT)
    ]
    return reader.intent(ids[-1]) if ids else None


def _is(fill: FillRecord, name: OrderName) -> bool:
    if name.client_id is not None:
        return fill.client_id == name.client_id
    return fill.order_id == name.order_id


def _allocations(fills: Iterable[FillRecord], keys: set[Key]) -> tuple[tuple[AllocationRow, ...], Decimal]:
    """Of a market's ledger, from its first fill on, the allocations that one of these fills opened or closed,
    and the coins that they closed without inventory."""
    found: list[AllocationRow] = []
    unmatched, held, to_come = ZERO, ZERO, set(keys)
    for booked in derive(fills):
        for part in booked.allocations:
            opened, closed = key_of(part.opened) in keys, key_of(part.closed) in keys
            held -= part.size if opened else ZERO
            if opened or closed:
                found.append(part)
        key = key_of(booked.fill)
        if key in keys:
            to_come.discard(key)
            unmatched += booked.unmatched
            closes = sum((part.size for part in booked.allocations), booked.unmatched)
            held += booked.fill.size - closes
        if not to_come and not held:
            break  # nothing that comes later can be part of it
    return tuple(found), unmatched


def _shown(name: OrderName) -> str:
    if name.client_id is None:
        return f"order {name.order_id}"
    return name.client_id if name.order_id is None else f"{name.client_id} (order {name.order_id})"
