"""Funding: the premium of each market, the rate that follows from it, and the payment of each full hour.

Hyperliquid docs, funding.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from hypertui.core.market import ZERO, Side
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.market.matching import Book
from hypertui.venue.market.volume import HOUR_MS
from hypertui.venue.model.events import Batch
from hypertui.venue.model.log import HistoryLog
from hypertui.venue.model.markets import MICRO, number, usd
from hypertui.venue.model.messages import exact, integer, items, mapping
from hypertui.venue.model.orders import Json

SAMPLE_MS = 5_000
KEPT_HOURS = 10_000
# What a trade of this many USD would cost on average, on either side, is a market's impact price.
IMPACT_VALUE = Decimal(20_000)
INTEREST = Decimal("0.0001")
WIDEST = Decimal("0.0005")
HOURS_PER_RATE = 8
HIGHEST_RATE = Decimal("0.04")
RATE_STEP = Decimal("0.0000000001")


def funding_rate(premium: Decimal) -> Decimal:
    """The rate of an hour with an average premium, both as fractions: positive means that longs pay."""
    pull = min(max(INTEREST - premium, -WIDEST), WIDEST)
    rate = (premium + pull) / HOURS_PER_RATE
    return min(max(rate, -HIGHEST_RATE), HIGHEST_RATE).quantize(RATE_STEP, rounding=ROUND_HALF_EVEN)


def impact_prices(book: Book) -> tuple[Decimal, Decimal] | None:
    """The prices at which a good deal could be sold and bought, or None where the book is too thin."""
    bid, ask = book.impact(Side.BUY, IMPACT_VALUE), book.impact(Side.SELL, IMPACT_VALUE)
    return None if bid is None or ask is None else (bid, ask)


def premium(book: Book) -> Decimal:
    """How far the book trades above (below) the oracle, as a fraction of it; 0 while the oracle lies between
    the impact prices."""
    prices = impact_prices(book)
    if prices is None:
        return ZERO
    bid, ask = prices
    return (max(bid - book.mark, ZERO) - max(book.mark - ask, ZERO)) / book.mark


class PremiumMeter:
    """The premiums of one market within the present hour, and the rates of the past ones."""

    def __init__(self) -> None:
        self.history = HistoryLog(KEPT_HOURS)
        self.latest = ZERO
        self._sum = ZERO
        self._count = 0

    @property
    def average(self) -> Decimal:
        """The mean premium of the hour so far."""
        return self._sum / self._count if self._count else ZERO

    @property
    def rate(self) -> Decimal:
        """The rate that the hour would have if it ended now."""
        return funding_rate(self.average)

    def sample(self, value: Decimal) -> None:
        """Count one more premium."""
        self.latest = value
        self._sum += value
        self._count += 1

    def close(self, symbol: str, time: int) -> Decimal:
        """End the hour at `time` (ms); returns its rate."""
        rate, average = self.rate, self.average.quantize(RATE_STEP, rounding=ROUND_HALF_EVEN)
        row = {"coin": symbol, "fundingRate": number(rate), "premium": number(average), "time": time}
        self.history.append(row)
        self._sum, self._count = ZERO, 0
        return rate

    def dump(self) -> Json:
        """The hour so far and the past ones, for JSON."""
        return {
            "latest": f"{self.latest:f}",
            "sum": f"{self._sum:f}",
            "count": self._count,
            "history": list(self.history),
        }

    def restore(self, state: Json) -> None:
        """Count on from what `dump` made; raises MalformedError."""
        self.latest, self._sum = exact(state, "latest"), exact(state, "sum")
        self._count = integer(state, "count")
        self.history.extend(items(state, "history"))


class Funding:
    """`accounts` belongs to the core, `now` is the time (ms) at which the venue begins."""

    def __init__(self, books: Mapping[str, Book], accounts: Mapping[str, Account], now: int) -> None:
        self.meters = {symbol: PremiumMeter() for symbol in books}
        self._books = books
        self._accounts = accounts
        self._hour = now // HOUR_MS
        self._sampled_at = now

    def tick(self, batch: Batch) -> bool:
        """Sample the premiums, and pay for each full hour that is over; says whether one was."""
        paid = False
        while self._hour < batch.time // HOUR_MS:
            self._hour += 1
            paid = True
            self.pay(self._hour * HOUR_MS, batch)
        if batch.time >= self._sampled_at + SAMPLE_MS:
            self._sampled_at = batch.time
            for symbol, book in self._books.items():
                self.meters[symbol].sample(premium(book))
        return paid

    def pay(self, time: int, batch: Batch) -> None:
        """Pay every position for the hour that ends at `time` (ms)."""
        for symbol, book in self._books.items():
            rate = self.meters[symbol].close(symbol, time)
            for holder in book.holders:
                self._pay(self._accounts[holder], book, rate, time, batch)

    def dump(self) -> Json:
        """For JSON."""
        return {
            "hour": self._hour,
            "sampled_at": self._sampled_at,
            "meters": {symbol: meter.dump() for symbol, meter in self.meters.items()},
        }

    def restore(self, state: Json) -> None:
        """Go on from what `dump` made; raises MalformedError."""
        self._hour, self._sampled_at = integer(state, "hour"), integer(state, "sampled_at")
        meters = mapping(state, "meters")
        for symbol, meter in self.meters.items():
            meter.restore(mapping(meters, symbol))

    def _pay(self, account: Account, book: Book, rate: Decimal, time: int, batch: Batch) -> None:
        symbol = book.market.symbol
        size = account.size(symbol)
        amount = -(size * book.mark * rate).quantize(MICRO, rounding=ROUND_HALF_EVEN)
        account.pay_funding(symbol, amount)
        entry = {
            "time": time,
            "coin": symbol,
            "usdc": usd(amount),
            "szi": number(size),
            "fundingRate": number(rate),
            "nSamples": None,
        }
        account.funding.append(entry)
        batch.funding.setdefault(account.address, []).append(entry)
