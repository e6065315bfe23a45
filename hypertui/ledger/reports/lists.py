"""The ledger's lists, row by row: fills, lots, allocations, exits, cash flows, tax rows, discrepancies."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import takewhile

from hypertui.core.market import ZERO
from hypertui.journal.history import AccountMarket, OrderedFill
from hypertui.journal.rows import AllocationRow, BookedFill
from hypertui.ledger.account_events import flows, payments
from hypertui.ledger.derivation import MarketBook, derive
from hypertui.ledger.reports.exits import Exits, exit_row, unit_sizes
from hypertui.ledger.scope import Scope, iso

Row = dict[str, object]


def booked_fills(scope: Scope) -> Iterator[tuple[AccountMarket, BookedFill]]:
    """All fills in scope, market by market."""
    for market, trades in scope.markets().items():
        for booked in derive(scope.history.market_fills(trades)):
            if scope.shows(booked.fill):
                yield market, booked


def fills(scope: Scope) -> Iterator[Row]:
    """One row for each fill, with what it realised."""
    for _, booked in booked_fills(scope):
        fill = booked.fill
        assert isinstance(fill, OrderedFill)
        yield {
            "time": iso(fill.time),
            "symbol": fill.symbol,
            "side": fill.side.value,
            "size": fill.size,
            "price": fill.price,
            "value": fill.size * fill.price,
            "fee": fill.fee,
            "pnl": booked.pnl,
            "position": booked.position,
            "unmatched": booked.unmatched,
            "reason": fill.reason,
            "source": fill.source,
            "via": fill.via,
            "unit": fill.unit,
            "trigger": fill.trigger,
            "slippage": fill.slippage,
            "slippage_bps": fill.slippage_bps,
            "closed_pnl": fill.closed_pnl,
            "start_position": fill.start_position,
            "order_id": fill.order_id,
            "trade_number": fill.trade_number,
            "client_id": fill.client_id,
            "trade": fill.trade_id,
        }


def lots(scope: Scope) -> Iterator[Row]:
    """The lots open at the end of the scope and opened within it, oldest first."""
    for market, trades in scope.markets().items():
        book = MarketBook()
        until = takewhile(lambda fill: fill.time < scope.until, scope.history.market_fills(trades))
        for _ in derive(until, book):
            pass
        for lot in book.lots():
            if scope.shows(lot.opened):
                yield {
                    "opened": iso(lot.opened.time),
                    "symbol": market.symbol,
                    "size": lot.size,
                    "price": lot.opened.price,
                    "cost": lot.cost,
                    "fee": lot.fee,
                    "dust": lot.is_dust,
                    "unit": lot.opened.unit,
                    "order_id": lot.opened.order_id,
                    "trade_number": lot.opened.trade_number,
                    "account": market.account,
                    "trade": lot.opened.trade_id,
                }


def allocations(scope: Scope) -> Iterator[Row]:
    """Which coins each closing fill closed."""
    for _, booked in booked_fills(scope):
        for row in booked.allocations:
            yield _allocation(row)


def _allocation(row: AllocationRow) -> Row:
    return {
        "closed": iso(row.closed.time),
        "symbol": row.closed.symbol,
        "direction": "long" if row.is_long else "short",
        "size": row.size,
        "buy_price": row.buy.price,
        "sale_price": row.sale.price,
        "buy_fee": row.buy_fee,
        "sale_fee": row.sale_fee,
        "buy_fee_per_coin": row.buy_fee / row.size,
        "sale_fee_per_coin": row.sale_fee / row.size,
        "cost_basis": row.cost_basis,
        "proceeds": row.proceeds,
        "net_proceeds": row.net_proceeds,
        "pnl": row.pnl,
        "opened": iso(row.opened.time),
        "hold_s": row.held_ms // 1000,
        "buy_order": row.buy.order_id,
        "buy_fill": row.buy.trade_number,
        "sale_order": row.sale.order_id,
        "sale_fill": row.sale.trade_number,
        "trade": row.closed.trade_id,
    }


def tax(scope: Scope) -> Iterator[Row]:
    """One row for each allocation in the terms of a tax form, and one for each funding payment."""
    for _, booked in booked_fills(scope):
        for row in booked.allocations:
            yield {
                "kind": "disposal",
                "description": f"{row.size:f} {row.closed.symbol} perpetual, "
                f"{'long' if row.is_long else 'short'}",
                "acquired": iso(row.buy.time),
                "sold": iso(row.sale.time),
                "closed": iso(row.closed.time),
                "proceeds": row.net_proceeds,
                "cost_basis": row.cost_basis,
                "gain": row.pnl,
                "fees": row.buy_fee + row.sale_fee,
                "currency": "USDC",
                "buy_order": row.buy.order_id,
                "buy_fill": row.buy.trade_number,
                "sale_order": row.sale.order_id,
                "sale_fill": row.sale.trade_number,
            }
    for paid in cash(scope):
        if paid["kind"] == "funding":
            yield {
                "kind": "funding",
                "description": f"{paid['symbol']} perpetual, funding",
                "acquired": None,
                "sold": None,
                "closed": paid["time"],
                "proceeds": None,
                "cost_basis": None,
                "gain": paid["amount"],
                "fees": ZERO,
                "currency": "USDC",
                "buy_order": None,
                "buy_fill": None,
                "sale_order": None,
                "sale_fill": None,
            }


def cash(scope: Scope) -> Iterator[Row]:
    """Funding, deposits, withdrawals and other transfers."""
    rows: list[tuple[int, Row]] = []
    accounts: dict[str, list[str]] = {}
    markets = scope.markets()
    for market, trades in markets.items():
        for paid in payments(scope.history, trades):
            if scope.trade in (None, paid.trade_id):
                rows.append((paid.time, _cash(paid.time, "funding", paid.amount, market.symbol)))
        accounts.setdefault(market.account, [])
    for account in accounts:
        own = [trade for market, trades in markets.items() if market.account == account for trade in trades]
        for flow in flows(scope.history, account, own):
            record = flow.record
            rows.append((record.time, _cash(record.time, record.kind, flow.amount, None, record.hash)))
    for at, row in sorted(rows, key=lambda each: each[0]):
        if scope.within(at):
            yield row


def _cash(at: int, kind: str, amount: Decimal | None, symbol: str | None, hash_: str | None = None) -> Row:
    return {"time": iso(at), "kind": kind, "symbol": symbol, "amount": amount, "hash": hash_}


def exits(scope: Scope) -> Iterator[Row]:
    """One row for each order that closed something."""
    gathered, units = Exits(), unit_sizes(scope)
    for market, booked in booked_fills(scope):
        for done in gathered.take(booked, market):
            yield exit_row(done, units.get(done.fill.trade_id))
    for done in gathered.rest():
        yield exit_row(done, units.get(done.fill.trade_id))


def review(scope: Scope) -> Iterator[Row]:
    """The discrepancies that somebody should review."""
    for _, booked in booked_fills(scope):
        for row in booked.review:
            yield {
                "time": iso(row.fill.time),
                "symbol": row.fill.symbol,
                "matter": row.matter.value,
                "expected": row.expected,
                "found": row.found,
                "difference": row.difference,
                "dust": row.is_dust,
                "side": row.fill.side.value,
                "size": row.fill.size,
                "price": row.fill.price,
                "order_id": row.fill.order_id,
                "trade_number": row.fill.trade_number,
                "trade": row.fill.trade_id,
            }
