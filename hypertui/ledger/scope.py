"""The scope of a report: markets, trade and time range."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from hypertui.journal.history import AccountMarket, History
from hypertui.journal.records import FillRecord, TradeRecord

FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class Scope:
    """A journal, filtered; None does not filter. `since` (included) and `until` (excluded) in ms. Lots
    and PnL are always worked out from a market's first fill on; the scope decides what is shown of it."""

    history: History
    network: str
    account: str | None = None
    symbol: str | None = None
    trade: str | None = None
    since: int = 0
    until: int = FOREVER

    def markets(self) -> dict[AccountMarket, list[TradeRecord]]:
        """The markets with all their trades, oldest first."""
        found: dict[AccountMarket, list[TradeRecord]] = {}
        for trade in self.history.trades():
            if trade.network == self.network:
                found.setdefault(AccountMarket.of(trade), []).append(trade)
        return {
            market: trades
            for market, trades in sorted(found.items())
            if self.account in (None, market.account)
            and self.symbol in (None, market.symbol)
            and (self.trade is None or any(trade.id == self.trade for trade in trades))
        }

    def trades(self) -> Iterator[TradeRecord]:
        """The trades themselves, oldest first."""
        chosen = [trade for trades in self.markets().values() for trade in trades]
        for trade in sorted(chosen, key=lambda trade: (trade.started_at, trade.id)):
            if self.trade in (None, trade.id):
                yield trade

    def within(self, at: int) -> bool:
        """Whether a time (ms) belongs to it."""
        return self.since <= at < self.until

    def shows(self, fill: FillRecord) -> bool:
        """Whether a fill belongs to it."""
        return self.within(fill.time) and self.trade in (None, fill.trade_id)


def iso(ms: int) -> str:
    """A time as text, UTC, to the millisecond."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day_of(ms: int) -> str:
    """The UTC day of a time."""
    return datetime.fromtimestamp(ms // 1000, UTC).date().isoformat()


def hour_of(ms: int) -> int:
    """The hour of the day (0 to 23, UTC) of a time."""
    return ms // 3_600_000 % 24
