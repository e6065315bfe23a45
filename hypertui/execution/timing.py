"""How long a trade waits for the exchange."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """In ms: before an unanswered order is asked about, until an action expires, and at most between two
    looks at what time alone changes."""

    confirm_after: int = 2_000
    expires_after: int = 5_000
    beat: int = 250
