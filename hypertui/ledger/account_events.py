"""One time-ordered stream of fills, funding, transfers and steps across markets, read lazily."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from hypertui.core.market import ZERO
from hypertui.core.transfers import amount_of
from hypertui.journal.history import AccountMarket, History
from hypertui.journal.records import FundingRecord, StepRecord, TradeRecord, TransferRecord
from hypertui.journal.rows import BookedFill
from hypertui.ledger.derivation import derive


@dataclass(frozen=True, slots=True)
class Flow:
    """A deposit (negative: a withdrawal) in USD; `amount` is None for a transfer that is not understood."""

    record: TransferRecord
    amount: Decimal | None

    @property
    def to_spot(self) -> Decimal:
        """What of it went to the account's own spot wallet (USD)."""
        if self.record.kind != "accountClassTransfer" or self.amount is None:
            return ZERO
        return max(-self.amount, ZERO)


What: TypeAlias = Flow | BookedFill | FundingRecord | StepRecord
Event: TypeAlias = tuple[int, int, AccountMarket, What]  # time, rank within it, market, what

_FLOW, _FILL, _FUNDING, _STEP = range(4)


def events(history: History, markets: Mapping[AccountMarket, Sequence[TradeRecord]]) -> Iterator[Event]:
    """All events of the markets in the order of time; transfers once for each account."""
    streams: list[Iterator[Event]] = []
    accounts: dict[str, AccountMarket] = {}
    for market, trades in markets.items():
        streams += [
            _fills(history, market, trades),
            _funding(history, market, trades),
            _steps(history, market, trades),
        ]
        accounts.setdefault(market.account, market)
    for account, first in accounts.items():
        own = [trade for market, trades in markets.items() if market.account == account for trade in trades]
        streams.append(_flows(history, first, own))
    return heapq.merge(*streams, key=lambda event: event[:2])


def flows(history: History, account: str, trades: Sequence[TradeRecord]) -> list[Flow]:
    """An account's transfers, oldest first, each once however many trades have seen it."""
    seen: dict[tuple[int, str, int], TransferRecord] = {}
    for trade in trades:
        for row in history.transfers(trade.id):
            seen.setdefault((row.time, row.hash, row.number), row)
    return [Flow(row, amount_of(row.kind, row.delta, account)) for _, row in sorted(seen.items())]


def payments(history: History, trades: Sequence[TradeRecord]) -> list[FundingRecord]:
    """A market's funding, oldest first, each payment once: a rebuilt trade journals those of the one before
    again. The venue pays once an hour, so these are few."""
    seen: dict[int, FundingRecord] = {}
    for trade in trades:
        for row in history.funding(trade.id):
            seen.setdefault(row.time, row)
    return [row for _, row in sorted(seen.items())]


def _flows(history: History, market: AccountMarket, trades: Sequence[TradeRecord]) -> Iterator[Event]:
    for flow in flows(history, market.account, trades):
        yield flow.record.time, _FLOW, market, flow


def _fills(history: History, market: AccountMarket, trades: Sequence[TradeRecord]) -> Iterator[Event]:
    for booked in derive(history.market_fills(trades)):
        yield booked.fill.time, _FILL, market, booked


def _funding(history: History, market: AccountMarket, trades: Sequence[TradeRecord]) -> Iterator[Event]:
    for row in payments(history, trades):
        yield row.time, _FUNDING, market, row


def _steps(history: History, market: AccountMarket, trades: Sequence[TradeRecord]) -> Iterator[Event]:
    for trade in trades:
        for row in history.steps(trade.id):
            yield row.at, _STEP, market, row
