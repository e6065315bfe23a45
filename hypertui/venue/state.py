"""The whole venue as plain JSON, and back: what one run leaves to the next.

Amounts are exact decimal strings, times ms since the Unix epoch. What can be derived is not written: an
account's working orders are those of its orders that live, a trigger waits while its order does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

from hypertui.market import Side
from hypertui.venue.accounts import Account, Position
from hypertui.venue.core import Core
from hypertui.venue.gateway import Gateway
from hypertui.venue.markets import Market
from hypertui.venue.orders import Json, OrderRequest, Tif, Trigger, VenueOrder
from hypertui.venue.prices import PriceSource
from hypertui.venue.wire import (
    MalformedError,
    address,
    boolean,
    cloid,
    exact,
    integer,
    integers,
    items,
    mapping,
    one_of,
    text,
)

FORMAT = "hypertui venue"
VERSION = 1
# Lists of an account whose rows never change once they are there, orders apart.
_LOGS = ("history", "fills", "funding", "ledger")


class Scribe:
    """Writes the venue down, again and again: what has not changed since is not put into words twice."""

    def __init__(self, core: Core, gateway: Gateway, source: PriceSource) -> None:
        self._core = core
        self._gateway = gateway
        self._source = source
        # By order id: what of the order may change, and the row written for that.
        self._orders: dict[int, tuple[tuple[str, Decimal], Json]] = {}
        # By the row's identity, which is safe as long as the row is kept beside its text.
        self._texts: dict[int, tuple[Json, str]] = {}

    def structure(self, market_time: int) -> Json:
        """Everything, with `market_time` in ms as the price source counts it."""
        before, self._orders = self._orders, {}
        return {
            "format": FORMAT,
            "version": VERSION,
            "market_time": market_time,
            "prices": self._source.dump(),
            "core": self._core.dump(),
            "nonces": self._gateway.dump(),
            "accounts": [self._account(account, before) for account in self._core.accounts.values()],
        }

    def text(self, market_time: int) -> str:
        """The same as JSON."""
        structure = self.structure(market_time)
        before, self._texts = self._texts, {}
        accounts = []
        for account in structure.pop("accounts"):
            logs = []
            for name in ("orders", *_LOGS):
                rows = ",".join([self._text(row, before) for row in account.pop(name)])
                logs.append(f'"{name}":[{rows}]')
            accounts.append(f"{_compact(account)[:-1]},{','.join(logs)}}}")
        return f'{_compact(structure)[:-1]},"accounts":[{",".join(accounts)}]}}\n'

    def _account(self, account: Account, before: Mapping[int, tuple[tuple[str, Decimal], Json]]) -> Json:
        return {
            "address": account.address,
            "deposits": f"{account.deposits:f}",
            "cash": f"{account.cash:f}",
            "positions": {symbol: _position(position) for symbol, position in account.positions.items()},
            "leverage": dict(account.leverage),
            "funding_total": {symbol: f"{total:f}" for symbol, total in account.funding_total.items()},
            "volume": f"{account.volume:f}",
            "requests": account.requests,
            "cancel_at": account.cancel_at,
            "ended": list(account.ended),
            "unfindable": [
                order.oid
                for order in account.orders.values()
                if order.request.cloid is not None and order.request.cloid not in account.by_cloid
            ],
            "orders": [self._order(order, before) for order in account.orders.values()],
            **{name: list(getattr(account, name)) for name in _LOGS},
        }

    def _order(self, order: VenueOrder, before: Mapping[int, tuple[tuple[str, Decimal], Json]]) -> Json:
        state = (order.status, order.remaining)
        kept = before.get(order.oid)
        if kept is None or kept[0] != state:
            kept = (state, _order(order))
        self._orders[order.oid] = kept
        return kept[1]

    def _text(self, row: Json, before: Mapping[int, tuple[Json, str]]) -> str:
        kept = before.get(id(row)) or (row, _compact(row))
        self._texts[id(row)] = kept
        return kept[1]


def load(state: object, core: Core, gateway: Gateway, source: PriceSource) -> int:
    """Bring a new venue to where a `Scribe` wrote `state`; returns the market time.

    Raises OtherPathError for one with other prices, MalformedError, ValueError or KeyError for one that is
    damaged; the venue is of no use then.
    """
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise MalformedError("not the state of a venue")
    source.restore(mapping(state, "prices"))
    accounts = [_read_account(item, core.by_symbol) for item in items(state, "accounts")]
    core.restore(mapping(state, "core"), accounts)
    gateway.restore(mapping(state, "nonces"))
    return integer(state, "market_time")


def _compact(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))


def _position(position: Position) -> Json:
    return {
        "size": f"{position.size:f}",
        "cost": f"{position.cost:f}",
        "funding_since_open": f"{position.funding_since_open:f}",
        "funding_since_change": f"{position.funding_since_change:f}",
    }


def _order(order: VenueOrder) -> Json:
    request, trigger = order.request, order.request.trigger
    return {
        "oid": order.oid,
        "symbol": order.symbol,
        "side": request.side.value,
        "limit": f"{request.limit:f}",
        "size": f"{request.size:f}",
        "reduce_only": request.reduce_only,
        "tif": None if request.tif is None else request.tif.value,
        "trigger": None
        if trigger is None
        else {"price": f"{trigger.price:f}", "is_market": trigger.is_market, "tpsl": trigger.tpsl},
        "cloid": request.cloid,
        "remaining": f"{order.remaining:f}",
        "time": order.time,
        "status": order.status,
        "status_time": order.status_time,
    }


def _read_account(item: Json, markets: Mapping[str, Market]) -> Account:
    account = Account(
        address(item, "address"),
        exact(item, "deposits"),
        exact(item, "cash"),
        volume=exact(item, "volume"),
    )
    positions, leverage, totals = (mapping(item, key) for key in ("positions", "leverage", "funding_total"))
    for symbol in positions:
        row = mapping(positions, symbol)
        account.positions[markets[symbol].symbol] = Position(
            exact(row, "size"),
            exact(row, "cost"),
            exact(row, "funding_since_open"),
            exact(row, "funding_since_change"),
        )
    account.leverage.update((symbol, integer(leverage, symbol)) for symbol in leverage)
    account.funding_total.update((symbol, exact(totals, symbol)) for symbol in totals)
    account.requests = integer(item, "requests")
    account.cancel_at = None if item.get("cancel_at") is None else integer(item, "cancel_at")
    for row in items(item, "orders"):
        account.add_order(_read_order(row, account.address, markets))
    account.ended.extend(integers(item, "ended"))
    for oid in integers(item, "unfindable"):
        account.by_cloid.pop(str(account.orders[oid].request.cloid), None)
    account.history.extend(items(item, "history"))
    account.fills.extend(items(item, "fills"))
    account.funding.extend(items(item, "funding"))
    account.ledger.extend(items(item, "ledger"))
    return account


def _read_order(row: Json, owner: str, markets: Mapping[str, Market]) -> VenueOrder:
    trigger = None
    if row.get("trigger") is not None:
        terms = mapping(row, "trigger")
        tpsl = one_of(terms, "tpsl", ("tp", "sl"))
        trigger = Trigger(exact(terms, "price"), boolean(terms, "is_market"), "tp" if tpsl == "tp" else "sl")
    request = OrderRequest(
        market=markets[text(row, "symbol")],
        side=Side(text(row, "side")),
        limit=exact(row, "limit"),
        size=exact(row, "size"),
        reduce_only=boolean(row, "reduce_only"),
        tif=None if row.get("tif") is None else Tif(text(row, "tif")),
        trigger=trigger,
        cloid=None if row.get("cloid") is None else cloid(row, "cloid"),
    )
    order = VenueOrder(integer(row, "oid"), owner, request, exact(row, "remaining"), integer(row, "time"))
    order.status, order.status_time = text(row, "status"), integer(row, "status_time")
    return order
