"""What is sent to the exchange: orders, cancels, questions about orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from hypertui.core.market import Grouping
from hypertui.core.purpose import Purpose
from hypertui.execution.orders import OwnOrder


@dataclass(frozen=True, slots=True)
class Place:
    """Send these orders as one action."""

    orders: tuple[OwnOrder, ...]
    grouping: Grouping = Grouping.NONE

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
