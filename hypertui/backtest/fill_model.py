"""How late fills come and how much worse than the price: fixed figures, or measured ones drawn by a seed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random


@dataclass(frozen=True, slots=True)
class FillSample:
    """A fill so many ms after its trigger was touched, at a price worse by `slippage`, a fraction of it
    (negative: better)."""

    latency: int
    slippage: Decimal


@dataclass(frozen=True, slots=True)
class FillModel:
    """Each fill of a backtest is one of the `samples`, all equally likely. The draws of one `seed` are always
    the same. `notes` say where they come from, a sentence each."""

    samples: tuple[FillSample, ...]
    seed: int = 1
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.samples:
            raise ValueError("a fill model needs at least one sample")

    @property
    def has_latency(self) -> bool:
        """Whether any fill comes later than its touch."""
        return any(sample.latency > 0 for sample in self.samples)

    @property
    def mean_slippage(self) -> Decimal:
        """Of all samples, as a fraction."""
        return sum((sample.slippage for sample in self.samples), Decimal(0)) / len(self.samples)


class FillDraws:
    """The draws of one walk."""

    def __init__(self, model: FillModel) -> None:
        self._samples = model.samples
        self._random = Random(model.seed)

    def draw(self) -> FillSample:
        """The next one."""
        if len(self._samples) == 1:
            return self._samples[0]
        return self._samples[self._random.randrange(len(self._samples))]
