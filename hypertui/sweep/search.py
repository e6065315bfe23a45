"""Which settings to try next: all of a grid, points of a Sobol sequence, or what optuna suggests.

Each is the same with the same seed, whatever has run in between: an interrupted sweep asks again for what it
has tried, and finds the results kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from hypertui.backtest.evaluation import Setting
from hypertui.core.extras import require
from hypertui.sweep.axes import Axes

_AT_ONCE = 8  # suggestions of optuna before it is told what came of them
_NAMES = ("unit", "position", "reinvest", "exits")


class SearchKind(StrEnum):
    """How settings are chosen."""

    GRID = "grid"  # all of them
    SOBOL = "sobol"  # evenly, by a low-discrepancy sequence
    OPTUNA = "optuna"  # where those before were good


class Search(Protocol):
    """Gives settings in rounds; each one only once."""

    @property
    def total(self) -> int:
        """How many there will be, at most."""

    def ask(self) -> Sequence[Setting]:
        """Those of the next round; none when it is over."""

    def tell(self, scores: Mapping[Setting, float | None]) -> None:
        """What came of a round: the higher the better, None where a setting cannot be walked."""


def search_of(kind: SearchKind, axes: Axes, trials: int, seed: int) -> Search:
    """A search of so many `trials` at most; a grid has as many as its axes. Raises ValueError where a library
    is missing."""
    match kind:
        case SearchKind.GRID:
            return _Fixed(tuple(axes.settings()))
        case SearchKind.SOBOL:
            return _Fixed(tuple(_sobol(axes, min(trials, len(axes)), seed)))
        case SearchKind.OPTUNA:
            return _Suggested(axes, min(trials, len(axes)), seed)


class _Fixed:
    """All of them in one round."""

    def __init__(self, settings: Sequence[Setting]) -> None:
        self._left = settings
        self.total = len(settings)

    def ask(self) -> Sequence[Setting]:
        asked, self._left = self._left, ()
        return asked

    def tell(self, scores: Mapping[Setting, float | None]) -> None:
        """Nothing follows from it."""


def _sobol(axes: Axes, count: int, seed: int) -> Iterator[Setting]:
    """The first `count` different settings that a scrambled Sobol sequence comes by."""
    qmc = require("scipy.stats.qmc", "search", "--search sobol")
    sequence = qmc.Sobol(len(axes.sizes), seed=seed)
    found: set[tuple[int, ...]] = set()
    while len(found) < count:
        for point in sequence.random(1024):
            place = tuple(int(share * size) for share, size in zip(point, axes.sizes, strict=True))
            if place not in found and len(found) < count:
                found.add(place)
                yield axes.at(*place)


class _Suggested:
    """By a tree-structured Parzen estimator, a few at once."""

    def __init__(self, axes: Axes, trials: int, seed: int) -> None:
        optuna = require("optuna", "search", "--search optuna")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._axes = axes
        self.total = trials
        self._sampler = optuna.samplers.TPESampler(seed=seed)
        self._study = optuna.create_study(direction="maximize", sampler=self._sampler)
        self._failed = optuna.trial.TrialState.FAIL
        self._ranges = {
            name: optuna.distributions.IntDistribution(0, size - 1)
            if name in ("unit", "position")
            else optuna.distributions.CategoricalDistribution(list(range(size)))
            for name, size in zip(_NAMES, axes.sizes, strict=True)
        }
        self._tried: dict[Setting, float | None] = {}
        self._asked: list[tuple[Any, Setting]] = []

    def ask(self) -> Sequence[Setting]:
        new: dict[Setting, None] = {}
        # What was suggested before is told again at once, and another one asked for: it may come to nothing.
        for _ in range(_AT_ONCE * 25):
            if len(new) == min(_AT_ONCE, self.total - len(self._tried)):
                break
            trial = self._study.ask(self._ranges)
            setting = self._axes.at(*(trial.params[name] for name in _NAMES))
            if setting in self._tried:
                self._say(trial, self._tried[setting])
            else:
                self._asked.append((trial, setting))
                new[setting] = None
        return tuple(new)

    def tell(self, scores: Mapping[Setting, float | None]) -> None:
        self._tried |= scores
        for trial, setting in self._asked:
            self._say(trial, self._tried[setting])
        self._asked = []

    def _say(self, trial: Any, score: float | None) -> None:
        if score is None:
            self._study.tell(trial, state=self._failed)
        else:
            self._study.tell(trial, score)
