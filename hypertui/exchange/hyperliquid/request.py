"""Our orders as the SDK takes them. The SDK takes floats: each is proven to reach the wire unchanged."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TypedDict

from hyperliquid.utils.signing import float_to_wire
from hyperliquid.utils.types import Cloid

from hypertui.core.market import Order, OrderType, Side, plain
from hypertui.exchange.protocol import Rejected

_CLIENT_ID = re.compile(r"0x[0-9a-f]{32}")


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
    if (order.trigger is None) != (order.type is OrderType.IOC):
        raise Rejected(f"order {order.client_id}: a stop needs a trigger price, an IOC has none")
    if order.trigger is None:
        return {"limit": {"tif": "Ioc"}}
    terms = {"isMarket": order.type is not OrderType.STOP_LIMIT, "triggerPx": exact_float(order.trigger)}
    return {"trigger": {**terms, "tpsl": "tp" if order.type is OrderType.TAKE_PROFIT else "sl"}}
