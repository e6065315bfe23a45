"""What an order must satisfy to be accepted, each with the status and the words of its refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import Side
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.accounts.margin import MarginRules
from hypertui.venue.market.matching import Book
from hypertui.venue.model.markets import number
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.model.orders import OrderTerms, Tif

# 1,000 open orders, and one more for each of these USD traded. Hyperliquid docs, rate limits.
OPEN_ORDER_LIMIT = 1_000
MOST_OPEN_ORDERS = 5_000
VOLUME_PER_ORDER = Decimal(5_000_000)
FURTHEST_PRICE = Decimal("0.95")
TOO_FAR = "Order price cannot be more than 95% away from the reference price"
WRONG_TRIGGERS = "Unexpected number of trigger orders"


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """`status` is what the order ends as, `text` what the answer says."""

    status: str
    text: str


@dataclass(frozen=True, slots=True)
class Placement:
    """An order about to be placed, and what it is checked against."""

    account: Account
    request: OrderTerms
    book: Book
    marks: Mapping[str, Decimal]


def too_far(request: OrderTerms, mark: Decimal) -> bool:
    """Whether the limit price is absurdly far from the mark; the venue refuses the whole batch for it."""
    return request.limit > 0 and abs(request.limit - mark) > mark * FURTHEST_PRICE


class Checks:
    """The checks in the order in which they are made; the first one that fails decides."""

    def __init__(self, options: VenueOptions, rules: MarginRules) -> None:
        self._options = options
        self._rules = rules
        # Asked whether only post-only orders are accepted just now; for faults.
        self.post_only: Callable[[], bool] = lambda: False
        self._shape = (self._size, self._price, self._client_id, self._minimum)
        self._all: tuple[Callable[[Placement], CheckFailure | None], ...] = (
            *self._shape,
            self._upgrade,
            self._trigger,
            self._reduce_only,
            self._order_count,
            self._open_interest,
            self._post_only,
            self._tier,
            self._margin,
        )

    def refusal(
        self, account: Account, request: OrderTerms, book: Book, marks: Mapping[str, Decimal]
    ) -> CheckFailure | None:
        """Why the order may not be placed, or None. The text ends with the asset, as on the real exchange."""
        placement = Placement(account, request, book, marks)
        for check in self._all:
            refusal = check(placement)
            if refusal is not None:
                return CheckFailure(refusal.status, f"{refusal.text} asset={request.market.asset}")
        return None

    def bracket(
        self,
        account: Account,
        parent: OrderTerms,
        children: Sequence[OrderTerms],
        book: Book,
        marks: Mapping[str, Decimal],
    ) -> str | None:
        """Why an order and its take-profit and stop-loss orders may not be placed together, or None.

        The triggers are compared with the price at which the parent would fill: its own, or the mark where
        that is better. While only post-only orders are accepted, none with triggers is.
        """
        asset = f" asset={parent.market.asset}"
        kinds = [child.trigger.tpsl for child in children if child.trigger is not None]
        if parent.trigger is not None or len(kinds) != len(children) or sorted(kinds) not in _BRACKETS:
            return WRONG_TRIGGERS + asset
        best = min if parent.side is Side.BUY else max
        entry = best(parent.limit, book.mark)
        for child in children:
            if not child.reduce_only or child.side is parent.side or child.market is not parent.market:
                return f"TP/SL orders must reduce the position of their parent.{asset}"
            placement = Placement(account, child, book, marks)
            for check in (*self._shape, self._upgrade):
                refusal = check(placement)
                if refusal is not None:
                    return refusal.text + asset
            if not self._may_wait(child, entry):
                return INVALID_TRIGGER + asset
        return None

    def position_group(self, requests: Sequence[OrderTerms]) -> str | None:
        """Why orders are no take-profit and stop-loss orders of one position, or None."""
        first = requests[0].market
        asset = f" asset={first.asset}"
        kinds = [request.trigger.tpsl for request in requests if request.trigger is not None]
        if len(kinds) != len(requests) or sorted(kinds) not in _BRACKETS:
            return WRONG_TRIGGERS + asset
        if any(not each.reduce_only or each.market is not first for each in requests):
            return f"TP/SL orders must reduce their position.{asset}"
        return None

    def _size(self, placement: Placement) -> CheckFailure | None:
        request = placement.request
        if request.size == 0:
            # All of the position, whatever it is when the trigger fires.
            return None if request.position_tpsl else CheckFailure("rejected", "Order has zero size.")
        if not request.market.instrument.is_size(request.size):
            return CheckFailure("rejected", "Order has invalid size.")
        return None

    def _price(self, placement: Placement) -> CheckFailure | None:
        request = placement.request
        trigger = request.trigger
        prices = (request.limit,) if trigger is None else (request.limit, trigger.price)
        if any(price <= 0 for price in prices):
            return CheckFailure("rejected", "Order has invalid price.")
        if not all(request.market.instrument.is_price(price) for price in prices):
            return CheckFailure("tickRejected", "Price must be divisible by tick size.")
        return None

    def _client_id(self, placement: Placement) -> CheckFailure | None:
        cloid = placement.request.cloid
        if not self._options.unique_client_ids or cloid is None:
            return None
        known = placement.account.by_cloid.get(cloid)
        if known is not None and known.live:
            return CheckFailure("rejected", "Client order id is in use by an open order.")
        return None

    def _minimum(self, placement: Placement) -> CheckFailure | None:
        request = placement.request
        minimum = request.market.instrument.min_order_value
        if request.size * request.limit >= minimum or (request.position_tpsl and not request.size):
            return None
        reducible = placement.account.reducible(request.market.symbol, request.side)
        if request.reduce_only and 0 < reducible <= request.size:
            return None
        return CheckFailure("minTradeNtlRejected", f"Order must have minimum value of ${minimum}.")

    def _trigger(self, placement: Placement) -> CheckFailure | None:
        if placement.request.trigger is None:
            return None
        reference = placement.book.mark if self._options.trigger_reference == "mark" else placement.book.mid
        if self._may_wait(placement.request, reference):
            return None
        return CheckFailure("badTriggerPxRejected", INVALID_TRIGGER)

    def _may_wait(self, request: OrderTerms, reference: Decimal) -> bool:
        """Whether a trigger may be placed while the price is at `reference`."""
        trigger = request.trigger
        if trigger is None:
            return False
        if self._options.passed_trigger == "reject" and trigger.fires(request.side, reference):
            return False
        may_miss = trigger.tpsl == "tp" and self._options.tp_limit_side == "any"
        return may_miss or not trigger.is_market or _reaches(request, trigger.price)

    def _reduce_only(self, placement: Placement) -> CheckFailure | None:
        request = placement.request
        if not request.reduce_only or placement.account.reducible(request.market.symbol, request.side) > 0:
            return None
        if request.trigger is not None and self._options.flat_reduce_only_trigger == "keep":
            return None
        return CheckFailure("reduceOnlyRejected", "Reduce only order would increase position.")

    def _upgrade(self, placement: Placement) -> CheckFailure | None:
        if placement.request.tif is Tif.ALO or not self.post_only():
            return None
        return CheckFailure("rejected", ONLY_POST_ONLY)

    def _order_count(self, placement: Placement) -> CheckFailure | None:
        request, account = placement.request, placement.account
        restricted = request.reduce_only or request.trigger is not None
        limit = min(OPEN_ORDER_LIMIT + int(account.volume / VOLUME_PER_ORDER), MOST_OPEN_ORDERS)
        count = len(account.open_orders)
        if count >= limit or (restricted and count >= OPEN_ORDER_LIMIT):
            return CheckFailure("tooManyOpenOrdersRejected", "Too many open orders.")
        return None

    def _open_interest(self, placement: Placement) -> CheckFailure | None:
        return capped(placement.account, placement.request, placement.request.size, placement.book)

    def _post_only(self, placement: Placement) -> CheckFailure | None:
        if placement.request.tif is not Tif.ALO:
            return None
        return crossing(placement.request, placement.book)

    def _tier(self, placement: Placement) -> CheckFailure | None:
        request = placement.request
        # As with margin, a trigger is asked when it fires.
        if request.trigger is not None or request.reduce_only:
            return None
        signed = request.side.sign * request.size
        symbol = request.market.symbol
        if self._rules.within_tier(placement.account, symbol, signed, placement.book.mark):
            return None
        return CheckFailure(
            "perpMaxPositionRejected",
            "Order would cause position to exceed margin tier limit at current leverage",
        )

    def _margin(self, placement: Placement) -> CheckFailure | None:
        request = placement.request
        # A trigger reserves nothing; margin is asked for when it fires. A reduce-only order never adds.
        if request.trigger is not None or request.reduce_only:
            return None
        signed = request.side.sign * request.size
        if self._rules.can_take_on(
            placement.account, request.market.symbol, signed, placement.marks, self._options.taker_fee
        ):
            return None
        return CheckFailure("perpMarginRejected", "Insufficient margin to place order.")


ONLY_POST_ONLY = "Only post-only orders allowed immediately after network upgrade"
INVALID_TRIGGER = "Invalid TP/SL price."
_BRACKETS = (["sl"], ["tp"], ["sl", "tp"])


def crossing(request: OrderTerms, book: Book) -> CheckFailure | None:
    """Why an order may not rest without trading, or None."""
    if book.best_against(request.side, request.limit) is None:
        return None
    bid, ask = book.best(Side.BUY), book.best(Side.SELL)
    sides = "@".join("" if price is None else number(price).removesuffix(".0") for price in (bid, ask))
    return CheckFailure(
        "badAloPxRejected", f"Post only order would have immediately matched, bbo was {sides}."
    )


def capped(account: Account, request: OrderTerms, size: Decimal, book: Book) -> CheckFailure | None:
    """Why `size` coins of an order may not trade in a market that has reached its open interest, or None."""
    held = account.size(request.market.symbol)
    if not book.capped or request.reduce_only or abs(held + request.side.sign * size) <= abs(held):
        return None
    flips = account.reducible(request.market.symbol, request.side) > 0
    return CheckFailure(
        f"position{'Flip' if flips else 'Increase'}AtOpenInterestCapRejected",
        "Order would increase open interest while open interest is capped",
    )


def unmatched(request: OrderTerms, book: Book) -> CheckFailure:
    """Why an order that had to trade at once did not trade at all."""
    is_market = request.tif is Tif.MARKET if request.trigger is None else request.trigger.is_market
    if is_market and book.best_against(request.side, None) is None:
        return CheckFailure("marketOrderNoLiquidityRejected", "No liquidity available for market order.")
    return CheckFailure("iocCancelRejected", "Order could not immediately match against any resting orders.")


def _reaches(request: OrderTerms, price: Decimal) -> bool:
    """Whether the limit allows to fill at `price`."""
    return request.limit >= price if request.side is Side.BUY else request.limit <= price
