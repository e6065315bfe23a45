"""Placing, cancelling and modifying orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from hypertui.core.market import Grouping, Side, plain
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.api.actions.base import Action, Parser, done, ordered
from hypertui.venue.core import Core
from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.markets import MICRO, Market, number
from hypertui.venue.model.messages import (
    MalformedError,
    address,
    boolean,
    cloid,
    decimal,
    flag,
    integer,
    items,
    mapping,
    one_of,
    order_key,
)
from hypertui.venue.model.order_results import FilledResult, Outcome, RefusedResult, WaitingResult
from hypertui.venue.model.orders import Json, OrderTerms, Tif, TriggerTerms, VenueOrder

NOT_FOUND = "Order was never placed, already canceled, or filled."
NO_PRIORITY = "Insufficient delegatable balance for priority order"
NOT_APPROVED = "Builder fee has not been approved"
EMPTY = "Batch of orders is empty."
# Hyperliquid docs, builder codes: at most 0.1 % for perpetuals, in tenths of a basis point.
HIGHEST_BUILDER_FEE = 100
_TIFS = (Tif.GTC, Tif.IOC, Tif.ALO, Tif.MARKET)


def find_market(core: Core, item: Json, key: str) -> Market:
    """The market with the number in a field; raises MalformedError."""
    asset = integer(item, key)
    if asset >= len(core.markets) or core.markets[asset].asset != asset:
        raise MalformedError(f"no such asset: {asset}")
    return core.markets[asset]


def _order(core: Core, action: Json) -> Action:
    wires = items(action, "orders")
    priority = _priority(action)
    grouping = Grouping.NONE if priority else Grouping(one_of(action, "grouping", tuple(Grouping)))
    builder = None
    requests = [_request(core, wire) for wire in wires]
    form: Json = {
        "type": "order",
        "orders": [_canonical(wire) for wire in wires],
        "grouping": priority or grouping.value,
    }
    if action.get("builder") is not None:
        terms = mapping(action, "builder")
        builder = (address(terms, "b"), integer(terms, "f"))
        form["builder"] = ordered(terms, "b", "f")
    position = grouping is Grouping.POSITION
    if builder is not None or position:
        requests = [replace(each, builder=builder, position_tpsl=position) for each in requests]

    def run(account: Account) -> Json:
        if priority:
            raise ActionError(NO_PRIORITY)  # it is paid for from a stake, and nobody has one here
        return _place(core, account, requests, grouping)

    return Action(form, run, len(requests))


def _priority(action: Json) -> Json:
    """How much an order pays to go before others, as its form; empty where it pays nothing."""
    if not isinstance(action.get("grouping"), dict):
        return {}
    terms = mapping(action, "grouping")
    integer(terms, "p")
    return ordered(terms, "p")


def _place(core: Core, account: Account, requests: Sequence[OrderTerms], grouping: Grouping) -> Json:
    if not requests:
        return _statuses("order", [{"error": EMPTY}])
    builder = requests[0].builder
    if builder is not None and not _may_charge(core, account, *builder):
        return _statuses("order", [{"error": NOT_APPROVED}])
    outcomes = core.place(account, requests, grouping)
    if isinstance(outcomes, str):
        return _statuses("order", [{"error": outcomes}])
    return _statuses("order", [_outcome(outcome) for outcome in outcomes])


def _may_charge(core: Core, account: Account, builder: str, tenths: int) -> bool:
    master = account if account.master is None else core.accounts[account.master]
    # A builder that takes nothing is named for the record alone, and needs nobody's approval.
    return tenths <= min(master.builders.get(builder, 0), HIGHEST_BUILDER_FEE)


def _cancel(core: Core, action: Json) -> Action:
    wires = items(action, "cancels")
    cancels = [(find_market(core, wire, "a"), integer(wire, "o")) for wire in wires]
    form = {"type": "cancel", "cancels": [ordered(wire, "a", "o") for wire in wires]}
    return Action(_fast(action, form), lambda account: _cancel_all(core, account, cancels), len(cancels))


def _cancel_by_cloid(core: Core, action: Json) -> Action:
    wires = items(action, "cancels")
    cancels = [(find_market(core, wire, "asset"), cloid(wire, "cloid")) for wire in wires]
    form = {"type": "cancelByCloid", "cancels": [ordered(wire, "asset", "cloid") for wire in wires]}
    return Action(_fast(action, form), lambda account: _cancel_all(core, account, cancels), len(cancels))


def _fast(action: Json, form: Json) -> Json:
    """A cancel may ask to be fast, which makes no difference here."""
    return {**form, "f": True} if flag(action, "f") else form


def _cancel_all(core: Core, account: Account, cancels: Sequence[tuple[Market, int | str]]) -> Json:
    statuses: list[str | Json] = []
    for market, key in cancels:
        found = core.cancel(account, market, key)
        statuses.append("success" if found else {"error": f"{NOT_FOUND} asset={market.asset}"})
    return _statuses("cancel", statuses)


def _modify(core: Core, action: Json) -> Action:
    key, request = _modification(core, action)
    always = flag(action, "a")
    form = {"type": "modify"} | _canonical_modification(action)

    def run(account: Account) -> Json:
        outcome = core.modify(account, key, request, always=always)
        if isinstance(outcome, str):
            raise ActionError(outcome)
        return done()

    return Action(form, run)


def _batch_modify(core: Core, action: Json) -> Action:
    wires = items(action, "modifies")
    always = flag(action, "a")
    modifications = [(*_modification(core, wire), always or flag(wire, "a")) for wire in wires]
    form: Json = {"type": "batchModify", "modifies": [_canonical_modification(wire) for wire in wires]}
    if always:
        form["a"] = True

    def run(account: Account) -> Json:
        if not modifications:
            return _statuses("order", [{"error": EMPTY}])
        outcomes = [core.modify(account, key, request, always=a) for key, request, a in modifications]
        return _statuses(
            "order", [{"error": each} if isinstance(each, str) else _outcome(each) for each in outcomes]
        )

    return Action(form, run, len(modifications))


def _modification(core: Core, item: Json) -> tuple[int | str, OrderTerms]:
    return order_key(item, "oid"), _request(core, mapping(item, "order"))


def _canonical_modification(item: Json) -> Json:
    form = {"oid": item["oid"], "order": _canonical(item["order"])}
    return {**form, "a": True} if item.get("a") else form


def _request(core: Core, item: Json) -> OrderTerms:
    kind = mapping(item, "t")
    tif, trigger = None, None
    if "limit" in kind:
        tif = Tif(one_of(mapping(kind, "limit"), "tif", _TIFS))
    else:
        terms = mapping(kind, "trigger")
        tpsl = one_of(terms, "tpsl", ("tp", "sl"))
        trigger = TriggerTerms(
            decimal(terms, "triggerPx"), boolean(terms, "isMarket"), "tp" if tpsl == "tp" else "sl"
        )
    return OrderTerms(
        market=find_market(core, item, "a"),
        side=Side.BUY if boolean(item, "b") else Side.SELL,
        limit=decimal(item, "p"),
        size=decimal(item, "s"),
        reduce_only=boolean(item, "r"),
        tif=tif,
        trigger=trigger,
        cloid=None if item.get("c") is None else cloid(item, "c"),
    )


def _canonical(item: Json) -> Json:
    """An order as the exchange writes it; its shape is known to be right."""
    kind = item["t"]
    if "limit" in kind:
        shape: Json = {"limit": ordered(kind["limit"], "tif")}
    else:
        terms = {**kind["trigger"], "triggerPx": _plain(kind["trigger"]["triggerPx"])}
        shape = {"trigger": ordered(terms, "isMarket", "triggerPx", "tpsl")}
    plain_item = {**item, "p": _plain(item["p"]), "s": _plain(item["s"]), "t": shape}
    return ordered(plain_item, "a", "b", "p", "s", "r", "t", "c")


def _plain(amount: str) -> str:
    return plain(Decimal(amount))


def _statuses(kind: str, statuses: Sequence[str | Json]) -> Json:
    return {"status": "ok", "response": {"type": kind, "data": {"statuses": list(statuses)}}}


def _reference(order: VenueOrder) -> Json:
    cloid = order.request.cloid
    return {"oid": order.oid} if cloid is None else {"oid": order.oid, "cloid": cloid}


def _outcome(outcome: Outcome) -> str | Json:
    if isinstance(outcome, RefusedResult):
        return {"error": outcome.text}
    if isinstance(outcome, WaitingResult):
        return outcome.text
    if isinstance(outcome, FilledResult):
        average = (outcome.value / outcome.size).quantize(MICRO)
        traded = {"totalSz": number(outcome.size), "avgPx": number(average)}
        return {"filled": traded | _reference(outcome.order)}
    return {"resting": _reference(outcome.order)}


ACTIONS: dict[str, Parser] = {
    "order": _order,
    "cancel": _cancel,
    "cancelByCloid": _cancel_by_cloid,
    "modify": _modify,
    "batchModify": _batch_modify,
}
