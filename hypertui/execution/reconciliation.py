"""Reconciliation: what the tracker believes to work against what works at the venue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypertui.exchange import Exchange, OpenOrder
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import ClientIds
from hypertui.market import Fill

_FILLS_MARGIN_MS = 60_000


@dataclass(frozen=True, slots=True)
class Findings:
    """The venue's working orders and recent fills, asked for at `asked_at` (ms)."""

    asked_at: int
    orders: Sequence[OpenOrder]
    fills: Sequence[Fill]


async def look(exchange: Exchange, symbol: str, since: int, clock: Callable[[], int]) -> Findings:
    """Ask the venue for working orders and for fills at or after `since`."""
    asked_at = clock()
    orders = await exchange.open_orders(symbol)
    fills = await exchange.fills_since(symbol, since - _FILLS_MARGIN_MS)
    return Findings(asked_at, orders, fills)


@dataclass(frozen=True, slots=True)
class Differences:
    """What does not agree: own orders that should work and were not listed, own ids that work and should not,
    and orders of somebody else."""

    missing: int
    orphans: tuple[str, ...]
    foreign: tuple[OpenOrder, ...]


def compare(findings: Findings, tracker: OrderTracker, ids: ClientIds, now: int) -> Differences:
    """Have every missing order asked for, and say what else differs."""
    listed = {order.client_id.lower() for order in findings.orders if order.client_id is not None}
    missing = 0
    for order in tracker.alive:
        # One sent or acknowledged after the question proves nothing by its absence.
        works = order.acknowledged and order.since < findings.asked_at and not order.unproven
        if works and order.client_id not in listed:
            tracker.on_missing(order, now)
            missing += 1
    orphans, foreign = [], []
    for listing in findings.orders:
        if not ids.owns(listing.client_id):
            foreign.append(listing)
        elif (own := tracker.find(listing.client_id)) is None or (own.dead and own.since < findings.asked_at):
            orphans.append(str(listing.client_id))
    return Differences(missing, tuple(orphans), tuple(foreign))
