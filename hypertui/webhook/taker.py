"""Who takes what has come through the door."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

from hypertui.core.intents import IntentReason
from hypertui.intents.gate import Alert
from hypertui.intents.received import Received

# Why somebody is turned away.
Denial: TypeAlias = Literal["secret", "path", "address", "size", "rate", "slow"]


class AlertTaker(Protocol):
    """To be used on one loop. Sources are called by their names in the settings."""

    def deny(self, why: Denial) -> None:
        """Count somebody who was turned away before it was known to be anybody's alert."""

    async def receive(self, name: str, alert: Alert) -> Received:
        """Have an alert written down, and something done about it. Raises NotWritten."""

    async def reject(self, name: str, verb: str, reason: IntentReason, text: str) -> Received:
        """Have it written down that what a source wanted came to nothing. Raises NotWritten."""
