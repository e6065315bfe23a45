"""Actions from JSON: every field checked, into typed records. What does not fit is malformed as a whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

from hypertui.market import Side, plain
from hypertui.venue.markets import Market
from hypertui.venue.orders import Json, OrderRequest, Tif, Trigger

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_CLOID = re.compile(r"0x[0-9a-fA-F]{32}")
_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,64}")
LARGEST_INT = (1 << 64) - 1


class MalformedError(Exception):
    """A body that does not have the shape of what it says it is."""


@dataclass(frozen=True, slots=True)
class PlaceOrders:
    """Orders to be placed one after the other."""

    requests: tuple[OrderRequest, ...]
    grouping: str


@dataclass(frozen=True, slots=True)
class CancelOrders:
    """Keys are order ids or client order ids. `kind` is the action's type."""

    kind: str
    cancels: tuple[tuple[Market, int | str], ...]


@dataclass(frozen=True, slots=True)
class UpdateLeverage:
    """A new leverage for one market, kept while there is no position."""

    market: Market
    is_cross: bool
    leverage: int


@dataclass(frozen=True, slots=True)
class ScheduleCancel:
    """`time` in ms, or None to unset it."""

    time: int | None


@dataclass(frozen=True, slots=True)
class ApproveAgent:
    """A user-signed permission for another key. `agent` is its address, `name` may carry an expiry."""

    chain: str
    agent: str
    name: str
    nonce: int


@dataclass(frozen=True, slots=True)
class Noop:
    """An action that does nothing but spend its nonce."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """An action that the real exchange knows and this one does not."""

    kind: str


Action = PlaceOrders | CancelOrders | UpdateLeverage | ScheduleCancel | ApproveAgent | Noop | Unsupported

UNSUPPORTED = frozenset(
    {
        "modify",
        "batchModify",
        "updateIsolatedMargin",
        "usdSend",
        "spotSend",
        "withdraw3",
        "usdClassTransfer",
        "sendAsset",
        "subAccountTransfer",
        "subAccountSpotTransfer",
        "createSubAccount",
        "vaultTransfer",
        "setReferrer",
        "approveBuilderFee",
        "twapOrder",
        "twapCancel",
        "reserveRequestWeight",
        "convertToMultiSigUser",
        "multiSig",
    }
)


class ActionParser:
    """Reads actions against the markets there are."""

    def __init__(self, markets: Sequence[Market]) -> None:
        self._markets = {market.asset: market for market in markets}

    def parse(self, action: Json) -> Action:
        """The action as a typed record; raises MalformedError."""
        kind = text(action, "type")
        if kind == "order":
            orders = tuple(self._order(item) for item in items(action, "orders"))
            return PlaceOrders(orders, one_of(action, "grouping", ("na", "normalTpsl", "positionTpsl")))
        if kind == "cancel":
            cancels = items(action, "cancels")
            return CancelOrders(
                kind, tuple((self._market(item, "a"), integer(item, "o")) for item in cancels)
            )
        if kind == "cancelByCloid":
            cancels = items(action, "cancels")
            return CancelOrders(
                kind, tuple((self._market(item, "asset"), cloid(item, "cloid")) for item in cancels)
            )
        if kind == "updateLeverage":
            market = self._market(action, "asset")
            return UpdateLeverage(market, boolean(action, "isCross"), integer(action, "leverage"))
        if kind == "scheduleCancel":
            return ScheduleCancel(None if action.get("time") is None else integer(action, "time"))
        if kind == "approveAgent":
            # The official client signs an empty name and then leaves it out of what it sends.
            name = "" if action.get("agentName") is None else text(action, "agentName")
            hex_number(action, "signatureChainId")
            return ApproveAgent(
                one_of(action, "hyperliquidChain", ("Mainnet", "Testnet")),
                address(action, "agentAddress"),
                name,
                integer(action, "nonce"),
            )
        if kind == "noop":
            return Noop()
        if kind in UNSUPPORTED:
            return Unsupported(kind)
        raise MalformedError(f"unknown action {kind!r}")

    def _market(self, item: Json, key: str) -> Market:
        market = self._markets.get(integer(item, key))
        if market is None:
            raise MalformedError(f"no such asset: {item[key]}")
        return market

    def _order(self, item: Json) -> OrderRequest:
        kind = mapping(item, "t")
        tif, trigger = None, None
        if "limit" in kind:
            tif = Tif(one_of(mapping(kind, "limit"), "tif", (Tif.GTC, Tif.IOC, Tif.ALO)))
        else:
            terms = mapping(kind, "trigger")
            tpsl = one_of(terms, "tpsl", ("tp", "sl"))
            trigger = Trigger(
                decimal(terms, "triggerPx"), boolean(terms, "isMarket"), "tp" if tpsl == "tp" else "sl"
            )
        return OrderRequest(
            market=self._market(item, "a"),
            side=Side.BUY if boolean(item, "b") else Side.SELL,
            limit=decimal(item, "p"),
            size=decimal(item, "s"),
            reduce_only=boolean(item, "r"),
            tif=tif,
            trigger=trigger,
            cloid=None if item.get("c") is None else cloid(item, "c"),
        )


def canonical(action: Json) -> Json:
    """The action as the exchange itself would write it: amounts without trailing zeros. An action that was
    signed in another form does not verify."""
    if action["type"] != "order":
        return action
    orders = []
    for order in action["orders"]:
        shape = {**order, "p": plain(Decimal(order["p"])), "s": plain(Decimal(order["s"]))}
        if "trigger" in order["t"]:
            terms = order["t"]["trigger"]
            shape["t"] = {"trigger": {**terms, "triggerPx": plain(Decimal(terms["triggerPx"]))}}
        orders.append(shape)
    return {**action, "orders": orders}


# Each of these takes one field of a JSON object and raises MalformedError if it is missing or something else.


def mapping(item: Mapping[str, Any], key: str) -> Json:
    """An object."""
    value = item.get(key)
    if not isinstance(value, dict):
        raise MalformedError(f"{key} is not an object")
    return value


def items(item: Mapping[str, Any], key: str) -> list[Json]:
    """A list of objects."""
    value = item.get(key)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise MalformedError(f"{key} is not a list of objects")
    return value


def text(item: Mapping[str, Any], key: str) -> str:
    """A string."""
    value = item.get(key)
    if not isinstance(value, str):
        raise MalformedError(f"{key} is not a string")
    return value


def one_of(item: Mapping[str, Any], key: str, choices: Sequence[str]) -> str:
    """One of the strings that are possible."""
    value = text(item, key)
    if value not in choices:
        raise MalformedError(f"{key} is none of {', '.join(choices)}")
    return value


def integer(item: Mapping[str, Any], key: str) -> int:
    """An unsigned integer of 64 bits."""
    value = item.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_INT:
        raise MalformedError(f"{key} is not an unsigned integer")
    return value


def integers(item: Mapping[str, Any], key: str) -> list[int]:
    """A list of unsigned integers of 64 bits."""
    value = item.get(key)
    if not isinstance(value, list):
        raise MalformedError(f"{key} is not a list of unsigned integers")
    return [integer({key: each}, key) for each in value]


def real(item: Mapping[str, Any], key: str) -> float:
    """A finite number."""
    value = item.get(key)
    if not isinstance(value, float) or not isfinite(value):
        raise MalformedError(f"{key} is not a finite number")
    return value


def boolean(item: Mapping[str, Any], key: str) -> bool:
    """true or false."""
    value = item.get(key)
    if not isinstance(value, bool):
        raise MalformedError(f"{key} is not a boolean")
    return value


def decimal(item: Mapping[str, Any], key: str) -> Decimal:
    """An amount in plain digits, as a string."""
    value = text(item, key)
    if not _DECIMAL.fullmatch(value):
        raise MalformedError(f"{key} is not a decimal")
    return Decimal(value)


def exact(item: Mapping[str, Any], key: str) -> Decimal:
    """A finite amount with any number of digits, as a string: what the venue itself wrote down."""
    try:
        value = Decimal(text(item, key))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise MalformedError(f"{key} is not a decimal")
    return value


def address(item: Mapping[str, Any], key: str) -> str:
    """A lower-case address."""
    value = text(item, key)
    if not _ADDRESS.fullmatch(value):
        raise MalformedError(f"{key} is not an address")
    return value.lower()


def cloid(item: Mapping[str, Any], key: str) -> str:
    """A lower-case client order id."""
    value = text(item, key)
    if not _CLOID.fullmatch(value):
        raise MalformedError(f"{key} is not a client order id")
    return value.lower()


def hex_number(item: Mapping[str, Any], key: str) -> int:
    """A number from hexadecimal digits, padded or not."""
    value = text(item, key)
    if not _HEX.fullmatch(value):
        raise MalformedError(f"{key} is not a hexadecimal number")
    return int(value, 16)
