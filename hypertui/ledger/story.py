"""The story of one order: why it was made, what became of it, and which coins it moved.

Everything here is read from the journal, or worked out from its fills; nothing is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from hypertui.fifo import Allocation, FifoBook
from hypertui.ledger.reading import JournalReader, OrderName
from hypertui.ledger.records import FillRecord, OrderRecord, StatusRecord, StepRecord, TradeRecord
from hypertui.market import ZERO

_MOST = 10  # candidates that are listed
_GIVEN = re.compile("(0x)?[0-9a-f]+")


class NotFound(ValueError):
    """No order, or more than one, has this id; the text is one line."""


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of one order. `order` is None for coins that changed hands without an order of ours
    (adopted ones) and for the entry of a trade that was rebuilt; `step` is the last step before the order.
    `replaced_by` are client ids. `allocations` are those that its coins were part of, on either side."""

    trade: TradeRecord
    client_id: str | None
    order_id: int | None
    order: OrderRecord | None
    step: StepRecord | None
    statuses: tuple[StatusRecord, ...]
    fills: tuple[FillRecord, ...]
    allocations: tuple[Allocation, ...]
    replaced_by: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Why it was made, or why its coins changed hands."""
        return self.order.reason if self.order is not None else self.fills[0].reason

    @property
    def size(self) -> Decimal:
        """Coins that it filled."""
        return sum((fill.size for fill in self.fills), ZERO)

    @property
    def value(self) -> Decimal:
        """USD that these changed hands for."""
        return sum((fill.size * fill.price for fill in self.fills), ZERO)

    @property
    def fee(self) -> Decimal:
        """USD of fees."""
        return sum((fill.fee for fill in self.fills), ZERO)

    @property
    def slippage(self) -> Decimal | None:
        """USD that it cost to fill away from the target, negative where it gained; None without a target."""
        costs = [fill.slippage * fill.size for fill in self.fills if fill.slippage is not None]
        return sum(costs, ZERO) if len(costs) == len(self.fills) else None

    @property
    def pnl(self) -> Decimal:
        """USD that its fills realised by closing lots, first in, first out, net of both fees."""
        keys = {fill.fill.key for fill in self.fills}
        return sum((part.pnl for part in self.allocations if part.closed.key in keys), ZERO)


def find(reader: JournalReader, given: str) -> OrderName:
    """The one order with this client id or order id, or with an id that begins or ends so. Raises NotFound
    with what there is, and a JournalError."""
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


def tell(reader: JournalReader, name: OrderName) -> Story:
    """The story of an order that was found. Raises a JournalError."""
    trade = reader.trade(name.trade_id)
    assert trade is not None, "an order belongs to a trade"
    orders = [order for order in reader.orders(trade.id) if name.client_id is not None]
    order = next((order for order in orders if order.client_id == name.client_id), None)
    fills = sorted(reader.fills(trade.id), key=lambda fill: fill.fill.key)
    own = tuple(fill for fill in fills if _is(fill, name))
    statuses = (row for row in reader.statuses(trade.id) if row.client_id == name.client_id)
    step = None
    if order is not None and order.step:
        step = next((step for step in reader.steps(trade.id) if step.seq == order.step), None)
    return Story(
        trade,
        name.client_id,
        name.order_id,
        order,
        step,
        tuple(statuses),
        own,
        tuple(_allocations(fills, {fill.fill.key for fill in own})),
        tuple(other.client_id for other in orders if other.replaces == name.client_id),
    )


def _is(fill: FillRecord, name: OrderName) -> bool:
    if name.client_id is not None:
        return fill.client_id == name.client_id
    return fill.order_id == name.order_id


def _allocations(fills: Iterable[FillRecord], keys: set[tuple[int, int, int]]) -> Iterable[Allocation]:
    """The allocations of a trade's fills, oldest first, that one of these fills opened or closed."""
    book = FifoBook()
    for fill in fills:
        for part in book.book(fill.fill):
            if part.opened.key in keys or part.closed.key in keys:
                yield part


def _shown(name: OrderName) -> str:
    if name.client_id is None:
        return f"order {name.order_id}"
    return name.client_id if name.order_id is None else f"{name.client_id} (order {name.order_id})"
