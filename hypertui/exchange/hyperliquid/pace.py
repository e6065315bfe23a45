"""How patient the feed is."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the feed is, in seconds, and where its time and chance come from.

    The venue hangs up after 60 s in which it had nothing to send; a ping makes it send. A subscription that
    is not acknowledged is asked for again after `ask_again`. Waits between attempts are drawn between
    `first_wait` and a bound that doubles from there up to `longest_wait`.
    """

    ping_every: float = 15.0
    silence: float = 30.0
    open_timeout: float = 10.0
    close_timeout: float = 1.0
    ask_again: float = 3.0
    first_wait: float = 0.25
    longest_wait: float = 30.0
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def wait(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row (from 1)."""
        # The exponent is capped because a float overflows after a few hundred doublings.
        bound = min(self.longest_wait, self.first_wait * 2.0 ** min(failures, 32))
        return self.first_wait + self.chance() * (bound - self.first_wait)
