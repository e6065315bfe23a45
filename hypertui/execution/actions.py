"""What is sent to the exchange: orders, cancels, questions about orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from hypertui.core.market import Order
from hypertui.execution.orders import OwnOrder
from hypertui.runtime.request_budget import Purpose


@dataclass(frozen=True, slots=True)
class Place:
    """Send these orders as one action."""

    orders: tuple[OwnOrder, ...]

    @property
    def only_rests(self) -> bool:
        """Whether these are stops that wait at the exchange for their triggers, and nothing else."""
        return all(is_resting_stop(order.order) for order in self.orders)

    @property
    def purpose(self) -> Purpose:
        """What the most important one of them is for."""
        return min(purpose_of(order.order) for order in self.orders)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel these orders in one action."""

    orders: tuple[OwnOrder, ...]
    purpose: Purpose = Purpose.CANCEL


@dataclass(frozen=True, slots=True)
class AskAbout:
    """Ask the venue what became of this order, and for its fills if it may have any."""

    order: OwnOrder


Action: TypeAlias = Place | Cancel | AskAbout


def is_resting_stop(order: Order) -> bool:
    """Whether an order only reduces the position, and only once its trigger is touched."""
    return order.reduce_only and order.trigger is not None


def has_resting_stops(action: Action) -> bool:
    """Whether it places any of these."""
    return isinstance(action, Place) and any(is_resting_stop(order.order) for order in action.orders)


def purpose_of(order: Order) -> Purpose:
    """What an order is for: whatever reduces the position protects."""
    return Purpose.PROTECT if order.reduce_only else Purpose.BUY
