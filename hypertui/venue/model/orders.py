"""Orders as the venue keeps them: what was asked for, how far it got, and how it is shown on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from hypertui.core.market import ZERO, Side
from hypertui.venue.model.markets import Market, number

Json = dict[str, Any]


class Tif(StrEnum):
    """How long a limit order lives."""

    GTC = "Gtc"
    IOC = "Ioc"
    ALO = "Alo"
    MARKET = "FrontendMarket"  # what the exchange's own site sends: an IOC under another name
    LIQUIDATION = "LiquidationMarket"  # the venue's own, never asked for

    @property
    def immediate(self) -> bool:
        """Whether what does not trade at once is dropped."""
        return self in (Tif.IOC, Tif.MARKET)


@dataclass(frozen=True, slots=True)
class TriggerTerms:
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
class OrderTerms:
    """One order as it was asked for. `tif` is None exactly when there is a trigger.

    `builder` is who is paid on top, and how many tenths of a basis point. An order of `position_tpsl`
    belongs to the position; with a size of 0 it closes all of it.
    """

    market: Market
    side: Side
    limit: Decimal
    size: Decimal
    reduce_only: bool
    tif: Tif | None
    trigger: TriggerTerms | None = None
    cloid: str | None = None
    builder: tuple[str, int] | None = None
    position_tpsl: bool = False


@dataclass(slots=True, eq=False)
class VenueOrder:
    """One order of `owner` (address). `remaining` is what may still be filled, `filled` what was, in coins;
    times are in ms.

    It is live while `status` is open or triggered, and changes to exactly one other status once.
    """

    oid: int
    owner: str
    request: OrderTerms
    remaining: Decimal
    time: int
    status: str = "open"
    status_time: int = field(init=False)
    filled: Decimal = ZERO
    group: Group | None = None
    resting: bool = False  # in the book

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

    @property
    def armed(self) -> bool:
        """Whether its trigger may fire: not that of a child whose parent still works."""
        return self.group is None or self.group.parent is None or self.group.parent is self

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


@dataclass(slots=True, eq=False)
class Group:
    """Take-profit and stop-loss orders that belong together: when one of them has filled, the others go.

    They wait for the `parent` to fill as long as there is one. `children` are those that still work.
    """

    parent: VenueOrder | None
    children: list[VenueOrder] = field(default_factory=list)


class StatusEvent(NamedTuple):
    """An order took a status at `time` (ms) with so many coins remaining."""

    order: VenueOrder
    status: str
    remaining: Decimal
    time: int


def side_letter(side: Side) -> str:
    """A side as the wire names it: bid or ask."""
    return "B" if side is Side.BUY else "A"


def basic(order: VenueOrder, remaining: Decimal | None = None) -> Json:
    """The short form of openOrders and orderUpdates."""
    shape: Json = {
        "coin": order.symbol,
        "side": side_letter(order.side),
        "limitPx": number(order.limit),
        "sz": number(order.remaining if remaining is None else remaining),
        "oid": order.oid,
        "timestamp": order.time,
        "origSz": number(order.request.size),
    }
    if order.request.cloid is not None:
        shape["cloid"] = order.request.cloid
    if order.request.reduce_only:
        shape["reduceOnly"] = True
    return shape


def _order_type(request: OrderTerms) -> str:
    if request.trigger is None:
        return "Market" if request.tif in (Tif.LIQUIDATION, Tif.MARKET) else "Limit"
    kind = "Stop" if request.trigger.tpsl == "sl" else "Take Profit"
    return f"{kind} {'Market' if request.trigger.is_market else 'Limit'}"


def frontend(order: VenueOrder, remaining: Decimal | None = None) -> Json:
    """The long form of frontendOpenOrders, orderStatus and historicalOrders."""
    request = order.request
    trigger = request.trigger
    condition = "N/A"
    if trigger is not None:
        condition = f"Price {'above' if trigger.above(request.side) else 'below'} {number(trigger.price)}"
    group = order.group
    children = group.children if group is not None and group.parent is order else ()
    return basic(order, remaining) | {
        "triggerCondition": condition,
        "isTrigger": trigger is not None,
        "triggerPx": "0.0" if trigger is None else number(trigger.price),
        "children": [frontend(child) for child in children],
        "isPositionTpsl": request.position_tpsl,
        "reduceOnly": request.reduce_only,
        "orderType": _order_type(request),
        "tif": None if request.tif is None else request.tif.value,
        "cloid": request.cloid,
    }


def history_row(event: StatusEvent) -> Json:
    """A row of historicalOrders."""
    return {
        "order": frontend(event.order, event.remaining),
        "status": event.status,
        "statusTimestamp": event.time,
    }
