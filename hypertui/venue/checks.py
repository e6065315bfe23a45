"""What an order must satisfy to be accepted, each with the status and the words of its refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from hypertui.market import Side
from hypertui.venue.accounts import Account, MarginRules
from hypertui.venue.markets import number
from hypertui.venue.matching import Book
from hypertui.venue.options import VenueOptions
from hypertui.venue.orders import OrderRequest, Tif

OPEN_ORDER_LIMIT = 1_000
FURTHEST_PRICE = Decimal("0.95")


@dataclass(frozen=True, slots=True)
class Refusal:
    """`status` is what the order ends as, `text` what the answer says."""

    status: str
    text: str


@dataclass(frozen=True, slots=True)
class Placement:
    """An order about to be placed, and what it is checked against."""

    account: Account
    request: OrderRequest
    book: Book
    marks: Mapping[str, Decimal]


def too_far(request: OrderRequest, mark: Decimal) -> bool:
    """Whether the limit price is absurdly far from the mark; the venue refuses the whole batch for it."""
    return request.limit > 0 and abs(request.limit - mark) > mark * FURTHEST_PRICE


class Checks:
    """The checks in the order in which they are made; the first one that fails decides."""

    def __init__(self, options: VenueOptions, rules: MarginRules) -> None:
        self._options = options
        self._rules = rules
        self._all: tuple[Callable[[Placement], Refusal | None], ...] = (
            self._size,
            self._price,
            self._client_id,
            self._minimum,
            self._trigger,
            self._reduce_only,
            self._open_interest,
            self._order_count,
            self._post_only,
            self._margin,
        )

    def refusal(
        self, account: Account, request: OrderRequest, book: Book, marks: Mapping[str, Decimal]
    ) -> Refusal | None:
        """Why the order may not be placed, or None. The text ends with the asset, as on the real exchange."""
        placement = Placement(account, request, book, marks)
        for check in self._all:
            refusal = check(placement)
            if refusal is not None:
                return Refusal(refusal.status, f"{refusal.text} asset={request.market.asset}")
        return None

    def _size(self, placement: Placement) -> Refusal | None:
        request = placement.request
        if request.size == 0:
            return Refusal("rejected", "Order has zero size.")
        if not request.market.instrument.is_size(request.size):
            return Refusal("rejected", "Order has invalid size.")
        return None

    def _price(self, placement: Placement) -> Refusal | None:
        request = placement.request
        trigger = request.trigger
        prices = (request.limit,) if trigger is None else (request.limit, trigger.price)
        if any(price <= 0 for price in prices):
            return Refusal("rejected", "Order has invalid price.")
        if not all(request.market.instrument.is_price(price) for price in prices):
            return Refusal("tickRejected", "Price must be divisible by tick size.")
        return None

    def _client_id(self, placement: Placement) -> Refusal | None:
        cloid = placement.request.cloid
        if not self._options.unique_client_ids or cloid is None:
            return None
        known = placement.account.by_cloid.get(cloid)
        if known is not None and known.live:
            return Refusal("rejected", "Client order id is in use by an open order.")
        return None

    def _minimum(self, placement: Placement) -> Refusal | None:
        request = placement.request
        minimum = request.market.instrument.min_order_value
        if request.size * request.limit >= minimum:
            return None
        reducible = placement.account.reducible(request.market.symbol, request.side)
        if request.reduce_only and 0 < reducible <= request.size:
            return None
        return Refusal("minTradeNtlRejected", f"Order must have minimum value of ${minimum}.")

    def _trigger(self, placement: Placement) -> Refusal | None:
        request, trigger = placement.request, placement.request.trigger
        if trigger is None:
            return None
        reference = placement.book.mark if self._options.trigger_reference == "mark" else placement.book.mid
        above = trigger.above(request.side)
        ahead = trigger.price > reference if above else trigger.price < reference
        # A market order must be allowed to fill at the price that wakes it.
        reaches = (
            request.limit >= trigger.price if request.side is Side.BUY else request.limit <= trigger.price
        )
        if ahead and (reaches or not trigger.is_market):
            return None
        return Refusal("badTriggerPxRejected", "Invalid TP/SL price.")

    def _reduce_only(self, placement: Placement) -> Refusal | None:
        request = placement.request
        if not request.reduce_only or placement.account.reducible(request.market.symbol, request.side) > 0:
            return None
        if request.trigger is not None and self._options.flat_reduce_only_trigger == "keep":
            return None
        return Refusal("reduceOnlyRejected", "Reduce only order would increase position.")

    def _open_interest(self, placement: Placement) -> Refusal | None:
        request = placement.request
        reducible = placement.account.reducible(request.market.symbol, request.side)
        if not placement.book.capped or request.reduce_only or request.size <= reducible:
            return None
        flips = "Flip" if reducible else "Increase"
        return Refusal(
            f"position{flips}AtOpenInterestCapRejected",
            "Order would increase open interest while open interest is capped",
        )

    def _order_count(self, placement: Placement) -> Refusal | None:
        request = placement.request
        restricted = request.reduce_only or request.trigger is not None
        if restricted and len(placement.account.open_orders) >= OPEN_ORDER_LIMIT:
            return Refusal("tooManyOpenOrdersRejected", "Too many open orders.")
        return None

    def _post_only(self, placement: Placement) -> Refusal | None:
        request, book = placement.request, placement.book
        if request.tif is not Tif.ALO or book.best_against(request.side, request.limit) is None:
            return None
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        sides = "@".join("" if price is None else number(price).removesuffix(".0") for price in (bid, ask))
        return Refusal(
            "badAloPxRejected", f"Post only order would have immediately matched, bbo was {sides}."
        )

    def _margin(self, placement: Placement) -> Refusal | None:
        request = placement.request
        # A trigger reserves nothing; margin is asked for when it fires. A reduce-only order never adds.
        if request.trigger is not None or request.reduce_only:
            return None
        signed = request.side.sign * request.size
        if self._rules.can_take_on(
            placement.account, request.market.symbol, signed, placement.marks, self._options.taker_fee
        ):
            return None
        return Refusal("perpMarginRejected", "Insufficient margin to place order.")
