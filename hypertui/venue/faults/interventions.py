"""What happens to accounts and markets from outside: what the exchange itself, or another hand, may do."""

from __future__ import annotations

from dataclasses import replace

from hypertui.venue.accounts.accounts import Account
from hypertui.venue.core import Core
from hypertui.venue.model.orders import VenueOrder


class Interventions:
    """Each is one event of the core."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def end_order(self, order: VenueOrder, status: str) -> None:
        """End a working order with one of the venue's statuses."""
        with self._core.event() as batch:
            self._core.desk.orders.end(order, status, batch)
            self._core.settle(batch)

    def liquidate(self, account: Account) -> None:
        """Liquidate an account's positions, whatever its margin."""
        with self._core.event() as batch:
            self._core.liquidator.force(account.address, batch)
            self._core.settle(batch)

    def pay_funding(self) -> None:
        """Pay for the hour so far at once; the hour begins anew."""
        with self._core.event() as batch:
            self._core.funding.pay(batch.time, batch)
            self._check_everybody()

    def set_max_leverage(self, symbol: str, leverage: int) -> None:
        """Give a market another highest leverage, from which its maintenance margin follows. What accounts
        have set stays as it is."""
        core = self._core
        with core.event() as batch:
            old = core.by_symbol[symbol]
            instrument = replace(old.instrument, max_leverage=leverage)
            steps = tuple(step for step in old.steps if step[1] < leverage)
            core.by_symbol[symbol] = core.books[symbol].market = replace(
                old, instrument=instrument, steps=steps
            )
            core.markets = tuple(core.by_symbol.values())
            batch.moved.add(symbol)
            self._check_everybody()

    def delist(self, symbol: str) -> None:
        """End a market for ever: its orders are cancelled, its positions settled at the mark."""
        core = self._core
        with core.event() as batch:
            for account in core.accounts.values():
                orders = [order for order in account.open_orders.values() if order.symbol == symbol]
                core.desk.orders.cancel_all(orders, "delistedCanceled", batch)
                if account.size(symbol):
                    core.desk.closings.close_at_mark(account, symbol, batch)
            core.books[symbol].closed = True
            batch.moved.add(symbol)
            core.settle(batch)

    def _check_everybody(self) -> None:
        with self._core.event() as batch:
            self._core.liquidator.check(self._core.accounts, batch)
            self._core.settle(batch)
