"""When each subscription of one feed connection is asked for. Pure: times (s) are passed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hypertui.exchange.hyperliquid.channels import Channels, Stream
from hypertui.exchange.hyperliquid.pace import Pace


@dataclass(slots=True)
class _Asked:
    """When a subscription was asked for."""

    first: float
    last: float


class Subscribing:
    """Asks for what is pending: at once, then every `ask_again`. What a market is refused is held back, for
    longer each time; `refusals` counts them by symbol, in a row, also those of connections before."""

    def __init__(self, channels: Channels, pace: Pace, refusals: Counter[str]) -> None:
        self._channels = channels
        self._pace = pace
        self._refusals = refusals
        self._asked: dict[Stream, _Asked] = {}
        self._until: dict[str, float] = {}  # when what is held back is asked for again

    def hold_back(self, symbol: str, now: float) -> None:
        """Give a market's missing subscriptions a rest."""
        self._refusals[symbol] += 1
        self._until[symbol] = now + self._pace.wait(self._refusals[symbol])
        self._asked = {stream: asked for stream, asked in self._asked.items() if stream.of != symbol}
        self._channels.hold_back(symbol)

    def forget(self, symbol: str) -> None:
        """The market has left, or all that was asked for it is acknowledged: nothing is held against it."""
        self._refusals.pop(symbol, None)
        self._until.pop(symbol, None)

    def late(self, now: float) -> Sequence[Stream]:
        """What has been waited for too long."""
        pending = self._channels.pending
        self._asked = {stream: asked for stream, asked in self._asked.items() if stream in pending}
        return [stream for stream, asked in self._asked.items() if now >= asked.first + self._pace.silence]

    def due(self, now: float) -> Sequence[Stream]:
        """What is to be asked for now; it counts as asked."""
        for symbol in [symbol for symbol, until in self._until.items() if now >= until]:
            del self._until[symbol]
            self._channels.ask_again(symbol)
        due: list[Stream] = []
        for stream in self._channels.pending:
            asked = self._asked.setdefault(stream, _Asked(now, float("-inf")))
            if now >= asked.last + self._pace.ask_again:  # the answer may have been lost
                asked.last = now
                due.append(stream)
        return due

    def next_look(self) -> float:
        """When something may be due or late, at the earliest."""
        looks = [*self._until.values()]
        looks += [asked.last + self._pace.ask_again for asked in self._asked.values()]
        return min(looks, default=float("inf"))
