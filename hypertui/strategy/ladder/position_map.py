"""The position map: every order ever placed at each unit, with its history. Never pruned in a trade."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.core.market import ZERO, Fill, Side

WORKING = "working"
_EXECUTIONS_KEPT = 200


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


@dataclass(frozen=True, slots=True)
class Execution:
    """A fill with the unit of its order, None if no order of a unit made it (the entry, or what was adopted),
    and what it realised, in USD."""

    fill: Fill
    unit: int | None
    realized_pnl: Decimal


class PositionMap:
    """Grows lazily in both directions; the last order of a unit is the live one, if any is.

    `executions` are the newest fills, oldest first.
    """

    def __init__(self) -> None:
        self._units: dict[int, list[MapOrder]] = {}
        self._orders: dict[str, MapOrder] = {}
        self._realized: dict[int, Decimal] = {}  # by unit; screens ask for it many times for each sale
        self._changes: dict[int, int] = {}
        self.executions: deque[Execution] = deque(maxlen=_EXECUTIONS_KEPT)

    def __contains__(self, unit: int) -> bool:
        return unit in self._units

    def __iter__(self) -> Iterator[int]:
        """Units with orders, highest first."""
        return iter(sorted(self._units, reverse=True))

    def orders(self, unit: int) -> tuple[MapOrder, ...]:
        """All orders ever placed at `unit`, oldest first."""
        return tuple(self._units.get(unit, ()))

    def changes(self, unit: int) -> int:
        """How often anything about a unit has changed, so that what was made of it can be kept."""
        return self._changes.get(unit, 0)

    def find(self, client_id: str) -> MapOrder | None:
        """An order by its client id."""
        return self._orders.get(client_id)

    def placed(self, unit: int, client_id: str, side: Side, size: Decimal, at: int, status: str) -> None:
        """Write down a new order."""
        order = MapOrder(client_id, unit, side, size, [(at, status)])
        self._units.setdefault(unit, []).append(order)
        self._orders[client_id] = order
        self._changed(unit)

    def status(self, client_id: str, status: str, at: int) -> bool:
        """Write down what became of an order. Saying the same twice in a row changes nothing; returns whether
        it was news."""
        order = self._orders[client_id]
        if order.status == status:
            return False
        order.statuses.append((at, status))
        self._changed(order.unit)
        return True

    def filled(self, client_id: str | None, fill: Fill, realized_pnl: Decimal) -> None:
        """Write down an execution and what it realised, in USD; one that no order here made has no unit."""
        order = None if client_id is None else self._orders[client_id]
        self.executions.append(Execution(fill, None if order is None else order.unit, realized_pnl))
        if order is not None:
            order.fills.append(fill)
            order.realized_pnl += realized_pnl
            if order.side is Side.SELL:
                self._realized[order.unit] = self._realized.get(order.unit, ZERO) + realized_pnl
            self._changed(order.unit)

    def realized_pnl(self, unit: int) -> Decimal | None:
        """What the sales at `unit` have realised, in USD; None where nothing was sold."""
        return self._realized.get(unit)

    def _changed(self, unit: int) -> None:
        self._changes[unit] = self._changes.get(unit, 0) + 1
