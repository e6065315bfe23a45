"""How often somebody may come: alerts of a source, and wrong secrets of an address. Bounded in memory."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

BURST = 20.0  # alerts of a source at once
PER_SECOND = 10 / 60
MOST_WRONG = 30  # secrets of an address, in `_WRONG_FOR`
_WRONG_FOR = 3_600_000  # ms, and how long it gets no answer then
_MOST_ADDRESSES = 1_024


@dataclass(slots=True)
class _Bucket:
    left: float
    at: int


class AlertRate:
    """Of all sources; times in ms."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def allows(self, source: str, now: int) -> bool:
        """Whether another alert of this source may come in now, which is counted then."""
        bucket = self._buckets.setdefault(source, _Bucket(BURST, now))
        bucket.left = min(BURST, bucket.left + max(0, now - bucket.at) / 1_000 * PER_SECOND)
        bucket.at = now
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True


@dataclass(slots=True)
class _Wrong:
    times: deque[int] = field(default_factory=lambda: deque(maxlen=MOST_WRONG))
    silent_until: int = 0


class WrongSecrets:
    """Of the addresses that sent some last; times in ms."""

    def __init__(self) -> None:
        self._by_address: OrderedDict[str, _Wrong] = OrderedDict()

    def answers(self, address: str, now: int) -> bool:
        """Note another wrong one; whether it is answered still."""
        known = self._by_address.pop(address, None) or _Wrong()
        self._by_address[address] = known
        while len(self._by_address) > _MOST_ADDRESSES:
            self._by_address.popitem(last=False)
        if now < known.silent_until:
            return False
        known.times.append(now)
        if len(known.times) == MOST_WRONG and now - known.times[0] < _WRONG_FOR:
            known.silent_until = now + _WRONG_FOR
            known.times.clear()
        return True

    def __len__(self) -> int:
        return len(self._by_address)
