"""A stop that trails: from a gain on it follows the highest price, and never comes down.

With the peak as the highest price since it was armed:
distance = clamp(multiple · ATR, least · peak, most · peak), and raw = peak − distance. The stop moves to raw
where that is `step` · distance / multiple above it at least, and stands still between two moves. Within the
limits that is `step` · ATR. Beyond them it stays in proportion: a stop that is kept near does not wait for
the long steps of a wild market, and one that is kept away moves not with every tick of a quiet one. Before
there is an ATR the distance is the widest one. Where least and most are the same it is that, and no ATR says
anything.

Times are ms, prices, distances and ATR in USD.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

from hypertui.core.market import ZERO, Instrument

# So long after its last candle an ATR says nothing of the price any more (ms).
FREEZES_AFTER = 3 * 3_600_000


@dataclass(frozen=True, slots=True)
class TrailingTerms:
    """How a stop trails: armed by a net gain of `arm`, `multiple` times the ATR under the peak, though never
    nearer than `least` or farther than `most` of that, in moves of `step` times the ATR that gives this.
    `arm`, `least` and `most` are fractions; all are above 0."""

    arm: Decimal
    multiple: Decimal
    step: Decimal
    least: Decimal
    most: Decimal

    @property
    def follows_atr(self) -> bool:
        """Whether the ATR says how far: not where least and most are one distance."""
        return self.least < self.most

    def distance(self, peak: Decimal, atr: Decimal | None) -> Decimal:
        """How far the stop is to be under the peak."""
        widest = self.most * peak
        return widest if atr is None else min(max(self.multiple * atr, self.least * peak), widest)


@dataclass(frozen=True, slots=True)
class Trailing:
    """Where the stop is: armed at a time, None before that, with the `peak` since then and the `stop`, both 0
    before. The `atr` is of candles `until` a time, None before the first. A value: what changes it returns
    another one, or the same where nothing has changed."""

    armed_at: int | None = None
    peak: Decimal = ZERO
    stop: Decimal = ZERO
    atr: Decimal | None = None
    until: int | None = None

    @property
    def is_armed(self) -> bool:
        """Whether there is a stop."""
        return self.armed_at is not None

    def is_frozen(self, at: int, terms: TrailingTerms) -> bool:
        """Whether the candles are too old for the stop to move, where it goes by them."""
        return terms.follows_atr and self.until is not None and at - self.until > FREEZES_AFTER

    def is_due(self, price: Decimal) -> bool:
        """Whether a price is at the stop, or below it."""
        return self.is_armed and price <= self.stop

    def armed(self, price: Decimal, at: int, terms: TrailingTerms, instrument: Instrument) -> Trailing:
        """The same with a first stop, which is the widest where the candles are too old."""
        atr = None if self.is_frozen(at, terms) else self.atr
        stop = instrument.round_price(price - terms.distance(price, atr), ROUND_CEILING)
        return replace(self, armed_at=at, peak=price, stop=stop)

    def heard(self, price: Decimal, at: int, terms: TrailingTerms, instrument: Instrument) -> Trailing:
        """The same after a price."""
        if not self.is_armed or price <= self.peak:
            return self
        return replace(self, peak=price)._moved(at, terms, instrument)

    def measured(
        self, atr: Decimal, until: int, at: int, terms: TrailingTerms, instrument: Instrument
    ) -> Trailing:
        """The same with an ATR of candles `until` a time."""
        known = replace(self, atr=atr, until=until)
        return known._moved(at, terms, instrument) if self.is_armed else known

    def _moved(self, at: int, terms: TrailingTerms, instrument: Instrument) -> Trailing:
        if self.is_frozen(at, terms):
            return self
        distance = terms.distance(self.peak, self.atr)
        raw = self.peak - distance
        stop = instrument.round_price(raw, ROUND_CEILING)  # a stop acts at most one tick early
        moves = stop > self.stop and raw >= self.stop + terms.step * distance / terms.multiple
        return replace(self, stop=stop) if moves else self
