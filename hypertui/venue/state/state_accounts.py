"""Accounts as plain JSON, written and read.

What can be derived is not written: an account's working orders are those of its orders that live, a trigger
waits while its order does.
"""

from __future__ import annotations

from collections.abc import Mapping

from hypertui.core.market import Side
from hypertui.venue.accounts.accounts import APART, POOLED, Account, Position
from hypertui.venue.model.markets import Market
from hypertui.venue.model.messages import (
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
from hypertui.venue.model.orders import Group, Json, OrderTerms, StatusEvent, Tif, TriggerTerms, VenueOrder


def write_account(account: Account) -> Json:
    """Everything of an account but its orders and what became of them, its fills and other logs."""
    return {
        "address": account.address,
        "deposits": f"{account.deposits:f}",
        "cash": f"{account.cash:f}",
        "spot": f"{account.spot:f}",
        "abstraction": account.abstraction,
        "master": account.master,
        "name": account.name,
        "positions": {symbol: _position(position) for symbol, position in account.positions.items()},
        "leverage": dict(account.leverage),
        "isolated": dict.fromkeys(sorted(account.isolated), True),
        "funding_total": {symbol: f"{total:f}" for symbol, total in account.funding_total.items()},
        "volume": f"{account.volume:f}",
        "turnover": account.turnover.dump() if account.master is None else [],
        "requests": account.requests,
        "cancel_at": account.cancel_at,
        "cancels_done": list(account.cancels_done),
        "liquidated_at": account.liquidated_at,
        "referrer": account.referrer,
        "builders": dict(account.builders),
        "builder_rewards": f"{account.builder_rewards:f}",
        "ended": list(account.ended),
        "unfindable": [
            order.oid
            for order in account.orders.values()
            if order.request.cloid is not None and order.request.cloid not in account.by_cloid
        ],
        "groups": _groups(account),
    }


def write_order(order: VenueOrder) -> Json:
    """An order with all that was asked for."""
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
        "builder": None if request.builder is None else {"b": request.builder[0], "f": request.builder[1]},
        "position_tpsl": request.position_tpsl,
        "remaining": f"{order.remaining:f}",
        "filled": f"{order.filled:f}",
        "time": order.time,
        "status": order.status,
        "status_time": order.status_time,
    }


def write_event(event: StatusEvent) -> Json:
    """A status that an order took."""
    return {
        "oid": event.order.oid,
        "status": event.status,
        "remaining": f"{event.remaining:f}",
        "time": event.time,
    }


def read_account(item: Json, markets: Mapping[str, Market], accounts: Mapping[str, Account]) -> Account:
    """The account that was written, `accounts` being those that were before it. Raises MalformedError,
    KeyError or ValueError."""
    account = Account(
        address(item, "address"),
        exact(item, "deposits"),
        exact(item, "cash"),
        exact(item, "spot"),
        name=text(item, "name"),
        volume=exact(item, "volume"),
    )
    if item.get("master") is None:
        account.turnover.restore(item, "turnover")
    else:
        account.master = address(item, "master")
        account.turnover = accounts[account.master].turnover
    account.abstraction = one_of(item, "abstraction", (APART, *POOLED))
    _read_positions(account, item, markets)
    account.requests = integer(item, "requests")
    account.cancel_at = None if item.get("cancel_at") is None else integer(item, "cancel_at")
    day, done = integers(item, "cancels_done")
    account.cancels_done = (day, done)
    account.liquidated_at = None if item.get("liquidated_at") is None else integer(item, "liquidated_at")
    account.referrer = None if item.get("referrer") is None else text(item, "referrer")
    builders = mapping(item, "builders")
    account.builders.update((builder, integer(builders, builder)) for builder in builders)
    account.builder_rewards = exact(item, "builder_rewards")
    _read_orders(account, item, markets)
    for log in ("fills", "funding", "ledger", "hours"):
        for row in items(item, log):
            integer(row, "time")
            getattr(account, log).append(row)
    return account


def _groups(account: Account) -> list[Json]:
    groups = {
        id(order.group): order.group for order in account.open_orders.values() if order.group is not None
    }
    return [
        {
            "parent": None if group.parent is None else group.parent.oid,
            "children": [child.oid for child in group.children],
        }
        for group in groups.values()
    ]


def _position(position: Position) -> Json:
    return {
        "size": f"{position.size:f}",
        "cost": f"{position.cost:f}",
        "funding_since_open": f"{position.funding_since_open:f}",
        "funding_since_change": f"{position.funding_since_change:f}",
        "raw_usd": None if position.raw_usd is None else f"{position.raw_usd:f}",
    }


def _read_positions(account: Account, item: Json, markets: Mapping[str, Market]) -> None:
    positions, leverage, totals = (mapping(item, key) for key in ("positions", "leverage", "funding_total"))
    for symbol in positions:
        row = mapping(positions, symbol)
        account.positions[markets[symbol].symbol] = Position(
            exact(row, "size"),
            exact(row, "cost"),
            exact(row, "funding_since_open"),
            exact(row, "funding_since_change"),
            None if row.get("raw_usd") is None else exact(row, "raw_usd"),
        )
    account.leverage.update((symbol, integer(leverage, symbol)) for symbol in leverage)
    account.isolated.update(markets[symbol].symbol for symbol in mapping(item, "isolated"))
    account.funding_total.update((symbol, exact(totals, symbol)) for symbol in totals)


def _read_orders(account: Account, item: Json, markets: Mapping[str, Market]) -> None:
    for row in items(item, "orders"):
        account.add_order(_read_order(row, account.address, markets))
    account.ended.extend(integers(item, "ended"))
    for oid in integers(item, "unfindable"):
        account.by_cloid.pop(str(account.orders[oid].request.cloid), None)
    for row in items(item, "groups"):
        group = Group(None if row.get("parent") is None else account.open_orders[integer(row, "parent")])
        if group.parent is not None:
            group.parent.group = group
        for oid in integers(row, "children"):
            child = account.open_orders[oid]
            child.group = group
            group.children.append(child)
    for row in items(item, "history"):
        account.history.append(
            StatusEvent(
                account.orders[integer(row, "oid")],
                text(row, "status"),
                exact(row, "remaining"),
                integer(row, "time"),
            )
        )


def _read_order(row: Json, owner: str, markets: Mapping[str, Market]) -> VenueOrder:
    trigger, builder = None, None
    if row.get("trigger") is not None:
        terms = mapping(row, "trigger")
        tpsl = one_of(terms, "tpsl", ("tp", "sl"))
        trigger = TriggerTerms(
            exact(terms, "price"), boolean(terms, "is_market"), "tp" if tpsl == "tp" else "sl"
        )
    if row.get("builder") is not None:
        paid = mapping(row, "builder")
        builder = (address(paid, "b"), integer(paid, "f"))
    request = OrderTerms(
        market=markets[text(row, "symbol")],
        side=Side(text(row, "side")),
        limit=exact(row, "limit"),
        size=exact(row, "size"),
        reduce_only=boolean(row, "reduce_only"),
        tif=None if row.get("tif") is None else Tif(text(row, "tif")),
        trigger=trigger,
        cloid=None if row.get("cloid") is None else cloid(row, "cloid"),
        builder=builder,
        position_tpsl=boolean(row, "position_tpsl"),
    )
    if trigger is None and request.tif is None:
        raise MalformedError("an order without a trigger has no time in force")
    order = VenueOrder(integer(row, "oid"), owner, request, exact(row, "remaining"), integer(row, "time"))
    order.status, order.status_time = text(row, "status"), integer(row, "status_time")
    order.filled = exact(row, "filled")
    return order
