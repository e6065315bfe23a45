"""The meter: what this client has sent, against what the venue allows.

Two limits hold at once (Hyperliquid documentation, "Rate limits and user limits"): each address on the
internet has 1,200 of request weight a minute, and each account may send one action for each USDC that it has
ever traded, beyond a first 10,000.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from hypertui.exchange.protocol import Allowance

WEIGHT_LIMIT = 1_200  # a minute
_REFILL = WEIGHT_LIMIT / 60  # a second

# What one question costs. Longer answers cost one more for each 20 rows, or 60 candles.
LIGHT = 2  # clearinghouseState, orderStatus, l2Book, allMids
USUAL = 20
ROLE = 60  # userRole
_ROWS = 20
CANDLES = 60
_ACTIONS = 40  # an action costs one more for each 40 orders or cancels in it


class RateMeter:
    """Counts for one thread; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._weight = float(WEIGHT_LIMIT)
        self._at = clock()
        self._requests: int | None = None
        self._requests_limit: int | None = None
        self.spent = 0  # weight, since the beginning

    @property
    def allowance(self) -> Allowance:
        """What is left now."""
        self._refill()
        return Allowance(int(self._weight), WEIGHT_LIMIT, self._requests, self._requests_limit)

    def asked(self, weight: int) -> None:
        """A question goes out."""
        self._refill()
        self.spent += weight
        self._weight = max(0.0, self._weight - weight)

    def answered(self, rows: int, per_weight: int = _ROWS) -> None:
        """An answer with that many rows has come."""
        self.asked(rows // per_weight)

    def acted(self, parts: int) -> None:
        """An action with that many orders or cancels goes out."""
        self.asked(1 + parts // _ACTIONS)
        if self._requests is not None:
            self._requests -= parts

    def throttled(self) -> None:
        """The venue has said that the weight is used up: others may share the address."""
        self._refill()
        self._weight = 0.0

    def account(self, used: int, limit: int) -> None:
        """The venue has said how many actions the account has used, and how many it has."""
        self._requests, self._requests_limit = limit - used, limit

    def _refill(self) -> None:
        now = self._clock()
        self._weight = min(float(WEIGHT_LIMIT), self._weight + (now - self._at) * _REFILL)
        self._at = now
