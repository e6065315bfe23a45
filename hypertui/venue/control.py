"""The control door: prices, market time, faults and deposits, for whoever runs the venue. JSON under /venue/.

A port of its own on the loopback interface, apart from the doors that speak Hyperliquid's protocol.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from aiohttp import web

from hypertui.core.market import plain
from hypertui.venue.api.http import Handler, keep_standing, read_json
from hypertui.venue.faults.fault_catalog import MENU
from hypertui.venue.market.mirrored_prices import FollowedPrices
from hypertui.venue.model.messages import MalformedError, address, text
from hypertui.venue.model.options import MOST_SPEED
from hypertui.venue.model.orders import Json
from hypertui.venue.server import HOST, VenueServer

LONGEST_ADVANCE_SECONDS = 86_400
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,10})?")
_HOSTS = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]+)?")

Endpoint = Callable[[Json], Any]


class RefusedError(Exception):
    """A request that cannot be carried out; the text says why, in one line."""


class ControlDoor:
    """Everything is done on the venue's event loop, between two of its other requests."""

    def __init__(self, server: VenueServer) -> None:
        self._server = server
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> int:
        """Listen on 127.0.0.1 (port 0: any free one); returns the port. Raises OSError when it is taken."""
        app = web.Application(middlewares=[_from_here, keep_standing])
        app.router.add_get("/venue/status", _serve(lambda body: self.status()))
        app.router.add_get("/venue/faults", _serve(lambda body: self.faults()))
        for path, endpoint in (
            ("price", self.set_price),
            ("pause", lambda body: self._clock("pause")),
            ("resume", lambda body: self._clock("resume")),
            ("speed", self.set_speed),
            ("advance", self.advance),
            ("faults", self.switch_on),
            ("accounts", self.deposit),
        ):
            app.router.add_post(f"/venue/{path}", _serve(endpoint))
        app.router.add_delete("/venue/faults", _serve(lambda body: self.switch_off(None)))
        app.router.add_delete("/venue/faults/{name}", self._delete_fault)
        self._runner = runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError:
            await runner.cleanup()
            raise
        bound: int = runner.addresses[0][1]
        return bound

    async def close(self) -> None:
        """Free the port."""
        if self._runner is not None:
            await self._runner.cleanup()

    def status(self) -> Json:
        """Prices, time, accounts and what is connected."""
        server, core = self._server, self._server.core
        clock = server.market_clock
        source = server.source
        return {
            "time": core.now,
            "marketTime": server.market_time,
            "paused": clock.paused,
            "speed": clock.speed,
            "source": source.dump()["kind"],
            "connected": source.connected if isinstance(source, FollowedPrices) else True,
            "marks": {symbol: plain(book.mark) for symbol, book in core.books.items()},
            "sockets": server.sockets.count(),
            "accounts": {
                account.address: {
                    "value": plain(core.margin(account).value),
                    "positions": {
                        symbol: plain(position.size) for symbol, position in account.positions.items()
                    },
                    "openOrders": len(account.open_orders),
                    "requests": account.requests,
                }
                for account in core.accounts.values()
            },
            "rateLimits": server.options.rate_limits,
            "throttled": server.peers.throttled,
            "weightLeft": int(server.peers.weight_left),
            "weightSpent": server.peers.weight_spent,
            "faults": server.faults.listing(),
        }

    def set_price(self, body: Json) -> Json:
        """`{"symbol": "BTC", "price": "64100"}` moves a market, with all that follows from it."""
        symbol, price = text(body, "symbol"), _amount(body, "price")
        if symbol not in self._server.core.books:
            raise RefusedError(f"no market {symbol}")
        if self._server.core.books[symbol].closed:
            raise RefusedError(f"market {symbol} is delisted")
        if not price:
            raise RefusedError("price 0 is not above 0")
        self._server.set_price(symbol, price)
        return {"symbol": symbol, "mark": plain(self._server.core.books[symbol].mark)}

    def set_speed(self, body: Json) -> Json:
        """`{"speed": 600}` lets market time pass so much faster than time."""
        speed = _number(body, "speed")
        if not 0 < speed <= MOST_SPEED:
            raise RefusedError(f"speed {speed:g} is not above 0 and at most {MOST_SPEED}")
        self._server.set_speed(speed)
        return self._shown_clock()

    def advance(self, body: Json) -> Json:
        """`{"seconds": 3600}` takes the prices of so many market seconds at once, paused or not."""
        seconds = _number(body, "seconds")
        if not 0 < seconds <= LONGEST_ADVANCE_SECONDS:
            raise RefusedError(f"seconds {seconds:g} is not above 0 and at most {LONGEST_ADVANCE_SECONDS}")
        self._server.market_clock.skip(seconds)
        self._server.walk()
        return self._shown_clock()

    def faults(self) -> Json:
        """The faults that are on, and all that there are."""
        return {
            "on": self._server.faults.listing(),
            "menu": [{"name": item.name, "about": item.about, **item.figures} for item in MENU.values()],
        }

    def switch_on(self, body: Json) -> Json:
        """`{"name": "http-429", "probability": 0.1, "seed": 1, "count": 5}`, with the fault's own figures."""
        given = dict(body)
        name = text(given, "name")
        del given["name"]
        try:
            return self._server.faults.on(name, **given).shown()
        except (ValueError, TypeError) as error:
            raise RefusedError(str(error)) from None

    def switch_off(self, name: str | None) -> Json:
        """Switch one fault off, or all of them."""
        try:
            if name is None:
                self._server.faults.off_all()
            else:
                self._server.faults.off(name)
        except ValueError as error:
            raise RefusedError(str(error)) from None
        return {"on": self._server.faults.listing()}

    def deposit(self, body: Json) -> Json:
        """`{"address": "0x…", "amount": "5000"}` credits USDC to an account, new or not."""
        user, amount = address(body, "address"), _amount(body, "amount")
        core = self._server.core
        if not amount:
            raise RefusedError("amount 0 is not above 0")
        if core.agents.ever(user):
            raise RefusedError(f"{user} is an agent, not an account")
        account = core.deposit(user, amount)
        return {"address": user, "value": plain(core.margin(account).value)}

    async def _delete_fault(self, request: web.Request) -> web.Response:
        return _answer(lambda body: self.switch_off(request.match_info["name"]), {})

    def _clock(self, verb: str) -> Json:
        self._server.pause() if verb == "pause" else self._server.resume()
        return self._shown_clock()

    def _shown_clock(self) -> Json:
        clock = self._server.market_clock
        return {"paused": clock.paused, "speed": clock.speed, "marketTime": self._server.market_time}


def _serve(endpoint: Endpoint) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        raw = await request.read()
        try:
            body = read_json(raw) if raw else {}
        except MalformedError as error:
            return _refusal(f"the body is not JSON: {error}")
        if not isinstance(body, dict):
            return _refusal("the body is not an object")
        return _answer(endpoint, body)

    return handle


def _answer(endpoint: Endpoint, body: Json) -> web.Response:
    try:
        return web.json_response(endpoint(body))
    except (RefusedError, MalformedError) as error:
        return _refusal(str(error))


def _refusal(reason: str) -> web.Response:
    return web.json_response({"error": reason}, status=400)


@web.middleware
async def _from_here(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A web page that is open on this machine must not reach in, by any name that leads here."""
    if "Origin" in request.headers or not _HOSTS.fullmatch(request.host):
        return web.json_response({"error": "not for web pages"}, status=403)
    return await handler(request)


def _amount(body: Json, key: str) -> Decimal:
    """An amount as a string of plain digits, or as a whole number."""
    value = body.get(key)
    shown = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(shown, str) or not _DECIMAL.fullmatch(shown):
        raise RefusedError(f"{key} is not an amount: a string of plain digits")
    return Decimal(shown)


def _number(body: Json, key: str) -> float:
    value = body.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RefusedError(f"{key} is not a number")
    return float(value)
