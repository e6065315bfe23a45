"""The venue of a simulation: the real core behind its own JSON, without signatures and sockets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypertui.core.market import plain
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.api.feeds import message
from hypertui.venue.api.gateway import Gateway
from hypertui.venue.api.info import Info
from hypertui.venue.api.signing import Signature
from hypertui.venue.core import Core
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
    """One market with one account, prices by hand."""

    def __init__(self, options: VenueOptions, symbol: str, price: Decimal, clock: Callable[[], int]) -> None:
        self.core = Core(options, clock, ManualPrices({symbol: price}).initial())
        self.symbol = symbol
        self.market = self.core.by_symbol[symbol]
        self.book = self.core.books[symbol]
        self._options = options
        self._gateway = _OpenGateway(self.core)
        self._info = Info(self.core, lambda user: None)
        self._nonce = 0

    @property
    def account(self) -> Account:
        account = self.core.account(ADDRESS)
        assert account is not None
        return account

    @property
    def position(self) -> Decimal:
        return self.account.size(self.symbol)

    def working(self) -> list[VenueOrder]:
        return list(self.account.open_orders.values())

    def act(self, action: Json, expires_at: int) -> Any:
        """The answer to an action that arrives now."""
        self.core.tick()  # the full hour comes before what is done after it
        self._nonce += 1
        body = {"action": action, "nonce": self._nonce, "signature": _SIGNATURE, "expiresAfter": expires_at}
        return json.loads(json.dumps(self._gateway.submit(body)))

    def trade_beside(self, buys: bool, size: Decimal, limit: Decimal) -> None:
        """An order at the market that no engine sends."""
        order = {"a": self.market.asset, "b": buys, "p": plain(limit), "s": plain(size), "r": not buys}
        order["t"] = {"limit": {"tif": "Ioc"}}
        self.act({"type": "order", "orders": [order], "grouping": "na"}, self.core.now + 5_000)

    def ask(self, question: Json) -> Any:
        """The answer to a question that arrives now."""
        return json.loads(json.dumps(self._info.answer(question)))

    def set_price(self, price: Decimal, depth: Decimal | None) -> None:
        """Move the market; `depth` is what each side of its book then holds in USD, None for plenty."""
        options = self._options if depth is None else replace(self._options, depth=depth, levels=3)
        self.core.tick()
        self.book._options = options
        self.core.set_price(self.symbol, price)

    def context(self) -> str:
        """The feed's message about the market's price; only the fields that the client reads."""
        context = {"markPx": number(self.book.mark), "midPx": number(self.book.mid)}
        return message("activeAssetCtx", {"coin": self.symbol, "ctx": context})
