"""Retry pacing: when a slot may send again after a refusal, and refusals in a row."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypertui.exchange.protocol import Refusal

# Doublings of the wait after refusals that go on: of buys, and where there are said to be no coins; and of
# what protects coins.
_LONGEST = 5
_LONGEST_FOR_STOPS = 2


@dataclass(slots=True)
class Streak:
    """Refusals one after the other: how many, the venue's words for the last one, when that was, and when it
    is tried again (ms)."""

    count: int = 0
    words: str = ""
    last: int = 0
    again: int = 0


@dataclass(slots=True)
class Pacing:
    """By slot index; times are ms. `pause` is how long it takes until a refused order can have been asked
    for."""

    pause: int
    stops: Streak = field(default_factory=Streak)  # and with them whatever sells coins
    buys: Streak = field(default_factory=Streak)
    _retry_at: dict[int, int] = field(default_factory=dict)
    _passed: dict[int, int] = field(default_factory=dict)  # refusals of a passed stop since the last mark
    _flat: dict[int, int] = field(default_factory=dict)  # for want of a position, one after the other
    _earliest: dict[int, int] = field(default_factory=dict)  # the end of the pause after the last of those
    _others: dict[int, int] = field(default_factory=dict)  # for other reasons, one after the other

    def may_retry(self, slot: int, now: int) -> bool:
        """Whether something may be sent again."""
        return self._retry_at.get(slot, 0) <= now

    def said_passed(self, slot: int) -> bool:
        """Whether a stop has been refused again and again because the price has passed it, with no mark since
        that would say so or otherwise."""
        return self._passed.get(slot, 0) > 1

    @property
    def awaits_price(self) -> bool:
        """Whether the next price decides what becomes of a refusal."""
        return bool(self._passed)

    def on_price(self) -> None:
        """A new price says more than any refusal for the sake of an older one."""
        for slot in self._passed:
            self._retry_at.pop(slot, None)
        self._passed.clear()

    def accepted(self, slot: int, sells: bool) -> None:
        """The venue has taken an order."""
        self._flat.pop(slot, None)
        self._others.pop(slot, None)
        if sells:
            self.stops = Streak()
        else:
            self.buys = Streak()

    def refused(self, slot: int, kind: Refusal, words: str, *, sells: bool, is_stop: bool, now: int) -> None:
        """What was refused is not tried again before it can have been asked for, and less and less often: a
        refusal that is not about the price will be the same until somebody, or the venue, changes what is
        so. Only a sale that found no buyer is as good as new with the next one."""
        if kind is Refusal.PASSED:
            self.await_price(slot, now)
            self._passed[slot] = self._passed.get(slot, 0) + is_stop
            return
        self._passed.pop(slot, None)
        wait = self.pause
        if kind is Refusal.FLAT:
            self._earliest[slot] = now + wait
            before = self._flat.get(slot, 0)
            wait <<= min(before, _LONGEST)
            self._flat[slot] = before + 1
        elif kind is not Refusal.NO_MATCH:
            before = self._others.get(slot, 0)
            wait <<= min(before, _LONGEST_FOR_STOPS if sells else _LONGEST)
            self._others[slot] = before + 1
        self._retry_at[slot] = now + wait
        streak = self.stops if sells else self.buys
        streak.count += 1
        streak.words, streak.last, streak.again = words, now, now + wait

    def booked(self) -> None:
        """A fill may explain where coins are that were said to be gone: nothing waits for that longer than
        after any refusal."""
        for slot in self._flat.keys() & self._retry_at.keys():
            self._retry_at[slot] = min(self._retry_at[slot], self._earliest[slot])
        self._flat.clear()

    def await_price(self, slot: int, now: int) -> None:
        """A trigger on the wrong side will be right or wrong again with the next price, which is on its way;
        unless the feed is silent, and then the coins cannot wait for it."""
        self._passed.setdefault(slot, 0)
        self._retry_at[slot] = now + 2 * self.pause
