"""Reconciliation: what the tracker believes to work against what works at the venue."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from hypertui.core.market import Fill, Side
from hypertui.core.phrases import counted
from hypertui.exchange.protocol import Exchange, OpenOrder, OrderReport, OrderState, Unknown, Unreachable
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import ClientIds, OwnOrder

_FILLS_MARGIN_MS = 60_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Findings:
    """What the venue said: the orders that work (asked for at `asked_at`, ms), what became of each own order
    that was not among them (with the time of that question, and None where the venue does not know it), and
    recent fills, asked for last, so that whatever had ended by then has all its fills among them."""

    asked_at: int
    orders: Sequence[OpenOrder]
    reports: Mapping[str, tuple[int, OrderReport | None]]
    fills: Sequence[Fill]


async def look(
    exchange: Exchange, symbol: str, since: int, expected: Iterable[str], clock: Callable[[], int]
) -> Findings:
    """Ask the venue for working orders, for those of `expected` (client ids) that are not among them, and for
    fills at or after `since`. Raises an ExchangeError."""
    asked_at = clock()
    orders = await _asked(lambda: exchange.open_orders(symbol))
    listed = {order.client_id for order in orders}
    reports: dict[str, tuple[int, OrderReport | None]] = {}
    for client_id in expected:
        if client_id not in listed:
            at = clock()
            reports[client_id] = (at, await _asked(partial(exchange.order_report, client_id)))
    fills = await _asked(lambda: exchange.fills_since(symbol, since - _FILLS_MARGIN_MS))
    return Findings(asked_at, orders, reports, fills)


async def _asked(question: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Its answer; one that is lost is asked for once more, since coins may be bare for as long as the whole
    comparison takes."""
    try:
        return await question()
    except (Unknown, Unreachable):
        return await question()


@dataclass(frozen=True, slots=True)
class Differences:
    """What does not agree: the client ids of own orders that should work and were not listed, and of those
    that work with another size or price than they were sent with; orders with own ids that work and should
    not, and the ids of those of them that stand at the unit of a known order; and orders of somebody
    else."""

    missing: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    orphans: tuple[OpenOrder, ...] = ()
    duplicates: tuple[str, ...] = ()
    foreign: tuple[OpenOrder, ...] = ()

    @property
    def done(self) -> str:
        """What was found, in words."""
        ways = (
            (self.missing, "order", " missing"),
            (self.altered, "order", " changed"),
            (self.orphans, "unknown order", ""),
            (self.foreign, "order", " by others"),
        )
        found = [f"{counted(len(orders), noun)}{what}" for orders, noun, what in ways if orders]
        return ", ".join(found) or "all orders as they should be"

    def counts(self) -> dict[str, int]:
        """How many there are of each kind."""
        return {field.name: len(getattr(self, field.name)) for field in fields(self)}

    def record(self) -> dict[str, object]:
        """The same as JSON can say it; foreign orders by the venue's ids."""
        return {
            "missing": list(self.missing),
            "altered": list(self.altered),
            "orphans": [order.client_id for order in self.orphans],
            "duplicates": list(self.duplicates),
            "foreign": [order.order_id for order in self.foreign],
        }


def compare(findings: Findings, tracker: OrderTracker, ids: ClientIds) -> Differences:
    """Compare three ways: what should work, what was sent, and what works. The fills among the findings must
    be booked already."""
    missing = [
        client_id
        for client_id in findings.reports
        if (own := tracker.find(client_id)) is not None and not own.dead and not own.unproven
    ]
    places = {order.order.stands_at for order in tracker.alive}
    altered, orphans, duplicates, foreign = [], [], [], []
    for listing in findings.orders:
        if listing.client_id is None or not ids.owns(listing.client_id):
            foreign.append(listing)
            continue
        own = tracker.find(listing.client_id)
        if own is None or (own.dead and own.since < findings.asked_at):
            orphans.append(listing)
            if _stands_at(listing) in places:
                duplicates.append(listing.client_id)
        elif not own.dead and _differs(own, listing, findings.asked_at):
            altered.append(listing.client_id)
    return Differences(tuple(missing), tuple(altered), tuple(orphans), tuple(duplicates), tuple(foreign))


def _stands_at(listing: OpenOrder) -> Decimal:
    return listing.limit if listing.trigger is None else listing.trigger


def _differs(own: OwnOrder, listing: OpenOrder, asked_at: int) -> bool:
    # A fill since the question has made the own order smaller than it was then; nothing makes it larger.
    smaller = listing.remaining < own.remaining
    larger = listing.remaining > own.remaining and own.filled_at < asked_at
    return smaller or larger or is_moved(own, listing)


def is_moved(own: OwnOrder, listing: OpenOrder) -> bool:
    """Whether an order works at another price than it was sent with."""
    if own.order.trigger is None:
        return listing.limit != own.order.limit
    return listing.trigger not in (None, own.order.trigger)


def covers_bare(orphan: OpenOrder, tracker: OrderTracker) -> bool:
    """Whether this order, which nobody remembers, is a stop while coins are held that no known one covers: a
    process may have died between sending it and writing it down, or have protected without books, when one
    stop is for the coins of several."""
    if not (orphan.reduce_only and orphan.trigger and orphan.side is Side.SELL):
        return False
    return tracker.stopped < tracker.strategy.protectable


def as_report(listing: OpenOrder) -> OrderReport:
    """A listing as the answer that the order works."""
    return OrderReport(
        listing.symbol,
        listing.order_id,
        listing.client_id,
        listing.side,
        OrderState.OPEN,
        OrderState.OPEN.value,
        listing.remaining,
        listing.remaining,
        listing.time,
    )
