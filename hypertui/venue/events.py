"""What the core tells its listeners: everything that one entry into it changed, as one batch.

Shapes are those of the wire, made at the moment of the change, so that later changes do not reach back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypertui.venue.orders import Json


@dataclass(slots=True)
class Batch:
    """Changes at `time` (ms). Keys are account addresses or symbols; lists are in the order of events."""

    time: int
    orders: dict[str, list[Json]] = field(default_factory=dict)
    fills: dict[str, list[Json]] = field(default_factory=dict)
    cancels: dict[str, list[Json]] = field(default_factory=dict)  # by the venue itself
    funding: dict[str, list[Json]] = field(default_factory=dict)
    ledger: dict[str, list[Json]] = field(default_factory=dict)
    liquidations: dict[str, list[Json]] = field(default_factory=dict)
    trades: dict[str, list[Json]] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)  # symbols whose mark or book changed

    @property
    def empty(self) -> bool:
        """Whether nothing changed."""
        return not (
            self.orders
            or self.fills
            or self.cancels
            or self.funding
            or self.ledger
            or self.liquidations
            or self.trades
            or self.moved
        )


Listener = Callable[[Batch], None]
