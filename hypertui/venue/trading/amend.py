"""Modifying an order: the old one is cancelled and a new one placed.

Hyperliquid docs, modify an order, and what was measured on its testnet in 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypertui.venue.accounts.accounts import Account
from hypertui.venue.market.matching import Book
from hypertui.venue.model.events import Batch
from hypertui.venue.model.order_results import Outcome, RefusedResult
from hypertui.venue.model.orders import OrderTerms, Tif, VenueOrder
from hypertui.venue.trading.checks import crossing
from hypertui.venue.trading.order_entry import OrderEntry

GONE = "Cannot modify canceled or filled order"
INVALID = "Attempted to modify to invalid new order"
FAILED = "Error placing new order during modify: "


class Amendments:
    """Modifies orders of the desk."""

    def __init__(self, desk: OrderEntry, books: Mapping[str, Book]) -> None:
        self._desk = desk
        self._books = books

    def modify(
        self, account: Account, key: int | str, request: OrderTerms, batch: Batch, *, always: bool
    ) -> Outcome | str:
        """Replace the order with an order id or client order id. Unless it is to be placed `always`, the new
        one must be a limit order that rests, and the old one must still work; returns the refusal's text
        where there is no new order."""
        asset = f" asset={request.market.asset}"
        old = account.find_order(key)
        if old is not None and not old.live:
            old = None
        if not always:
            if old is None:
                return GONE + asset
            if request.tif not in (Tif.GTC, Tif.ALO) or request.market.asset != old.request.market.asset:
                return INVALID + asset
        request = _inherit(request, old)
        if old is not None:
            self._desk.orders.end(old, "canceled", batch)
        if not always:
            refusal = crossing(request, self._books[request.market.symbol])
            if refusal is not None:
                order = self._desk.orders.begin(account, request, batch)
                self._desk.orders.end(order, refusal.status, batch)
                return refusal.text + asset
        outcome = self._desk.place(account, request, batch)
        if isinstance(outcome, RefusedResult):
            return FAILED + outcome.text
        return outcome


def _inherit(request: OrderTerms, old: VenueOrder | None) -> OrderTerms:
    """The new order keeps the old one's client order id, and its builder."""
    if old is None:
        return request
    cloid = old.request.cloid if request.cloid is None else request.cloid
    builder = old.request.builder if request.builder is None else request.builder
    return replace(request, cloid=cloid, builder=builder)
