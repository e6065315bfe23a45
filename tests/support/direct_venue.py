"""The real client on the real core without sockets: its HTTP requests are answered in the same process."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from hypertui.exchange.hyperliquid import HyperliquidExchange, SigningKey, paper
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
        self._turn = threading.Lock()

    def client(self, key: SigningKey, account: str | None = None) -> HyperliquidExchange:
        """A client of an account; it must be closed."""
        exchange = HyperliquidExchange(paper(BASE_URL), key, account)
        exchange._session.mount("http://", _Wire(self))
        return exchange

    def account(self, address: str) -> Account:
        """The account of an address, which has one from then on."""
        return self.core.stored(address)

    def answer(self, path: str, body: Any) -> Any:
        """What a request is answered; the client's threads take turns."""
        with self._turn:
            return self._info.answer(body) if path == "/info" else self._gateway.submit(body)


class _Wire(BaseAdapter):
    """Carries the requests of a session to a venue."""

    def __init__(self, venue: DirectVenue) -> None:
        super().__init__()
        self._venue = venue

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        body = json.loads(request.body or b"null")
        text = json.dumps(self._venue.answer(request.path_url, body)).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(text))}
        response = requests.Response()
        response.status_code = 200
        response.headers.update(headers)
        response.raw = HTTPResponse(io.BytesIO(text), headers, 200, preload_content=False)
        response.url, response.request = str(request.url), request
        return response

    def close(self) -> None:
        """Nothing is held."""
