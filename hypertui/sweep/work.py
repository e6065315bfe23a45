"""What a worker does, in this process or on another machine: some settings over a stretch of the series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from hypertui.backtest.engine_kind import Engine
from hypertui.backtest.evaluate import evaluate
from hypertui.backtest.evaluation import Evaluation, Setting
from hypertui.backtest.instant_exchange import Costs
from hypertui.core.extras import has
from hypertui.core.market import Instrument
from hypertui.series.ticks import Ticks
from hypertui.sweep.stretches import SeriesStretch, StretchRole

PARTS = 256  # of a stretch, at the end of which the net PnL is noted
_FEW = 3  # settings that are not worth a skeleton


@dataclass(frozen=True, slots=True)
class Terms:
    """What all settings of a sweep have in common."""

    instrument: Instrument
    costs: Costs
    engine: Engine = Engine.AUTO


@dataclass(frozen=True, slots=True)
class SeriesFiles:
    """A series in files, which the processes of one machine share: they map them, and none has a copy."""

    folder: Path
    decimals: int
    per_row: int
    timed: bool

    @classmethod
    def keep(cls, ticks: Ticks, folder: Path) -> SeriesFiles:
        """Write them. Raises OSError."""
        files = cls(folder, ticks.decimals, ticks.per_row, ticks.timed)
        np.save(files._prices, np.asarray(ticks.prices, dtype=np.int64))
        if ticks.times is not None:
            np.save(files._times, np.asarray(ticks.times, dtype=np.int64))
        return files

    def opened(self) -> Ticks:
        """The series."""
        # Copied on a write, which never comes: numba compiles anew for an array that cannot be written.
        prices = np.load(self._prices, mmap_mode="c")
        times = np.load(self._times, mmap_mode="c") if self.timed else None
        return Ticks(np.asarray(prices), times, self.decimals, self.per_row)

    def remove(self) -> None:
        """Take them away."""
        self._prices.unlink(missing_ok=True)
        self._times.unlink(missing_ok=True)

    @property
    def _prices(self) -> Path:
        return self.folder / "prices.npy"

    @property
    def _times(self) -> Path:
        return self.folder / "times.npy"


AnySeries: TypeAlias = Ticks | SeriesFiles


@dataclass(frozen=True, slots=True)
class SettingBatch:
    """Settings that one worker tries in one go. `span` are the smallest and the largest unit size (USD) of
    all settings that are tried over this stretch; None where there are few."""

    stretch: SeriesStretch
    settings: tuple[Setting, ...]
    terms: Terms
    span: tuple[Decimal, Decimal] | None = None


def work(series: AnySeries, batch: SettingBatch) -> tuple[Evaluation, ...]:
    """Each of them, in order. Raises ValueError for a unit size that is no figure."""
    ticks = _part(series, batch.stretch)
    terms = batch.terms
    skeletons = _skeletons(series, batch.stretch, batch.span) if _goes_by_skeletons(batch) else ()
    return tuple(
        evaluate(
            ticks,
            setting,
            terms.instrument,
            terms.costs,
            blocks=min(PARTS, ticks.rows),
            engine=terms.engine,
            source=_source(skeletons, ticks, setting),
        )
        for setting in batch.settings
    )


def span_of(settings: Sequence[Setting], first: Decimal) -> tuple[Decimal, Decimal] | None:
    """The smallest and the largest unit size (USD) of settings at a first price (USD)."""
    sizes = [unit_usd(setting, first) for setting in settings]
    return (min(sizes), max(sizes)) if len(sizes) > _FEW else None


def unit_usd(setting: Setting, first: Decimal) -> Decimal:
    """A unit size as a distance at a first price (USD), not rounded."""
    figure, sign, _ = setting.unit_size.partition("%")
    return Decimal(figure) * first / 100 if sign else Decimal(figure)


def _goes_by_skeletons(batch: SettingBatch) -> bool:
    return batch.span is not None and batch.terms.engine is not Engine.EXACT and has("numba")


@lru_cache(maxsize=2)
def _part(series: AnySeries, stretch: SeriesStretch) -> Ticks:
    return stretch.of(series.opened() if isinstance(series, SeriesFiles) else series)


@lru_cache(maxsize=2)
def _skeletons(
    series: AnySeries, stretch: SeriesStretch, span: tuple[Decimal, Decimal] | None
) -> Sequence[Any]:
    from hypertui.backtest.fast.skeleton import skeletons_of

    ticks = _part(series, stretch)
    assert span is not None, "it goes by skeletons"
    smallest, largest = (_distance(ticks, unit) for unit in span)
    return skeletons_of(np.asarray(ticks.prices), smallest, largest)


def _source(skeletons: Sequence[Any], ticks: Ticks, setting: Setting) -> Any:
    if not skeletons:
        return None
    from hypertui.backtest.fast.skeleton import fitting

    return fitting(skeletons, _distance(ticks, unit_usd(setting, ticks.price(0))))


def _distance(ticks: Ticks, unit: Decimal) -> int:
    """In steps of the series, and a ten-thousandth less, which is the exchange's rounding at most. It decides
    how quick a search is, not what it finds."""
    return max(int(unit * Decimal("0.9999") / ticks.price_step), 1)


def warm_up(terms: Terms) -> None:
    """Have the fast engine compiled, by walking a few made-up prices with and without a skeleton."""
    prices = np.tile(np.arange(90_000, 110_000, 100, dtype=np.int64), 4)
    ticks = Ticks(prices, np.arange(len(prices), dtype=np.int64), 2)
    settings = tuple(Setting(f"{unit}%", Decimal(1_000)) for unit in (1, 2, 3, 4))
    stretch = SeriesStretch(StretchRole.WHOLE, 0, 0, len(prices))
    for span in (None, span_of(settings, ticks.price(0))):
        work(ticks, SettingBatch(stretch, settings[:1], terms, span))
