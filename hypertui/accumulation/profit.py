"""What an account's trades have made in a UTC day, by the ledger, and what the ledger rests on.

It may take long, and is to be worked out in a thread of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.accumulation import DAY
from hypertui.journal.fill_order import Key, key_of
from hypertui.journal.history import History
from hypertui.journal.records import TradeRecord
from hypertui.ledger.account_events import payments
from hypertui.ledger.reports.profit import statement
from hypertui.ledger.scope import FOREVER, Scope


@dataclass(frozen=True, slots=True)
class MarketDay:
    """What the journal has of a market: the stretches (ms) of the day in which a trade of it was open, and in
    these the fills and the times of the funding."""

    symbol: str
    open: tuple[range, ...]
    fills: frozenset[Key]
    funding: frozenset[int]

    def covers(self, at: int) -> bool:
        """Whether a trade was open at a time (ms)."""
        return any(at in stretch for stretch in self.open)


@dataclass(frozen=True, slots=True)
class DayProfit:
    """`net` is realised in the day, after fees, with the funding (USD). `trouble` says in words what of the
    ledger is not whole; empty where it is."""

    net: Decimal
    trouble: str
    markets: tuple[MarketDay, ...]


def day_profit(url: str, network: str, account: str, day: int) -> DayProfit:
    """Of the day that begins at `day` (ms), by the journal at `url`, which is only read. Raises
    JournalError, LedgerError among them."""
    with History.open(url) as history:
        scope = Scope(history, network, account, since=day, until=day + DAY)
        found = statement(scope)
        markets = tuple(
            _market_day(history, market.symbol, trades, day) for market, trades in scope.markets().items()
        )
    trouble = ""
    if found.unmatched or found.review:
        trouble = "the ledger of that day has something to review: hypertui ledger review"
    net = found.totals.pnl + found.totals.funding
    return DayProfit(net, trouble, tuple(market for market in markets if market.open))


def _market_day(history: History, symbol: str, trades: Sequence[TradeRecord], day: int) -> MarketDay:
    stretches = tuple(filter(None, (_open(trade, day) for trade in trades)))
    fills = (
        fill
        for trade in trades
        if _open(trade, day)
        for fill in history.fills_in_order(trade.id)
        if day <= fill.time < day + DAY
    )
    paid = (row.time for row in payments(history, trades) if day <= row.time < day + DAY)
    return MarketDay(symbol, stretches, frozenset(map(key_of, fills)), frozenset(paid))


def _open(trade: TradeRecord, day: int) -> range:
    """The part of the day in which a trade was open."""
    ended = FOREVER if trade.ended_at is None else trade.ended_at + 1
    return range(max(day, trade.started_at), min(day + DAY, ended))
