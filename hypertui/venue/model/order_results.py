"""What becomes of an order at once when it is placed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypertui.venue.model.orders import VenueOrder

WAITING_FOR_FILL = "waitingForFill"
WAITING_FOR_TRIGGER = "waitingForTrigger"


@dataclass(frozen=True, slots=True)
class RestingResult:
    """The order works."""

    order: VenueOrder


@dataclass(frozen=True, slots=True)
class FilledResult:
    """The order traded at once, perhaps in part: `size` coins for `value` USD."""

    order: VenueOrder
    size: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class RefusedResult:
    """The order was refused, in the venue's words."""

    order: VenueOrder
    text: str


@dataclass(frozen=True, slots=True)
class WaitingResult:
    """The order belongs to a group, and waits for what `text` says."""

    order: VenueOrder
    text: str


Outcome = RestingResult | FilledResult | RefusedResult | WaitingResult
