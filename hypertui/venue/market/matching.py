"""One market's book: the accounts' resting orders by price and time, and liquidity around the path."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from heapq import merge

from hypertui.core.market import ONE, ZERO, Side
from hypertui.venue.market.candles import Candles
from hypertui.venue.market.liquidity import LiquidityLadder, LiquidityLevel, fresh_quotes
from hypertui.venue.market.price_levels import Shelf, TriggerShelf
from hypertui.venue.market.volume import HOUR_MS, Volume
from hypertui.venue.model.markets import Market
from hypertui.venue.model.messages import address, boolean, exact, integer, integers, items, mapping
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.model.orders import Json, VenueOrder

RECENT_TRADES = 30
SHOWN_LEVELS = 20


@dataclass(frozen=True, slots=True)
class Match:
    """What a taker finds first: an account's resting order, or synthetic liquidity."""

    price: Decimal
    size: Decimal
    source: VenueOrder | LiquidityLevel


@dataclass(slots=True)
class BookLevel:
    """One price of the book as shown: coins and number of orders."""

    price: Decimal
    size: Decimal
    count: int


class Book:
    """`mark` is the path's price, which serves as mark, oracle and middle of the synthetic liquidity.

    `holders` are the addresses with a position, `longs` and `shorts` the coins of these together. `triggers`
    are the orders that wait for a price. A `capped` market lets no position grow, a
    `closed` one trades no more.
    """

    def __init__(self, market: Market, options: VenueOptions, price: Decimal) -> None:
        self.market = market
        self.mark = market.round_mark(price)
        self.last: Decimal | None = None
        self.volume = Volume()
        self.candles = Candles(market.symbol)
        self.recent: deque[Json] = deque(maxlen=RECENT_TRADES)
        self.triggers = TriggerShelf()
        self.holders: dict[str, None] = {}
        self.longs = self.shorts = ZERO
        self.capped = False
        self.closed = False
        self._share = ONE
        self._opens: deque[tuple[int, Decimal]] = deque()
        self._options = options
        self._resting = {side: Shelf(side) for side in Side}
        self._ladders: dict[Side, LiquidityLadder] = {}

    def move(self, price: Decimal, now: int) -> None:
        """Take a new price of the path; the synthetic liquidity is fresh again around it."""
        hour = now // HOUR_MS
        if not self._opens:
            self._opens.append((hour, self.mark))
        self.mark = self.market.round_mark(price)
        self._ladders.clear()
        if self._opens[-1][0] != hour:
            self._opens.append((hour, self.mark))
            while self._opens[0][0] < hour - 24:
                self._opens.popleft()

    def offer(self, share: Decimal) -> None:
        """Offer that share of the usual synthetic liquidity from now on."""
        if share != self._share:
            self._share = share
            self._ladders.clear()

    @property
    def day_open(self) -> Decimal:
        """The first mark of the hour a day ago, or the first one ever if that is later."""
        return self._opens[0][1] if self._opens else self.mark

    @property
    def open_interest(self) -> Decimal:
        """The coins held. Each contract has two sides: whatever the accounts leave over, the synthetic
        liquidity holds."""
        return max(self.longs, self.shorts)

    def hold(self, address: str, before: Decimal, after: Decimal) -> None:
        """Know that the position of an address has changed."""
        self.longs += max(after, ZERO) - max(before, ZERO)
        self.shorts += max(-after, ZERO) - max(-before, ZERO)
        if after:
            self.holders[address] = None
        else:
            self.holders.pop(address, None)

    def rest(self, order: VenueOrder) -> None:
        """Queue an order behind those at its price."""
        order.resting = True
        self._resting[order.side].add(order)

    def remove(self, order: VenueOrder) -> None:
        """Take an order out of the book and from the waiting triggers; one that is not there is no error."""
        if order.resting:
            order.resting = False
            self._resting[order.side].remove(order)
        else:
            self.triggers.remove(order)

    def passed(self) -> tuple[VenueOrder, ...]:
        """Resting orders that the path has reached, in the order in which it fills them."""
        return (*self._resting[Side.BUY].reached(self.mark), *self._resting[Side.SELL].reached(self.mark))

    def best_against(self, side: Side, limit: Decimal | None) -> Match | None:
        """The first counterparty of a taker of `side` within `limit` (None: at any price). At one price the
        accounts' orders come before synthetic liquidity."""
        other = Side.SELL if side is Side.BUY else Side.BUY
        order = self._resting[other].best()
        quote = self._ladder(other).top()
        best: Match | None = None
        if order is not None:
            best = Match(order.limit, order.remaining, order)
        if quote is not None and (best is None or _better(other, quote.price, best.price)):
            best = Match(quote.price, quote.size, quote)
        if best is None or (limit is not None and _better(side, best.price, limit)):
            return None
        return best

    def best(self, side: Side) -> Decimal | None:
        """The best price of a side, or None while it is empty."""
        match = self.best_against(Side.SELL if side is Side.BUY else Side.BUY, None)
        return None if match is None else match.price

    @property
    def middle(self) -> Decimal | None:
        """Between the best prices; None while a side is empty."""
        bid, ask = self.best(Side.BUY), self.best(Side.SELL)
        return None if bid is None or ask is None else (bid + ask) / 2

    @property
    def mid(self) -> Decimal:
        """Between the best prices; the last trade, else the mark, while a side is empty."""
        middle = self.middle
        if middle is not None:
            return middle
        return self.mark if self.last is None else self.last

    def levels(
        self, side: Side, figures: int | None = None, mantissa: int = 1, count: int = SHOWN_LEVELS
    ) -> list[BookLevel]:
        """The book's prices of a side, best first, at most `count`; with `figures`, prices are widened to so
        many significant ones (in steps of `mantissa` in the last)."""
        levels: list[BookLevel] = []
        for price, size in self._offers(side):
            shown = price if figures is None else _widen(price, side, figures, mantissa)
            if levels and levels[-1].price == shown:
                levels[-1].size += size
                levels[-1].count += 1
            elif len(levels) == count:
                break
            else:
                levels.append(BookLevel(shown, size, 1))
        return levels

    def impact(self, side: Side, value: Decimal) -> Decimal | None:
        """The average price at which `value` USD could be traded against a side, or None if it could not."""
        left, size = value, ZERO
        for level in self.levels(side):
            part = min(left, level.price * level.size)
            size += part / level.price
            left -= part
            if left <= 0:
                return self.market.round_mark(value / size)
        return None

    def dump(self) -> Json:
        """The market as it stands, for JSON, without the candles that are over: orders by their ids, and what
        is left of the synthetic liquidity wherever somebody has looked at it."""
        return {
            "mark": f"{self.mark:f}",
            "last": None if self.last is None else f"{self.last:f}",
            "capped": self.capped,
            "closed": self.closed,
            "opens": [{"hour": hour, "price": f"{price:f}"} for hour, price in self._opens],
            "volume": self.volume.dump(),
            "candles": self.candles.dump(),
            "recent": list(self.recent),
            "holders": [{"address": holder} for holder in self.holders],
            "resting": {side: [order.oid for order in orders] for side, orders in self._resting.items()},
            "liquidity": {
                side: [
                    {"price": f"{quote.price:f}", "size": f"{quote.size:f}"}
                    for quote in self._ladders[side].all()
                ]
                for side in Side
                if side in self._ladders
            },
        }

    def restore(self, state: Json, closed: Json, working: Mapping[int, VenueOrder]) -> None:
        """Stand where the book stood when `dump` made `state`, with the candles that were over. Raises
        MalformedError, and KeyError for an order that is not among the `working` ones."""
        self.mark = exact(state, "mark")
        self.last = None if state.get("last") is None else exact(state, "last")
        self.capped = boolean(state, "capped")
        self.closed = boolean(state, "closed")
        self._opens.extend((integer(item, "hour"), exact(item, "price")) for item in items(state, "opens"))
        self.volume.restore(items(state, "volume"))
        self.candles.restore(mapping(state, "candles"), closed)
        self.recent.extend(items(state, "recent"))
        self.holders = {address(item, "address"): None for item in items(state, "holders")}
        resting, liquidity = mapping(state, "resting"), mapping(state, "liquidity")
        for side in Side:
            for oid in integers(resting, side):
                self.rest(working[oid])
            if side in liquidity:
                quotes = [
                    LiquidityLevel(exact(item, "price"), exact(item, "size"))
                    for item in items(liquidity, side)
                ]
                self._ladders[side] = LiquidityLadder(iter(quotes))

    def _offers(self, side: Side) -> Iterator[tuple[Decimal, Decimal]]:
        """Price and size of everything on a side, best first, read only as far as somebody asks."""
        orders = ((order.limit, order.remaining) for order in self._resting[side])
        quotes = ((quote.price, quote.size) for quote in self._ladder(side).all())
        return merge(orders, quotes, key=lambda offer: offer[0], reverse=side is Side.BUY)

    def _ladder(self, side: Side) -> LiquidityLadder:
        if side not in self._ladders:
            self._ladders[side] = LiquidityLadder(
                fresh_quotes(self._options, self.market, side, self.mark, self._share)
            )
        return self._ladders[side]


def _better(side: Side, price: Decimal, than: Decimal) -> bool:
    """Whether `price` stands before `than` on a side of the book; for a taker of the other side: is worse."""
    return price > than if side is Side.BUY else price < than


def _widen(price: Decimal, side: Side, figures: int, mantissa: int) -> Decimal:
    step = ONE.scaleb(price.adjusted() - figures + 1) * mantissa
    whole = (price / step).to_integral_value(rounding=ROUND_FLOOR if side is Side.BUY else ROUND_CEILING)
    return whole * step
