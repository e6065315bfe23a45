"""Which fill of a session is which of a backtest: of one side and level, in order, the nearest in time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.comparison.order_fills import OrderFill
from hypertui.core.market import ZERO


@dataclass(frozen=True, slots=True)
class FillPair:
    """A fill of the session and the one of the backtest that stands for it; None where one of them has none.
    Effects on the session's PnL are in USD, negative where the session made less."""

    recorded: OrderFill | None
    simulated: OrderFill | None
    last: Decimal  # the price (USD) at which what is held is valued

    @property
    def at(self) -> int:
        """When it was (ms)."""
        fill = self.recorded or self.simulated
        assert fill is not None, "one of them is there"
        return fill.at

    @property
    def total(self) -> Decimal:
        """All of the difference."""
        return _worth(self.recorded, self.last) - _worth(self.simulated, self.last)

    @property
    def latency_cost(self) -> Decimal:
        """What the price did between the touch and the real fill."""
        if self.recorded is None or self.simulated is None:
            return ZERO
        return self.recorded.side.sign * self.recorded.size * (self._due - self._market)

    @property
    def slippage(self) -> Decimal:
        """What the real fill was off the price of that moment, or of the touch where that is not known."""
        if self.recorded is None or self.simulated is None:
            return ZERO
        return self.recorded.side.sign * (self.recorded.size * self._market - self.recorded.value)

    @property
    def simulated_cost(self) -> Decimal:
        """What the simulated fill was off the same touch, which the session did not pay."""
        if self.recorded is None or self.simulated is None:
            return ZERO
        return self.recorded.side.sign * self.recorded.size * (self.simulated.price - self._due)

    @property
    def _due(self) -> Decimal:
        assert self.recorded is not None, "who asks has both"
        assert self.simulated is not None, "who asks has both"
        return self.simulated.price if self.recorded.due is None else self.recorded.due

    @property
    def _market(self) -> Decimal:
        assert self.recorded is not None, "who asks has both"
        return self._due if self.recorded.market is None else self.recorded.market

    @property
    def fee(self) -> Decimal:
        """Of the fees."""
        if self.recorded is None or self.simulated is None:
            return ZERO
        return self.simulated.fee - self.recorded.fee

    @property
    def size(self) -> Decimal:
        """Of coins that only one of them traded."""
        return self.total - self.latency_cost - self.slippage - self.simulated_cost - self.fee

    @property
    def bp(self) -> Decimal | None:
        """How much better the real price was than the simulated one, in hundredths of a percent of it."""
        if self.recorded is None or self.simulated is None:
            return None
        better = self.recorded.side.sign * (self.simulated.price - self.recorded.price)
        return better * 10_000 / self.simulated.price


def paired(recorded: Iterable[OrderFill], simulated: Iterable[OrderFill], last: Decimal) -> list[FillPair]:
    """All of both, each once, in the order of time."""
    theirs, ours = _by_place(recorded), _by_place(simulated)
    found = [
        FillPair(one, other, last)
        for place in {**theirs, **ours}
        for one, other in _aligned(theirs[place], ours[place])
    ]
    return sorted(found, key=lambda pair: pair.at)


def _by_place(fills: Iterable[OrderFill]) -> defaultdict[object, list[OrderFill]]:
    found: defaultdict[object, list[OrderFill]] = defaultdict(list)
    for fill in fills:
        found[fill.place].append(fill)
    return found


def _aligned(
    recorded: Sequence[OrderFill], simulated: Sequence[OrderFill]
) -> Iterator[tuple[OrderFill | None, OrderFill | None]]:
    """Both in their order. One is left alone where the next one of its kind is nearer to the other's."""
    i = j = 0
    while i < len(recorded) and j < len(simulated):
        apart = abs(recorded[i].at - simulated[j].at)
        if len(recorded) - i > len(simulated) - j and abs(recorded[i + 1].at - simulated[j].at) < apart:
            yield recorded[i], None
            i += 1
        elif len(simulated) - j > len(recorded) - i and abs(recorded[i].at - simulated[j + 1].at) < apart:
            yield None, simulated[j]
            j += 1
        else:
            yield recorded[i], simulated[j]
            i, j = i + 1, j + 1
    for fill in recorded[i:]:
        yield fill, None
    for fill in simulated[j:]:
        yield None, fill


def _worth(fill: OrderFill | None, last: Decimal) -> Decimal:
    return ZERO if fill is None else fill.worth(last)
