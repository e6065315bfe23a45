"""Weighted mean, deviation and lower bound, in exact decimals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ONE, ZERO

ONE_SIDED_95 = Decimal("1.645")  # standard errors: of a normal mean, 95 % lie above so much below it

_LN_2 = Decimal(2).ln()


@dataclass(frozen=True, slots=True)
class WeightedMean:
    """Of values with weights. `mean` and `deviation` have the values' unit; `deviation` is None where fewer
    than two values count. `effective` is how many values of equal weight would tell as much."""

    mean: Decimal
    deviation: Decimal | None
    effective: Decimal

    @property
    def lower_bound(self) -> Decimal | None:
        """mean - 1.645 * deviation / sqrt(effective), None without a deviation."""
        if self.deviation is None:
            return None
        return self.mean - ONE_SIDED_95 * self.deviation / self.effective.sqrt()


def weighted_mean(pairs: Iterable[tuple[Decimal, Decimal]]) -> WeightedMean | None:
    """Of (weight, value); None where there is nothing. Weights are above 0, and only their ratios matter.

    The mean is sum(w x) / sum(w). The deviation is the root of the unbiased variance for weights that say how
    much a value counts, sum(w (x - mean)^2) / (sum(w) - sum(w^2) / sum(w)): GNU Scientific Library, Reference
    Manual, "Weighted Samples"; `numpy.cov(aweights=...)` gives the same. The effective number is Kish's,
    sum(w)^2 / sum(w^2): Survey Sampling (Wiley, 1965), section 11.7. With equal weights all three are the
    ordinary ones."""
    kept = list(pairs)
    if not kept:
        return None
    heaviest = max(weight for weight, _ in kept)
    kept = [(weight / heaviest, value) for weight, value in kept]
    total = sum((weight for weight, _ in kept), ZERO)
    squares = sum((weight * weight for weight, _ in kept), ZERO)
    mean = sum((weight * value for weight, value in kept), ZERO) / total
    apart = sum((weight * (value - mean) ** 2 for weight, value in kept), ZERO)
    freedom = total - squares / total
    # Where one value outweighs all others beyond the digits there are, it is as if it were alone.
    deviation = (apart / freedom).sqrt() if freedom > 0 else None
    return WeightedMean(mean, deviation, total * total / squares)


def decayed(age: Decimal, half_life: Decimal) -> Decimal:
    """The weight of what is so old: 1 now, one half after each `half_life` (the same unit, above 0). What is
    of the future, by a clock that goes ahead, is of now."""
    return ONE if age <= 0 else (-age / half_life * _LN_2).exp()
