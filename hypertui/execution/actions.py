"""What is sent to the exchange: orders, cancels, questions about orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from hypertui.core.market import Grouping, Order
from hypertui.core.purpose import Purpose
from hypertui.execution.orders import OwnOrder


@dataclass(frozen=True, slots=True)
class Place:
    """Send these orders as one action."""

    orders: tuple[OwnOrder, ...]
    grouping: Grouping = Grouping.NONE

    @property
    def only_rests(self) -> bool:
        """Whether these are stops that wait at the exchange for their triggers, and nothing else."""
        return all(is_resting_stop(order.order) for order in self.orders)

    @property
    def purpose(self) -> Purpose:
        """What the most important one of them is for."""
        return min(order.purpose for order in self.orders)


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
