"""The venue of a simulation: the real core behind its own JSON, without signatures and sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypertui.core.market import ZERO, plain
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.api.feeds import message
from hypertui.venue.api.gateway import Gateway
from hypertui.venue.api.info import Info
from hypertui.venue.api.signing import Signature
from hypertui.venue.core import Core
from hypertui.venue.market.past import give_past
from hypertui.venue.market.prices import ManualPrices
from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.markets import number
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.model.orders import Json, VenueOrder

ADDRESS = "0x" + "ab" * 20
_SIGNATURE = {"v": 27, "r": "0x1", "s": "0x1"}


class _OpenGateway(Gateway):
    """Believes every signature; all the rest of the door, expiry included, is the real one."""

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.core = core

    def _authorize(
        self,
        wire: Json,
        form: Json,
        nonce: int,
        vault: str | None,
        expires_after: int | None,
        signature: Signature,
    ) -> Account:
        if expires_after is not None and expires_after < self.core.now:
            raise ActionError("Action already expired")
        account = self.core.account(ADDRESS)
        assert account is not None
        self.core.open_account(account)
        return account


class Venue:
    """Several markets with one account, prices by hand."""

    def __init__(
        self, options: VenueOptions, prices: Mapping[str, Decimal], clock: Callable[[], int]
    ) -> None:
        self.core = Core(options, clock, ManualPrices(prices, options.markets).initial())
        self.options = options
        self.markets = {symbol: VenueMarket(self, symbol) for symbol in prices}
        if options.past:
            for market in self.markets.values():
                give_past(market.book, options, self.core.now)
        self._gateway = _OpenGateway(self.core)
        self._info = Info(self.core, lambda user: None)
        self._nonce = 0

    @property
    def account(self) -> Account:
        account = self.core.account(ADDRESS)
        assert account is not None
        return account

    @property
    def made(self) -> Decimal:
        """What the account has made, at the marks (USD)."""
        held = sum((market.position * market.book.mark for market in self.markets.values()), ZERO)
        return self.account.cash - self.account.deposits + held

    def act(self, action: Json, expires_at: int) -> Any:
        """The answer to an action that arrives now."""
        self.core.tick()  # the full hour comes before what is done after it
        self._nonce += 1
        body = {"action": action, "nonce": self._nonce, "signature": _SIGNATURE, "expiresAfter": expires_at}
        return json.loads(json.dumps(self._gateway.submit(body)))

    def ask(self, question: Json) -> Any:
        """The answer to a question that arrives now."""
        return json.loads(json.dumps(self._info.answer(question)))


class VenueMarket:
    """One of the markets, as the account has it."""

    def __init__(self, venue: Venue, symbol: str) -> None:
        self.venue = venue
        self.symbol = symbol
        self.market = venue.core.by_symbol[symbol]
        self.book = venue.core.books[symbol]

    @property
    def position(self) -> Decimal:
        return self.venue.account.size(self.symbol)

    @property
    def fills(self) -> list[Json]:
        """The account's fills here, in the venue's words."""
        return [row for row in self.venue.account.fills if row["coin"] == self.symbol]

    def working(self) -> list[VenueOrder]:
        orders = self.venue.account.open_orders.values()
        return [order for order in orders if order.symbol == self.symbol]

    def trade_beside(self, buys: bool, size: Decimal, limit: Decimal) -> None:
        """An order at the market that no engine sends."""
        order = {"a": self.market.asset, "b": buys, "p": plain(limit), "s": plain(size), "r": not buys}
        order["t"] = {"limit": {"tif": "Ioc"}}
        action = {"type": "order", "orders": [order], "grouping": "na"}
        self.venue.act(action, self.venue.core.now + 5_000)

    def set_price(self, price: Decimal, depth: Decimal | None) -> None:
        """Move the market; `depth` is what each side of its book then holds in USD, None for plenty."""
        options = self.venue.options
        self.venue.core.tick()
        self.book._options = options if depth is None else replace(options, depth=depth, levels=3)
        self.venue.core.set_price(self.symbol, price)

    def context(self) -> str:
        """The feed's message about the market's price; only the fields that the client reads."""
        context = {"markPx": number(self.book.mark), "midPx": number(self.book.mid)}
        return message("activeAssetCtx", {"coin": self.symbol, "ctx": context})
