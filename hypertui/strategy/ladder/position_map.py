"""The position map: the orders placed at each unit, with their histories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.core.kept import GIVEN
from hypertui.core.market import ZERO, Fill, Side

ORDERS_KEPT = 12  # of each unit


@dataclass(slots=True)
class MapOrder:
    """One order of a unit. `statuses` are (ms, word) in the order in which they came."""

    client_id: str
    unit: int
    side: Side
    size: Decimal
    statuses: list[tuple[int, str]] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    realized_pnl: Decimal = ZERO

    @property
    def status(self) -> str:
        """The newest status."""
        return self.statuses[-1][1]

    @property
    def filled(self) -> Decimal:
        """Coins executed so far."""
        return sum((fill.size for fill in self.fills), ZERO)


@dataclass(slots=True)
class UnitHistory:
    """What has happened at one unit: how many orders were `placed` there, the newest of them, oldest first,
    and what sales realised (USD; None where nothing was sold). `changes` counts what became of it, so that
    what was made of it can be kept."""

    placed: int = 0
    orders: list[MapOrder] = field(default_factory=list)
    realized_pnl: Decimal | None = None
    changes: int = 0


_NOTHING = UnitHistory()


@dataclass(slots=True)
class PositionMap:
    """Grows lazily in both directions; the last order of a unit is the live one, if any is. It keeps the
    newest orders of each unit, and counts all of them; every one ever placed is in the journal."""

    units: dict[int, UnitHistory] = field(default_factory=dict)
    _orders: dict[str, MapOrder] = field(
        default_factory=dict, compare=False, metadata=GIVEN
    )  # the same, by id

    def __contains__(self, unit: int) -> bool:
        return unit in self.units

    def __iter__(self) -> Iterator[int]:
        """Units with orders, highest first."""
        return iter(sorted(self.units, reverse=True))

    def at(self, unit: int) -> UnitHistory:
        """The history of a unit; an empty one where nothing has happened."""
        return self.units.get(unit, _NOTHING)

    def orders(self, unit: int) -> tuple[MapOrder, ...]:
        """The newest orders placed at `unit`, oldest first."""
        return tuple(self.at(unit).orders)

    def find(self, client_id: str) -> MapOrder | None:
        """An order by its client id; None for one that is not among the newest of its unit."""
        return self._orders.get(client_id)

    def placed(self, unit: int, client_id: str, side: Side, size: Decimal, at: int, status: str) -> None:
        """Write down a new order."""
        order = MapOrder(client_id, unit, side, size, [(at, status)])
        history = self.units.setdefault(unit, UnitHistory())
        history.orders.append(order)
        history.placed += 1
        history.changes += 1
        self._orders[client_id] = order
        if len(history.orders) > ORDERS_KEPT:
            del self._orders[history.orders.pop(0).client_id]

    def status(self, client_id: str, status: str, at: int) -> bool:
        """Write down what became of an order. Saying the same twice in a row changes nothing; returns whether
        it was news."""
        order = self._orders.get(client_id)
        if order is None or order.status == status:
            return False
        order.statuses.append((at, status))
        self.units[order.unit].changes += 1
        return True

    def filled(self, client_id: str, fill: Fill, realized_pnl: Decimal) -> None:
        """Write down an execution and what it realised, in USD; one that no order here made has no place."""
        order = self._orders.get(client_id)
        if order is None:
            return
        order.fills.append(fill)
        order.realized_pnl += realized_pnl
        history = self.units[order.unit]
        history.changes += 1
        if fill.side is Side.SELL:
            history.realized_pnl = (history.realized_pnl or ZERO) + realized_pnl

    def index(self) -> None:
        """Find the orders by their ids again, after the units were restored."""
        self._orders = {order.client_id: order for each in self.units.values() for order in each.orders}
