"""The request budget: what may be sent now, the protection of coins first.

The venue lets a client send only so much, and asks for a pause when that is used up. What is left is spent in
the order of `Purpose`: long before a stop would have to wait, questions, buys and cancels do.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hypertui.core.purpose import Purpose
from hypertui.exchange.protocol import Allowance, NotAuthorized, RateLimited, Rejected
from hypertui.runtime.backoff import Backoff
from hypertui.runtime.clock_sync import ClockSync

_SOON = 4.0  # seconds: the longest span before another try where no pause was asked for, or none is kept
_REFUSED = 8.0  # the same where the venue has understood and refused: it will until something changes
_KEY_REFUSED = 60.0  # and where it refuses whoever signs: a key that is lost does not come back by itself


# What has to be left of the weight, and of the account's actions, for a request of that purpose to be sent.
# Protection is always tried: what is left is an estimate, and a refusal costs nothing.
_WEIGHT_KEPT = {
    Purpose.CANCEL: 100,
    Purpose.REDUCE: 150,
    Purpose.OPEN: 200,
    Purpose.ASK: 300,
    Purpose.SHOW: 400,
}
REQUESTS_FOR_STOPS = 200
_REQUESTS_KEPT = {Purpose.REDUCE: REQUESTS_FOR_STOPS, Purpose.OPEN: REQUESTS_FOR_STOPS}
_NAMES = {
    Purpose.PROTECT: "stops",
    Purpose.CANCEL: "cancels",
    Purpose.REDUCE: "targets",
    Purpose.OPEN: "buys",
    Purpose.ASK: "questions",
    Purpose.SHOW: "questions",
}

_AFTER_PROTECTION = (Purpose.CANCEL, Purpose.REDUCE, Purpose.OPEN)


class Throttle:
    """Until when (ms) the venue has asked an account for less, by purpose: all trades of the account keep to
    it."""

    def __init__(self) -> None:
        self._until = dict.fromkeys(Purpose, 0)

    def until(self, purpose: Purpose) -> int:
        """When something may be sent for this purpose again."""
        return self._until[purpose]

    def hold(self, purpose: Purpose, until: int) -> None:
        """Nothing goes for this purpose before that."""
        self._until[purpose] = max(self._until[purpose], until)


class RequestBudget:
    """Of one trade: asked before anything is sent, and told of what was refused. `allowance` is the venue's,
    `random` serves the jitter, `clock` gives ms. What the venue refuses one trade delays no other; what it
    asks of the account (`throttle`) holds for all."""

    def __init__(
        self,
        allowance: Callable[[], Allowance],
        skew: ClockSync,
        clock: Callable[[], int],
        random: Random,
        throttle: Throttle | None = None,
    ) -> None:
        self._throttle = throttle or Throttle()
        self._allowance = allowance
        self._skew = skew
        self._clock = clock
        self._soon = Backoff(random, _SOON)
        self._refused = Backoff(random, _REFUSED)
        self._key_refused = Backoff(random, _KEY_REFUSED)
        self._later = Backoff(random)
        self._until = dict.fromkeys(Purpose, 0)
        self._failures = dict.fromkeys(Purpose, 0)

    def refuses(self, purpose: Purpose) -> str:
        """Why an action for this purpose may not be sent now, in words; empty when it may."""
        return self._skew.in_words() if self._skew.too_far else self._shortage(purpose)

    def allows(self, purpose: Purpose) -> bool:
        """Whether an action for this purpose may be sent now."""
        return not self.refuses(purpose)

    def allows_question(self, about: Purpose = Purpose.ASK) -> bool:
        """Whether something may be asked. The clock is no matter then, nor is how many actions the account
        has left: a question is none."""
        if about is Purpose.PROTECT:
            return not self._shortage(about)
        return self._clock() >= self._waits_until(Purpose.ASK) and (
            self._allowance().weight >= _WEIGHT_KEPT[about]
        )

    @property
    def questions_wait(self) -> float:
        """Seconds until something may be asked again after a refusal; 0 where none stands in the way."""
        return max(0, self._waits_until(Purpose.ASK) - self._clock()) / 1000

    def _shortage(self, purpose: Purpose) -> str:
        if self._clock() < self._waits_until(purpose):
            return f"{_NAMES[purpose]}: the exchange asks for a pause"
        if purpose is Purpose.PROTECT:
            return ""
        left = self._allowance()
        if left.weight < _WEIGHT_KEPT[purpose]:
            return f"{left.weight} of {left.weight_limit} request weight left, kept for stops"
        kept = _REQUESTS_KEPT.get(purpose, 0)
        if left.requests is not None and left.requests < kept:
            return f"{left.requests} requests of the account left, kept for stops"
        return ""

    def answered(self, purpose: Purpose) -> None:
        """The venue took what was sent."""
        self._failures[purpose] = 0

    def refused(self, purpose: Purpose, error: Exception) -> None:
        """Nothing came of what was sent: it and all that matters less wait, longer each time. Where the venue
        asks for less, only protection is tried again before the time it names."""
        self._failures[purpose] += 1
        failures = self._failures[purpose]
        soon = self._pause(error, failures)
        self._wait(purpose, soon)
        if isinstance(error, RateLimited):
            later = self._later.wait(error.retry_after, failures)
            for other in (*_AFTER_PROTECTION, *(() if error.actions_only else (Purpose.ASK,))):
                self._throttle.hold(other, self._in(later))
            return
        for other in _AFTER_PROTECTION:
            if other > purpose:
                self._wait(other, soon)

    def failures(self, purpose: Purpose) -> int:
        """How many in a row nothing came of."""
        return self._failures[purpose]

    def _pause(self, error: Exception, failures: int) -> float:
        match error:
            case NotAuthorized():
                return self._key_refused.wait(min(failures, _KEY_REFUSED / 4), failures)
            case Rejected():
                return self._refused.wait(min(failures - 1, _REFUSED / 4), failures)
        return self._soon.wait(0, failures)

    def _waits_until(self, purpose: Purpose) -> int:
        return max(self._until[purpose], self._throttle.until(purpose))

    def _wait(self, purpose: Purpose, seconds: float) -> None:
        self._until[purpose] = max(self._until[purpose], self._in(seconds))

    def _in(self, seconds: float) -> int:
        return self._clock() + round(seconds * 1000)
