"""Orders as the venue keeps them: what was asked for, how far it got, and how it is shown on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from hypertui.market import Side
from hypertui.venue.markets import Market, number

Json = dict[str, Any]


class Tif(StrEnum):
    """How long a limit order lives."""

    GTC = "Gtc"
    IOC = "Ioc"
    ALO = "Alo"
    LIQUIDATION = "LiquidationMarket"  # the venue's own, never asked for


@dataclass(frozen=True, slots=True)
class Trigger:
    """What wakes an order: the mark at or through `price` (USD)."""

    price: Decimal
    is_market: bool
    tpsl: Literal["tp", "sl"]

    def above(self, side: Side) -> bool:
        """Whether an order of `side` fires on a rising price."""
        return (self.tpsl == "sl") == (side is Side.BUY)

    def fires(self, side: Side, mark: Decimal) -> bool:
        """Whether `mark` (USD) touches or passes the price; touching counts."""
        return mark >= self.price if self.above(side) else mark <= self.price


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """One order as it was asked for. `tif` is None exactly when there is a trigger."""

    market: Market
    side: Side
    limit: Decimal
    size: Decimal
    reduce_only: bool
    tif: Tif | None
    trigger: Trigger | None = None
    cloid: str | None = None


@dataclass(slots=True, eq=False)
class VenueOrder:
    """One order of `owner` (address). `remaining` is what may still be filled, in coins; times are in ms.

    It is live while `status` is open or triggered, and changes to exactly one other status once.
    """

    oid: int
    owner: str
    request: OrderRequest
    remaining: Decimal
    time: int
    status: str = "open"
    status_time: int = field(init=False)

    def __post_init__(self) -> None:
        self.status_time = self.time

    @property
    def live(self) -> bool:
        """Whether it still works."""
        return self.status in ("open", "triggered")

    @property
    def waiting(self) -> bool:
        """Whether it is a trigger that has not fired."""
        return self.request.trigger is not None and self.status == "open"

    def due(self, mark: Decimal) -> bool:
        """Whether it waits for a trigger that `mark` (USD) has reached."""
        trigger = self.request.trigger
        return self.waiting and trigger is not None and trigger.fires(self.side, mark)

    @property
    def symbol(self) -> str:
        return self.request.market.symbol

    @property
    def side(self) -> Side:
        return self.request.side

    @property
    def limit(self) -> Decimal:
        return self.request.limit

    def end(self, status: str, now: int) -> None:
        """Take the order's last status; RuntimeError if it has one already."""
        if not self.live:
            raise RuntimeError(f"order {self.oid} ended twice: {self.status}, then {status}")
        self.status = status
        self.status_time = now


def side_letter(side: Side) -> str:
    """A side as the wire names it: bid or ask."""
    return "B" if side is Side.BUY else "A"


def basic(order: VenueOrder) -> Json:
    """The short form of openOrders and orderUpdates."""
    shape: Json = {
        "coin": order.symbol,
        "side": side_letter(order.side),
        "limitPx": number(order.limit),
        "sz": number(order.remaining),
        "oid": order.oid,
        "timestamp": order.time,
        "origSz": number(order.request.size),
    }
    if order.request.cloid is not None:
        shape["cloid"] = order.request.cloid
    if order.request.reduce_only:
        shape["reduceOnly"] = True
    return shape


def _order_type(request: OrderRequest) -> str:
    if request.trigger is None:
        return "Market" if request.tif is Tif.LIQUIDATION else "Limit"
    kind = "Stop" if request.trigger.tpsl == "sl" else "Take Profit"
    return f"{kind} {'Market' if request.trigger.is_market else 'Limit'}"


def frontend(order: VenueOrder) -> Json:
    """The long form of frontendOpenOrders, orderStatus and historicalOrders."""
    request = order.request
    trigger = request.trigger
    condition = "N/A"
    if trigger is not None:
        condition = f"Price {'above' if trigger.above(request.side) else 'below'} {number(trigger.price)}"
    return basic(order) | {
        "triggerCondition": condition,
        "isTrigger": trigger is not None,
        "triggerPx": "0.0" if trigger is None else number(trigger.price),
        "children": [],
        "isPositionTpsl": False,
        "reduceOnly": request.reduce_only,
        "orderType": _order_type(request),
        "tif": None if request.tif is None else request.tif.value,
        "cloid": request.cloid,
    }
