"""Liquidation of accounts and of isolated positions. Hyperliquid docs, liquidations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from hypertui.core.market import ZERO
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.accounts.margin import MarginRules
from hypertui.venue.accounts.transfers import Treasury
from hypertui.venue.model.events import Batch
from hypertui.venue.model.markets import Market, number, usd
from hypertui.venue.model.orders import VenueOrder
from hypertui.venue.trading.order_entry import OrderEntry
from hypertui.venue.trading.records import LIQUIDATOR_ADDRESS

# Of a position worth more than this (USD) only a part goes to the market at first, and nothing less than all
# of it within the pause after that.
LARGE_POSITION = Decimal(100_000)
FIRST_PART = Decimal("0.2")
PAUSE_MS = 30_000
# Below this part of the maintenance margin no market order is tried any more.
BACKSTOP = Decimal(2) / Decimal(3)


class Liquidator:
    """Closes what has fallen below its maintenance margin: at the market as long as the book holds anything,
    through the backstop when it has fallen too far for that.

    `unfinished` are the accounts of which only a part was closed, until they are looked at again.
    """

    def __init__(
        self,
        desk: OrderEntry,
        rules: MarginRules,
        accounts: Mapping[str, Account],
        markets: Mapping[str, Market],
        treasury: Treasury,
    ) -> None:
        self._desk = desk
        self._closings = desk.closings
        self._rules = rules
        self._accounts = accounts
        self._markets = markets
        self._treasury = treasury
        self.unfinished: dict[str, None] = {}
        self._forced: str | None = None

    def check(self, addresses: Iterable[str], batch: Batch) -> None:
        """Liquidate those of the accounts that must be."""
        for address in tuple(addresses):
            self.unfinished.pop(address, None)
            account = self._accounts[address]
            for symbol, position in tuple(account.positions.items()):
                if position.raw_usd is not None:
                    self._check_isolated(account, symbol, batch)
            self._check_cross(account, batch)

    def force(self, address: str, batch: Batch) -> None:
        """Liquidate an account's positions, whatever its margin; for faults."""
        self._forced = address
        try:
            self.check((address,), batch)
        finally:
            self._forced = None

    def _check_cross(self, account: Account, batch: Batch) -> None:
        margin = self._rules.cross(account, self._desk.marks)
        if margin.value >= margin.maintenance and account.address != self._forced:
            return
        marks = self._desk.marks
        symbols = [symbol for symbol, position in account.positions.items() if position.raw_usd is None]
        symbols.sort(key=lambda symbol: -abs(account.size(symbol)) * marks[symbol])
        backstop = margin.value < margin.maintenance * BACKSTOP
        if not backstop and not any(self._closings.can_close(account, symbol) for symbol in symbols):
            return
        before = {symbol: account.size(symbol) for symbol in symbols}
        self._begin(account, account.open_orders.values(), margin.notional, margin.value, batch)
        for symbol in symbols:
            if backstop:
                self._closings.take_over(account, symbol, batch)
            elif self._short_of_margin(account) and self._closings.can_close(account, symbol):
                self._to_market(account, symbol, batch)
        lost = ZERO
        if not any(account.size(symbol) for symbol in symbols):
            # What is left beside a position that the liquidator took over is the liquidator's; what is
            # missing beyond the account's equity is not the account's to bear.
            left = account.cross_backing
            lost = left if backstop else min(left, ZERO)
        self._book(account, "Cross", margin.notional, margin.value, before, lost, batch)

    def _check_isolated(self, account: Account, symbol: str, batch: Batch) -> None:
        position, mark = account.positions[symbol], self._desk.marks[symbol]
        notional, equity = abs(position.size) * mark, position.equity(mark)
        needed = self._markets[symbol].maintenance(notional)
        if equity >= needed and account.address != self._forced:
            return
        backstop = equity < needed * BACKSTOP
        if not backstop and not self._closings.can_close(account, symbol):
            return
        before = {symbol: position.size}
        orders = [order for order in account.open_orders.values() if order.symbol == symbol]
        self._begin(account, orders, notional, equity, batch)
        others = account.cross_cash
        if backstop:
            self._closings.take_over(account, symbol, batch)
        else:
            self._to_market(account, symbol, batch)
        freed = account.cross_cash - others
        lost = ZERO
        if not account.size(symbol):
            lost = freed if backstop else min(freed, ZERO)
        self._book(account, "Isolated", notional, equity, before, lost, batch)

    def _short_of_margin(self, account: Account) -> bool:
        margin = self._rules.cross(account, self._desk.marks)
        return margin.value < margin.maintenance or account.address == self._forced

    def _to_market(self, account: Account, symbol: str, batch: Batch) -> None:
        size = abs(account.size(symbol))
        last = account.liquidated_at
        paused = last is not None and batch.time < last + PAUSE_MS
        if size * self._desk.marks[symbol] > LARGE_POSITION and not paused:
            instrument = self._markets[symbol].instrument
            part = max(instrument.floor_size(size * FIRST_PART), instrument.lot)
            account.liquidated_at = batch.time
            self._closings.close_out(account, symbol, part, batch)
            # The rest has until the next price, or the next tick.
            self.unfinished[account.address] = None
            self._desk.trading.touched.pop(account.address, None)
            return
        self._closings.close_out(account, symbol, size, batch)

    def _begin(
        self,
        account: Account,
        orders: Iterable[VenueOrder],
        notional: Decimal,
        value: Decimal,
        batch: Batch,
    ) -> None:
        cancelled = self._desk.orders.cancel_all(orders, "liquidatedCanceled", batch)
        if cancelled:
            batch.cancels.setdefault(account.address, []).extend(
                {"coin": order.symbol, "oid": order.oid} for order in cancelled
            )
        batch.liquidations.setdefault(account.address, []).append(
            {
                "lid": batch.time,
                "liquidator": LIQUIDATOR_ADDRESS,
                "liquidated_user": account.address,
                "liquidated_ntl_pos": usd(notional),
                "liquidated_account_value": usd(value),
            }
        )

    def _book(
        self,
        account: Account,
        kind: str,
        notional: Decimal,
        value: Decimal,
        before: Mapping[str, Decimal],
        lost: Decimal,
        batch: Batch,
    ) -> None:
        """Write the liquidation down, and take away (or make up for) what is `lost` beyond its trades."""
        closed = [(symbol, size - account.size(symbol)) for symbol, size in before.items()]
        delta = {
            "type": "liquidation",
            "liquidatedNtlPos": usd(notional),
            "accountValue": usd(value),
            "leverageType": kind,
            "liquidatedPositions": [{"coin": symbol, "szi": number(size)} for symbol, size in closed if size],
        }
        self._treasury.adjust(account, -lost, delta, batch)
