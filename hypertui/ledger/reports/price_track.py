"""What the chart of a market's price is drawn from, as the journal has it.

The journal has the prices that were seen, one a second at most, and each by which the ladder moved. The
former go when a trade is pruned; then the fills are part of the line."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypertui.charts.price_track import PriceTrack, TrackedFill, TrackedTrade
from hypertui.journal.history import PriceSpan
from hypertui.journal.records import MarkRecord, StepRecord, TradeRecord
from hypertui.journal.rows import BookedFill
from hypertui.ledger.reports.lists import booked_fills
from hypertui.ledger.scope import Scope

_SPANS = 600  # that a line is made of: more would fall on one another


def tracks(scope: Scope) -> list[PriceTrack]:
    """The markets of a scope in which anything was traded. Raises JournalError."""
    markets = scope.markets()
    found = {market: PriceTrack(market.symbol) for market in markets}
    for market, booked in booked_fills(scope):
        found[market].add(_fill(booked))
    for market, trades in markets.items():
        track = found[market]
        if not track.count:
            continue
        for trade in trades:
            if scope.trade in (None, trade.id):
                track.trades.append(_tracked(scope, trade, track.fills))
    return [track for track in found.values() if track.count]


def _fill(booked: BookedFill) -> TrackedFill:
    fill, made = booked.fill, booked.pnl if booked.allocations else None
    return TrackedFill(
        fill.trade_id, fill.time, fill.price, fill.side, fill.size, fill.reason, fill.level, made
    )


def _tracked(scope: Scope, trade: TradeRecord, fills: Sequence[TrackedFill]) -> TrackedTrade:
    history, during = scope.history, range(scope.since, scope.until)
    seen = history.prices(trade.id, MarkRecord, during, _SPANS)
    spans = seen + history.prices(trade.id, StepRecord, during, _SPANS)
    if not seen:
        own = [fill for fill in fills if fill.trade_id == trade.id]
        spans += [PriceSpan(fill.at, fill.price, fill.price) for fill in own]
    return TrackedTrade(_line(spans), history.level_prices(trade.id) if spans else {}, bool(seen))


def _line(spans: Sequence[PriceSpan]) -> list[tuple[int, Decimal]]:
    """Through the ends of all spans, the nearer one first."""
    line: list[tuple[int, Decimal]] = []
    for span in sorted(spans, key=lambda each: each.at):
        ends = [span.low, span.high] if span.low != span.high else [span.low]
        if line and abs(line[-1][1] - span.low) > abs(line[-1][1] - span.high):
            ends.reverse()
        line += ((span.at, end) for end in ends)
    return line
