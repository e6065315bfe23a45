"""Faults of the market: what an account may meet at any time, brought about on purpose.

They are rolled once for every tick of the venue (a quarter of a second), before prices move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from hypertui.core.market import ONE, ZERO, Side
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.core import Core
from hypertui.venue.faults.faults import Fault, Faults
from hypertui.venue.faults.interventions import Interventions
from hypertui.venue.market.prices import PricePath
from hypertui.venue.model.orders import OrderTerms, Tif, VenueOrder

# How far from the mark another hand's closing order may trade.
ANY_PRICE = Decimal("0.5")


class MarketFaults:
    """Acts on the core as the real exchange, its market or another client of the account would."""

    def __init__(self, core: Core, source: PricePath, faults: Faults) -> None:
        self._core = core
        self._source = source
        self._faults = faults
        self._interventions = Interventions(core)
        core.desk.trigger_refused = self._trigger_refused
        core.desk.checks.post_only = self._post_only
        self._events: dict[str, Callable[[Fault], None]] = {
            "market-gap": self._gap,
            "market-reduced": self._reduce,
            "market-sibling": self._end_sibling,
            "market-liquidation": self._liquidate,
            "market-scheduled-cancel": self._cancel_scheduled,
            "market-funding": lambda fault: self._interventions.pay_funding(),
            "market-leverage-tier": self._change_tier,
            "market-delisting": self._delist,
        }

    def tick(self) -> None:
        """Let every fault strike that does so now."""
        self._shape_books()
        if self._faults.quiet:
            return
        for name, event in self._events.items():
            fault = self._faults.strikes(name)
            if fault is not None:
                event(fault)

    def _shape_books(self) -> None:
        """How much stands in the books and whether positions may grow: for one tick, then it is as ever."""
        thin = self._faults.strikes("market-thin")
        empty = self._faults.strikes("market-empty")
        capped = self._faults.strikes("market-open-interest-cap")
        for symbol, book in self._core.books.items():
            share = ONE
            if thin is not None and thin.figure("symbol") in ("", symbol):
                share = Decimal(str(thin.figure("share")))
            if empty is not None and empty.figure("symbol") in ("", symbol):
                share = ZERO
            book.offer(share)
            book.capped = capped is not None and capped.figure("symbol") in ("", symbol)

    def _trigger_refused(self, order: VenueOrder) -> bool:
        return self._faults.strikes("market-trigger-margin") is not None

    def _post_only(self) -> bool:
        return self._faults.strikes("market-post-only") is not None

    def _gap(self, fault: Fault) -> None:
        change = ONE + Decimal(str(fault.figure("change")))
        for symbol, book in self._core.books.items():
            if fault.figure("symbol") in ("", symbol):
                price = book.market.round_mark(book.mark * change)
                self._core.set_price(symbol, price)
                self._source.put(symbol, price)

    def _reduce(self, fault: Fault) -> None:
        share = Decimal(str(fault.figure("share")))
        for account in self._accounts(fault):
            for symbol, position in tuple(account.positions.items()):
                book = self._core.books[symbol]
                instrument = book.market.instrument
                side = Side.SELL if position.size > 0 else Side.BUY
                size = instrument.floor_size(abs(position.size) * share)
                limit = instrument.round_price(book.mark * (ONE + side.sign * ANY_PRICE))
                if size:
                    request = OrderTerms(book.market, side, limit, size, True, Tif.IOC)
                    self._core.place(account, [request])

    def _end_sibling(self, fault: Fault) -> None:
        for account in self._accounts(fault):
            for order in account.open_orders.values():
                if order.waiting and order.request.reduce_only:
                    self._interventions.end_order(order, "siblingFilledCanceled")
                    break

    def _liquidate(self, fault: Fault) -> None:
        for account in self._accounts(fault):
            self._interventions.liquidate(account)

    def _cancel_scheduled(self, fault: Fault) -> None:
        for account in self._accounts(fault):
            account.cancel_at = self._core.now
        self._core.tick()

    def _change_tier(self, fault: Fault) -> None:
        if fault.figure("symbol") in self._core.books:
            self._interventions.set_max_leverage(fault.figure("symbol"), fault.figure("leverage"))

    def _delist(self, fault: Fault) -> None:
        if fault.figure("symbol") in self._core.books:
            self._interventions.delist(fault.figure("symbol"))

    def _accounts(self, fault: Fault) -> Iterator[Account]:
        user = str(fault.figure("user")).lower()
        for account in tuple(self._core.accounts.values()):
            if user in ("", account.address):
                yield account
