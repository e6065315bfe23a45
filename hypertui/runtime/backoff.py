"""Backoff with full jitter after refusals by the exchange.

Clients behind one address run into its limit together. Each of them waits as long as the venue asks for, and
then for a chance moment of a span that grows with each refusal, so that they do not come back together.
"""

from __future__ import annotations

from random import Random

from hypertui.exchange.protocol import ExchangeError, RateLimited

_FIRST = 0.5  # seconds: the span after the first refusal
LONGEST = 16.0
_DOUBLINGS = 32  # a float overflows after a few hundred of them


class Backoff:
    """Full jitter. `first` is its span after the first refusal and `longest` bounds it, in seconds."""

    def __init__(self, random: Random, longest: float = LONGEST, first: float = _FIRST) -> None:
        self._random = random
        self._longest = longest
        self._first = first

    def wait(self, retry_after: float, failures: int) -> float:
        """Seconds to wait after so many refusals in a row (from 1), at least `retry_after` (seconds)."""
        span = min(self._longest, self._first * 2 ** min(failures - 1, _DOUBLINGS))
        return retry_after + self._random.uniform(0, span)

    def after(self, error: ExchangeError, failures: int, otherwise: float) -> float:
        """Seconds to wait after an error: by this rule where the venue asks for less, else `otherwise`."""
        return self.wait(error.retry_after, failures) if isinstance(error, RateLimited) else otherwise
