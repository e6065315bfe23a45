"""One market's book: resting orders of accounts by price and time, and synthetic liquidity around the path.

The synthetic part is rebuilt with every price of the path; what takers have eaten stays eaten until then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import islice

from hypertui.market import ONE, ZERO, Side
from hypertui.venue.markets import Market
from hypertui.venue.options import VenueOptions
from hypertui.venue.orders import Json, VenueOrder
from hypertui.venue.wire import exact, integer, integers, items, mapping

RECENT_TRADES = 30
HOUR_MS = 3_600_000


@dataclass(slots=True)
class Quote:
    """Synthetic liquidity at one price, in coins; takers eat from its size."""

    price: Decimal
    size: Decimal


@dataclass(frozen=True, slots=True)
class Match:
    """What a taker finds first: an account's resting order, or synthetic liquidity."""

    price: Decimal
    size: Decimal
    source: VenueOrder | Quote


@dataclass(slots=True)
class Level:
    """One price of the book as shown: coins and number of orders."""

    price: Decimal
    size: Decimal
    count: int


class Ladder:
    """Synthetic liquidity of one side, best first. Made only as far as it is looked at: most prices of the
    path pass without anybody looking beyond the top."""

    def __init__(self, quotes: Iterator[Quote]) -> None:
        self._made: deque[Quote] = deque()
        self._rest = quotes

    def top(self) -> Quote | None:
        """The best price at which anything is left."""
        while self._made and not self._made[0].size:
            self._made.popleft()
        if not self._made:
            self._made.extend(islice(self._rest, 1))
        return self._made[0] if self._made else None

    def all(self) -> list[Quote]:
        """Every price at which anything is left."""
        self._made.extend(self._rest)
        return [quote for quote in self._made if quote.size]


class Volume:
    """Traded value (USD) and coins of the last 24 hours, by hour."""

    def __init__(self) -> None:
        self._hours: deque[tuple[int, Decimal, Decimal]] = deque()

    def add(self, now: int, size: Decimal, price: Decimal) -> None:
        """Count a trade at `now` (ms)."""
        hour = now // HOUR_MS
        if self._hours and self._hours[-1][0] == hour:
            _, value, coins = self._hours.pop()
            self._hours.append((hour, value + size * price, coins + size))
        else:
            self._hours.append((hour, size * price, size))

    def day(self, now: int) -> tuple[Decimal, Decimal]:
        """Value in USD and coins traded in the last 24 hours, to the hour."""
        while self._hours and self._hours[0][0] <= now // HOUR_MS - 24:
            self._hours.popleft()
        value = sum((value for _, value, _ in self._hours), ZERO)
        return value, sum((coins for _, _, coins in self._hours), ZERO)

    def dump(self) -> list[Json]:
        """The hours, oldest first, for JSON."""
        return [
            {"hour": hour, "value": f"{value:f}", "coins": f"{coins:f}"} for hour, value, coins in self._hours
        ]

    def restore(self, hours: list[Json]) -> None:
        """Count on from what `dump` made; raises MalformedError."""
        self._hours.extend(
            (integer(item, "hour"), exact(item, "value"), exact(item, "coins")) for item in hours
        )


class Book:
    """`mark` is the path's price, which serves as mark, oracle and middle of the synthetic liquidity."""

    def __init__(self, market: Market, options: VenueOptions, price: Decimal) -> None:
        self.market = market
        self.mark = market.round_mark(price)
        self._opens: deque[tuple[int, Decimal]] = deque()
        self.last: Decimal | None = None
        self.volume = Volume()
        self.recent: deque[Json] = deque(maxlen=RECENT_TRADES)
        # Set for faults: how much of the usual liquidity is offered, and whether positions may not grow.
        self._share = ONE
        self.capped = False
        # Trades no more, for ever.
        self.closed = False
        self._options = options
        self._resting: dict[Side, list[VenueOrder]] = {Side.BUY: [], Side.SELL: []}
        self._ladders: dict[Side, Ladder] = {}

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

    def rest(self, order: VenueOrder) -> None:
        """Queue an order behind those at its price."""
        orders = self._resting[order.side]
        index = len(orders)
        while index and _better(order.side, order.limit, orders[index - 1].limit):
            index -= 1
        orders.insert(index, order)

    def remove(self, order: VenueOrder) -> None:
        """Take an order out of the book; one that is not there is no error."""
        if order in self._resting[order.side]:
            self._resting[order.side].remove(order)

    def resting(self, side: Side) -> tuple[VenueOrder, ...]:
        """The accounts' resting orders of a side, best price first, oldest first at one price."""
        return tuple(self._resting[side])

    def passed(self) -> tuple[VenueOrder, ...]:
        """Resting orders that the path has reached, in the order in which it fills them."""
        bids = (order for order in self._resting[Side.BUY] if self.mark <= order.limit)
        asks = (order for order in self._resting[Side.SELL] if self.mark >= order.limit)
        return (*bids, *asks)

    def best_against(self, side: Side, limit: Decimal | None) -> Match | None:
        """The first counterparty of a taker of `side` within `limit` (None: at any price). At one price the
        accounts' orders come before synthetic liquidity."""
        other = Side.SELL if side is Side.BUY else Side.BUY
        orders = self._resting[other]
        quote = self._ladder(other).top()
        best: Match | None = None
        if orders:
            best = Match(orders[0].limit, orders[0].remaining, orders[0])
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
    def mid(self) -> Decimal:
        """Between the best prices; the last trade, else the mark, while a side is empty."""
        bid, ask = self.best(Side.BUY), self.best(Side.SELL)
        if bid is None or ask is None:
            return self.mark if self.last is None else self.last
        return (bid + ask) / 2

    def levels(self, side: Side, figures: int | None = None, mantissa: int = 1) -> list[Level]:
        """The book's prices of a side, best first, at most 20; with `figures`, prices are widened to so many
        significant ones (in steps of `mantissa` in the last)."""
        parts = [(order.limit, order.remaining) for order in self._resting[side]]
        parts += [(quote.price, quote.size) for quote in self._ladder(side).all()]
        parts.sort(key=lambda part: part[0], reverse=side is Side.BUY)
        levels: list[Level] = []
        for price, size in parts:
            shown = price if figures is None else _widen(price, side, figures, mantissa)
            if levels and levels[-1].price == shown:
                levels[-1].size += size
                levels[-1].count += 1
            else:
                levels.append(Level(shown, size, 1))
        return levels[:20]

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
        """The market as it stands, for JSON: orders by their ids, and what is left of the synthetic liquidity
        wherever somebody has looked at it."""
        return {
            "mark": f"{self.mark:f}",
            "closed": self.closed,
            "last": None if self.last is None else f"{self.last:f}",
            "opens": [{"hour": hour, "price": f"{price:f}"} for hour, price in self._opens],
            "volume": self.volume.dump(),
            "recent": list(self.recent),
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

    def restore(self, state: Json, working: Mapping[int, VenueOrder]) -> None:
        """Stand where the book stood when `dump` made `state`. Raises MalformedError, and KeyError for an
        order that is not among the `working` ones."""
        self.mark = exact(state, "mark")
        self.closed = state.get("closed") is True
        self.last = None if state.get("last") is None else exact(state, "last")
        self._opens.extend((integer(item, "hour"), exact(item, "price")) for item in items(state, "opens"))
        self.volume.restore(items(state, "volume"))
        self.recent.extend(items(state, "recent"))
        resting, liquidity = mapping(state, "resting"), mapping(state, "liquidity")
        for side in Side:
            self._resting[side] = [working[oid] for oid in integers(resting, side)]
            if side in liquidity:
                quotes = [Quote(exact(item, "price"), exact(item, "size")) for item in items(liquidity, side)]
                self._ladders[side] = Ladder(iter(quotes))

    def _ladder(self, side: Side) -> Ladder:
        if side not in self._ladders:
            self._ladders[side] = Ladder(self._quote(side))
        return self._ladders[side]

    def _quote(self, side: Side) -> Iterator[Quote]:
        options, instrument = self._options, self.market.instrument
        step = (options.depth_range - options.half_spread) / options.levels
        rounding = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
        value = options.depth * self._share / options.levels
        if not value:
            return
        merged: Quote | None = None
        for index in range(options.levels):
            away = options.half_spread + step * index
            price = instrument.round_price(self.mark * (ONE - side.sign * away), rounding)
            if price <= 0:
                break
            size = max(instrument.floor_size(value / price), instrument.lot)
            if merged is not None and merged.price == price:
                merged.size += size
                continue
            if merged is not None:
                yield merged
            merged = Quote(price, size)
        if merged is not None:
            yield merged


def _better(side: Side, price: Decimal, than: Decimal) -> bool:
    """Whether `price` stands before `than` on a side of the book; for a taker of the other side: is worse."""
    return price > than if side is Side.BUY else price < than


def _widen(price: Decimal, side: Side, figures: int, mantissa: int) -> Decimal:
    step = ONE.scaleb(price.adjusted() - figures + 1) * mantissa
    whole = (price / step).to_integral_value(rounding=ROUND_FLOOR if side is Side.BUY else ROUND_CEILING)
    return whole * step
