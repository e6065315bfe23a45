"""Whether a signal can fire at all: how often each indicator is on, and how high the score has come.

An indicator that is nearly always on, or never, tells nothing; a target that no score has ever reached is
none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.core.market import ZERO, Side
from hypertui.signals.names import Indicator, Suppression
from hypertui.signals.rules import SignalRules
from hypertui.signals.watch import SignalRow

LEAST_ON = Decimal("0.001")  # of the candles
MOST_ON = Decimal("0.30")
_ENOUGH_FOR_MOST = 500  # candles that tell that it is on too often; that it never is, only so many of them:
_ENOUGH_FOR_LEAST = int(1 / LEAST_ON)


@dataclass(slots=True)
class Rates:
    """What was counted of `candles`: for each indicator in how many it was `known`, and in how many of them
    `on` for a side; the `highest` score of each side, of the `scored` candles; how often it `fired`, and why
    it did not."""

    candles: int = 0
    scored: int = 0
    known: Counter[Indicator] = field(default_factory=Counter)
    on: Counter[tuple[Indicator, Side]] = field(default_factory=Counter)
    highest: dict[Side, Decimal] = field(default_factory=dict)
    fired: Counter[Side] = field(default_factory=Counter)
    suppressed: Counter[Suppression] = field(default_factory=Counter)

    @classmethod
    def of(cls, rows: Iterable[SignalRow]) -> Rates:
        """Count rows."""
        counted = cls()
        for row in rows:
            counted.add(row)
        return counted

    def add(self, row: SignalRow) -> None:
        """Count one more."""
        self.candles += 1
        for each, reading in row.readings.items():
            if reading is None:
                continue
            self.known[each] += 1
            self.on.update((each, side) for side in Side if reading.of(side).is_on)
        if row.scores is not None:
            self.scored += 1
            for side, score in row.scores.items():
                self.highest[side] = max(self.highest.get(side, ZERO), score.score)
        if row.fired is not None:
            self.fired[row.fired] += 1
        if row.suppressed is not None:
            self.suppressed[row.suppressed] += 1

    def rate(self, indicator: Indicator, side: Side) -> Decimal | None:
        """The fraction of the candles in which it was on, of those in which it was known; None of none."""
        known = self.known[indicator]
        return Decimal(self.on[indicator, side]) / known if known else None


def tells_nothing(rate: Decimal, known: int) -> bool:
    """Whether an indicator that was on at this rate, in so many candles in which it was `known`, is on nearly
    always or never."""
    too_rare = rate < LEAST_ON and known >= _ENOUGH_FOR_LEAST
    return too_rare or (rate > MOST_ON and known >= _ENOUGH_FOR_MOST)


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """What is wrong, in words: of an indicator for one side, or of the score where there is none."""

    indicator: Indicator | None
    side: Side
    text: str


def unreachable(rates: Rates, rules: SignalRules) -> Iterator[OutOfReach]:
    """Each indicator that says nothing, by its name, and each side whose score cannot be reached."""
    for indicator, _ in rules.weights:
        for side in Side:
            if wrong := _wrong(rates, indicator, side):
                yield OutOfReach(indicator, side, wrong)
    for side in Side:
        highest = rates.highest.get(side)
        if highest is None:
            yield OutOfReach(None, side, "no score was known")
        elif highest < rules.target:
            yield OutOfReach(None, side, f"has reached {highest:.2f} of its target {rules.target:.2f}")


def _wrong(rates: Rates, indicator: Indicator, side: Side) -> str:
    known, on = rates.known[indicator], rates.on[indicator, side]
    rate = rates.rate(indicator, side)
    if rate is None:
        return f"known in none of {rates.candles:,} candles"
    if LEAST_ON <= rate <= MOST_ON:
        return ""
    limit = f"below {LEAST_ON:.1%}" if rate < LEAST_ON else f"above {MOST_ON:.0%}"
    return f"on in {on:,} of {known:,} candles ({rate:.2%}), {limit}".replace("%", " %")
