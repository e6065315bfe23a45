"""Our orders as the SDK takes them. The SDK takes floats: each is proven to reach the wire unchanged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypedDict

from hyperliquid.utils.signing import float_to_wire
from hyperliquid.utils.types import Cloid

from hypertui.core.market import Grouping, Order, OrderType, Side, TimeInForce, plain
from hypertui.exchange.protocol import Rejected

TIFS: Mapping[TimeInForce, str] = {
    TimeInForce.GTC: "Gtc",
    TimeInForce.ALO: "Alo",
    TimeInForce.IOC: "Ioc",
}

_CLIENT_ID = re.compile(r"0x[0-9a-f]{32}")
# Whether what a trigger wakes goes to the market at once, and from which side the price comes.
_TRIGGERS: Mapping[OrderType, tuple[bool, str]] = {
    OrderType.STOP_MARKET: (True, "sl"),
    OrderType.STOP_LIMIT: (False, "sl"),
    OrderType.TAKE_PROFIT: (True, "tp"),
    OrderType.TAKE_PROFIT_LIMIT: (False, "tp"),
}


class OrderRequest(TypedDict):
    """What the SDK wants to know of an order."""

    coin: str
    is_buy: bool
    sz: float
    limit_px: float
    order_type: dict[str, dict[str, object]]
    reduce_only: bool
    cloid: Cloid


def exact_float(amount: Decimal) -> float:
    """The float that the SDK turns back into exactly `amount` on the wire.

    Raises Rejected when there is none, so that nothing but what was decided is ever sent.
    """
    number = float(amount)
    try:
        text = float_to_wire(number)
    except ValueError:
        text = "NaN"
    if Decimal(text) != amount:
        raise Rejected(f"{plain(amount)} cannot be sent without rounding")
    return number


def cloid_of(text: str) -> Cloid:
    """The SDK's client id; raises Rejected unless it is 0x and 32 hex digits, lower case."""
    if _CLIENT_ID.fullmatch(text) is None:
        raise Rejected(f"not a client order id: {text!r}")
    return Cloid(text)


def order_requests(orders: Sequence[Order], grouping: Grouping = Grouping.NONE) -> list[OrderRequest]:
    """What the SDK sends for `orders`; raises Rejected if one of them cannot be sent exactly as it is, or
    would mean something else than its rules say."""
    for order in orders:
        whole_position = grouping is Grouping.POSITION and order.reduce_only
        if order.size < 0 or (order.size == 0 and not whole_position):
            raise Rejected(f"order {order.client_id}: its size is {plain(order.size)}")
    return [order_request(order) for order in orders]


def order_request(order: Order) -> OrderRequest:
    """What the SDK sends for `order`; raises Rejected if it cannot be sent exactly as it is."""
    return {
        "coin": order.symbol,
        "is_buy": order.side is Side.BUY,
        "sz": exact_float(order.size),
        "limit_px": exact_float(order.limit),
        "order_type": _order_type(order),
        "reduce_only": order.reduce_only,
        "cloid": cloid_of(order.client_id),
    }


def _order_type(order: Order) -> dict[str, dict[str, object]]:
    if (order.trigger is not None) != order.type.has_trigger:
        needs = "needs a trigger price" if order.trigger is None else "has no trigger price"
        raise Rejected(f"order {order.client_id} of type {order.type.value} {needs}")
    if order.trigger is None:
        return {"limit": {"tif": TIFS[TimeInForce.IOC if order.is_immediate else order.tif]}}
    is_market, tpsl = _TRIGGERS[order.type]
    return {"trigger": {"isMarket": is_market, "triggerPx": exact_float(order.trigger), "tpsl": tpsl}}
