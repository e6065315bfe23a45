"""Samples: what a trade has come to each time that something was over, the unit that the leaderboard counts.

Of a ladder that is a *cycle*, because within one its sales are meant to be bought back: single sales lose by
design. What an ended trade had of its last cycle counts as one too, once it is flat. Of any other strategy it
is a *stay*: from the first coin until the market is flat again. Nothing that is open counts, whatever it is
worth just now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO
from hypertui.journal.records import FundingRecord, StepRecord, TradeRecord
from hypertui.journal.rows import BookedFill
from hypertui.ledger.account_events import events
from hypertui.ledger.reports.cycles import Cycles
from hypertui.ledger.scope import Scope

_IN_CYCLES = "ladder"


@dataclass(frozen=True, slots=True)
class TradeSample:
    """A cycle or a stay that is over, in USD: `gross` is what its closing fills realised before fees (first
    in, first out), `fees` the shares of both ways' fees that belong to the coins they closed. `source` is who
    was behind the fill that opened it, of a ladder that of its trade. `adds_up` is false where something of
    it waits for review. Times in ms."""

    trade: TradeRecord
    source: str
    began_at: int
    ended_at: int
    gross: Decimal
    fees: Decimal
    funding: Decimal
    adds_up: bool

    @property
    def net(self) -> Decimal:
        """After fees, with funding."""
        return self.gross - self.fees + self.funding


@dataclass(slots=True)
class _Running:
    """What is not over yet."""

    began_at: int
    source: str = ""
    last_at: int = 0
    closings: int = 0
    gross: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    adds_up: bool = True
    is_flat: bool = False


class Samples:
    """Fed in the order of time, trade beside trade, with all fills, funding and ends of cycles from the first
    on; `over` are those that have ended, in that order."""

    def __init__(self, trades: Iterable[TradeRecord]) -> None:
        self.over: list[TradeSample] = []
        self._trades = {trade.id: trade for trade in trades}
        self._running: dict[str, _Running] = {}
        self._openers: dict[str, str] = {}  # who opened each trade

    def on_fill(self, booked: BookedFill) -> None:
        fill = booked.fill
        running = self._of(fill.trade_id, fill.time)
        running.last_at = fill.time
        running.closings += bool(booked.allocations)
        running.is_flat = not booked.position
        running.adds_up &= all(row.is_dust for row in booked.review)
        for row in booked.allocations:
            running.gross += row.gross_pnl
            running.fees += row.open_fee + row.close_fee
        opened = fill.size - booked.unmatched - sum((row.size for row in booked.allocations), ZERO)
        if not self._is_in_cycles(fill.trade_id) and (running.is_flat or (booked.allocations and opened)):
            self._end(fill.trade_id, fill.time)
        if opened:  # what has turned round has begun anew with the same fill
            self._openers.setdefault(fill.trade_id, fill.source)
            running = self._of(fill.trade_id, fill.time)
            running.source = running.source or fill.source

    def on_funding(self, paid: FundingRecord) -> None:
        self._of(paid.trade_id, paid.time).funding += paid.amount

    def on_cycle_end(self, trade_id: str, at: int) -> None:
        if self._is_in_cycles(trade_id):
            self._end(trade_id, at)

    def close(self, until: int) -> None:
        """Nothing more comes before `until` (ms): what ended with its trade is over."""
        for trade_id, running in list(self._running.items()):
            ended = self._trades[trade_id].ended_at
            if ended is not None and ended < until and running.is_flat:
                self._end(trade_id, running.last_at)
        self.over.sort(key=lambda sample: sample.ended_at)

    def within(self, scope: Scope) -> Iterator[TradeSample]:
        """Those that ended within a scope."""
        for sample in self.over:
            if scope.within(sample.ended_at) and scope.trade in (None, sample.trade.id):
                yield sample

    def _of(self, trade_id: str, at: int) -> _Running:
        return self._running.setdefault(trade_id, _Running(at))

    def _end(self, trade_id: str, at: int) -> None:
        running = self._running.get(trade_id)
        if running is None or not running.closings:
            return  # nothing that could count: what was paid goes on to the next
        del self._running[trade_id]
        source = self._openers.get(trade_id, "") if self._is_in_cycles(trade_id) else running.source
        self.over.append(
            TradeSample(
                self._trades[trade_id],
                source,
                running.began_at,
                at,
                running.gross,
                running.fees,
                running.funding,
                running.adds_up,
            )
        )

    def _is_in_cycles(self, trade_id: str) -> bool:
        return self._trades[trade_id].settings.get("strategy") == _IN_CYCLES


def samples(scope: Scope) -> Iterator[TradeSample]:
    """Those that ended within a scope, in that order. Raises JournalError, and LedgerError for facts that
    contradict each other."""
    markets = scope.markets()
    found = Samples(trade for trades in markets.values() for trade in trades)
    cycles = Cycles()
    for at, _, _, what in events(scope.history, markets):
        if at >= scope.until:
            break
        match what:
            case BookedFill():
                found.on_fill(what)
            case FundingRecord():
                found.on_funding(what)
            case StepRecord() if cycles.on_step(what, shown=False):
                found.on_cycle_end(what.trade_id, at)
    found.close(scope.until)
    return found.within(scope)
