"""Clock skew between this machine and the exchange, and expiries in the exchange's time.

The venue refuses what has expired by its own clock, and an order without an answer is believed dead only once
it has expired there. Both need that clock, so it is measured with every look at the account: the answer's
time lies between the sending of the question and the arrival of the answer, and half of that way is the doubt
that remains."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from hypertui.exchange.protocol import Unreachable

_KEPT = 12
_WORTH_A_SHIFT = 1_000  # a measurement in more doubt than that moves no expiry that may well be right
ALARM = 2_000
LIMIT = 30_000


@dataclass(frozen=True, slots=True)
class _Sample:
    """`offset` and `doubt` in ms: the venue's clock less ours lies within offset ± doubt."""

    offset: int
    doubt: int


class ClockSync:
    """What is known of the venue's clock. All in ms."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque(maxlen=_KEPT)
        self._best: _Sample | None = None
        self.unsettled = False  # somebody has set a clock: what was measured before is not to be relied on

    def unsettle(self) -> None:
        """A clock was set: until the next answer, nothing that carries an expiry may be bought."""
        self.unsettled = True

    def measure(self, sent: int, received: int, venue_time: int) -> None:
        """Take an answer that carries the venue's time. The sample with the shortest way counts; older ones
        that it contradicts tell of a clock that has been set, and are forgotten."""
        way = max(0, received - sent)
        new = _Sample(venue_time - sent - way // 2, way - way // 2)
        agreeing = [old for old in self._samples if abs(old.offset - new.offset) <= old.doubt + new.doubt]
        if len(agreeing) < len(self._samples):
            self._samples.clear()
        self._samples.append(new)
        self.unsettled = False
        self._best = min(self._samples, key=lambda sample: sample.doubt)

    @property
    def offset(self) -> int | None:
        """The venue's clock less ours; None before the first answer."""
        return None if self._best is None else self._best.offset

    @property
    def unsure(self) -> str:
        """Why the venue's clock is not known now, in words; empty where it is."""
        if self._best is None:
            return "the exchange's clock has not been read yet"
        if self.unsettled:
            return "this machine's clock was set, and the exchange's has not been read since"
        return ""

    @property
    def certain(self) -> int:
        """How far the clocks are apart at least."""
        return 0 if self._best is None else max(0, abs(self._best.offset) - self._best.doubt)

    @property
    def alarming(self) -> bool:
        """Whether somebody should know."""
        return self.certain > ALARM

    @property
    def too_far(self) -> bool:
        """Whether nothing may be sent: neither an expiry nor an age means anything any more."""
        return self.certain > LIMIT

    def expiry(self, time: int) -> int:
        """When an action that may take effect until `time` by our clock expires by the venue's. Every action
        needs one, and so none is sent with a clock that is too far off: raises Unreachable then."""
        self._require_near()
        return self.at_venue(time)

    def sure_expiry(self, time: int) -> int:
        """The same for what must not take effect after `time` whatever the clocks show: by the earliest that
        the venue's can show then. On a slow way that may be too early for anything to arrive. Raises
        Unreachable."""
        self._require_near()
        return time if self._best is None else time + self._best.offset - self._best.doubt

    def _require_near(self) -> None:
        if self.too_far:
            raise Unreachable(f"nothing is sent: {self.in_words()}")

    def at_venue(self, time: int) -> int:
        """A time by our clock as the venue's clock will show it then, rather too early than too late."""
        if self._best is None or (self._best.doubt > _WORTH_A_SHIFT and not self.certain):
            return time
        return time + self._best.offset - min(self._best.doubt, _WORTH_A_SHIFT)

    @property
    def ahead(self) -> int:
        """How far the venue's clock is ahead of ours, negative when it is behind; 0 where the two may well
        agree."""
        return 0 if self._best is None or not self.certain else self._best.offset

    def in_words(self) -> str:
        """How far the clocks are apart, for an operator."""
        offset = self.offset or 0
        side = "behind" if offset > 0 else "ahead of"
        text = f"this machine's clock is {abs(offset) / 1000:.1f} s {side} the exchange's"
        return f"{text}, more than {LIMIT // 1000} s" if self.too_far else text
