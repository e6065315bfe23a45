"""The real client on the real core without sockets: its HTTP requests are answered in the same process."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypertui.exchange.hyperliquid import HyperliquidExchange, SigningKey, paper
from hypertui.exchange.hyperliquid.session import Answer, HttpSession
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.api.gateway import Gateway
from hypertui.venue.api.info import Info
from hypertui.venue.core import Core
from hypertui.venue.market.prices import ManualPrices
from hypertui.venue.model.options import VenueOptions

BASE_URL = "http://127.0.0.1:1"


class DirectVenue:
    """A core with a clock of its own (ms), behind the JSON of its two doors. Keywords are fields of
    VenueOptions."""

    def __init__(self, prices: Mapping[str, Decimal] | None = None, **options: Any) -> None:
        self.now = time.time_ns() // 1_000_000  # nonces come from the wall clock
        chosen = replace(VenueOptions(), **options)
        self.core = Core(chosen, lambda: self.now, ManualPrices(dict(prices or {})).initial())
        self._gateway = Gateway(self.core)
        self._info = Info(self.core, self._gateway.asked_about)

    def client(self, key: SigningKey, account: str | None = None) -> HyperliquidExchange:
        """A client of an account; it must be closed."""
        exchange = HyperliquidExchange(paper(BASE_URL), key, account)
        exchange._line._session = _Wire(self)
        return exchange

    def account(self, address: str) -> Account:
        """The account of an address, which has one from then on."""
        return self.core.stored(address)

    def answer(self, path: str, body: Any) -> Any:
        """What a request is answered."""
        return self._info.answer(body) if path == "/info" else self._gateway.submit(body)


class _Wire(HttpSession):
    """Carries requests to a venue."""

    def __init__(self, venue: DirectVenue) -> None:
        super().__init__(BASE_URL, trust_env=False)
        self._venue = venue

    async def post(self, path: str, body: bytes, within: float) -> Answer:
        return Answer(200, {}, json.dumps(self._venue.answer(path, json.loads(body))).encode())
