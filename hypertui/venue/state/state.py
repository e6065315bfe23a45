"""The whole venue as plain JSON, written and read: what one run leaves to the next.

Amounts are exact decimal strings, times ms since the Unix epoch.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypertui.venue.accounts.accounts import Account
from hypertui.venue.api.gateway import Gateway
from hypertui.venue.core import Core
from hypertui.venue.market.prices import OtherPathError, PricePath
from hypertui.venue.model.listing import LISTINGS
from hypertui.venue.model.messages import MalformedError, integer, items, mapping
from hypertui.venue.model.orders import Json, StatusEvent, VenueOrder
from hypertui.venue.state.state_accounts import read_account, write_account, write_event, write_order

FORMAT = "hypertui venue"
VERSION = 3  # goes up with every change of what is written
# Lists of an account whose rows are kept as text already.
_LOGS = ("fills", "funding", "ledger", "hours")


class Scribe:
    """Writes the venue as JSON, again and again; the text of what has not changed is kept and used again."""

    def __init__(self, core: Core, gateway: Gateway, source: PricePath) -> None:
        self._core = core
        self._gateway = gateway
        self._source = source
        # By order id: what of the order may change, and the text that was written for that.
        self._orders: dict[int, tuple[tuple[str, Decimal, Decimal], str]] = {}
        # By the event's identity, which is safe as long as the event is kept beside its text.
        self._events: dict[int, tuple[StatusEvent, str]] = {}

    def text(self, market_time: int, speed: float) -> str:
        """Everything as JSON, with `market_time` in ms as the price source counts it, and how many of those
        pass in one."""
        before, self._orders = self._orders, {}
        told, self._events = self._events, {}
        head = {
            "format": FORMAT,
            "version": VERSION,
            "market_time": market_time,
            "speed": float(speed),
            "prices": self._source.dump(),
            "core": self._core.dump(),
            "nonces": self._gateway.dump(),
        }
        candles = ",".join(
            f'"{symbol}":{book.candles.closed_text()}' for symbol, book in self._core.books.items()
        )
        accounts = ",".join(self._account(account, before, told) for account in self._core.accounts.values())
        return f'{_compact(head)[:-1]},"candles":{{{candles}}},"accounts":[{accounts}]}}\n'

    def _account(
        self,
        account: Account,
        before: dict[int, tuple[tuple[str, Decimal, Decimal], str]],
        told: dict[int, tuple[StatusEvent, str]],
    ) -> str:
        orders = ",".join([self._order(order, before) for order in account.orders.values()])
        history = ",".join([self._event(event, told) for event in account.history])
        logs = ",".join(f'"{name}":{getattr(account, name).text()}' for name in _LOGS)
        head = _compact(write_account(account))[:-1]
        return f'{head},"orders":[{orders}],"history":[{history}],{logs}}}'

    def _order(self, order: VenueOrder, before: dict[int, tuple[tuple[str, Decimal, Decimal], str]]) -> str:
        state = (order.status, order.remaining, order.filled)
        kept = before.get(order.oid)
        if kept is None or kept[0] != state:
            kept = (state, _compact(write_order(order)))
        self._orders[order.oid] = kept
        return kept[1]

    def _event(self, event: StatusEvent, told: dict[int, tuple[StatusEvent, str]]) -> str:
        kept = told.get(id(event)) or (event, _compact(write_event(event)))
        self._events[id(event)] = kept
        return kept[1]


def load(state: object, core: Core, gateway: Gateway, source: PricePath) -> int:
    """Bring a new venue to where a `Scribe` wrote `state`; returns the market time.

    Raises OtherPathError for one with other prices or markets, MalformedError, ValueError or KeyError for
    one that is damaged; the venue is of no use then.
    """
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise MalformedError("not the state of a venue")
    kept = list(mapping(mapping(state, "core"), "books"))
    if kept != list(core.books):
        raise OtherPathError(f"is of the markets {', '.join(kept)}, not {', '.join(core.books)}")
    source.restore(mapping(state, "prices"))
    accounts: dict[str, Account] = {}
    for item in items(state, "accounts"):
        account = read_account(item, core.by_symbol, accounts)
        accounts[account.address] = account
    core.restore(mapping(state, "core"), list(accounts.values()), mapping(state, "candles"))
    gateway.restore(mapping(state, "nonces"))
    return integer(state, "market_time")


def kept_options(state: object) -> dict[str, Any]:
    """Those options of a venue that `state` was written with, which the next one should have: the seed and
    preset of its synthetic prices, their speed, and its markets where they are one of the usual listings.
    Fewer, or none, of what tells of fewer."""
    if not isinstance(state, dict) or not isinstance(state.get("prices"), dict):
        return {}
    prices = state["prices"]
    path = prices["others"] if isinstance(prices.get("others"), dict) else prices
    found: dict[str, tuple[object, type]] = {
        "seed": (path.get("seed"), int),
        "preset": (path.get("preset"), str),
        "speed": (state.get("speed"), float),
    }
    options = {name: value for name, (value, kind) in found.items() if isinstance(value, kind)}
    core = state.get("core")
    books = core.get("books") if isinstance(core, dict) else None
    for markets in LISTINGS.values():
        if isinstance(books, dict) and [market.symbol for market in markets] == list(books):
            options["markets"] = markets
    return options


def _compact(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))
