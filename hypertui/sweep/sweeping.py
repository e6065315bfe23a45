"""The course of a sweep: settings are asked for, looked up or worked out, and kept; fold by fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hypertui.backtest.engine_kind import Engine
from hypertui.backtest.evaluation import Evaluation, Setting
from hypertui.core.extras import has
from hypertui.core.market import plain
from hypertui.series.ticks import Ticks
from hypertui.sweep.axes import Axes
from hypertui.sweep.ranking import RankBy
from hypertui.sweep.results import SweepRow, setting_texts
from hypertui.sweep.search import SearchKind, search_of
from hypertui.sweep.store import EvaluationStore, key_of_evaluation
from hypertui.sweep.stretches import SeriesStretch, folds, whole
from hypertui.sweep.work import PARTS, SettingBatch, Terms, span_of
from hypertui.sweep.workers import Workers

# Prices times settings of a batch: a fraction of a second, so that little is lost by an interruption.
_FAST_BATCH, _EXACT_BATCH = 200_000_000, 400_000
_LARGEST_BATCH = 64  # settings


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """What is to be swept. `by` chooses the setting of a fold, and is what optuna looks for; `folds` is 0
    without a walk-forward."""

    axes: Axes
    terms: Terms
    search: SearchKind = SearchKind.GRID
    trials: int = 0
    seed: int = 1
    folds: int = 0
    by: RankBy = RankBy.NET_PNL


@dataclass(slots=True)
class SweepTally:
    """How far it is. `walked` counts prices times settings that were worked out in this run; `known` the
    evaluations that an earlier one has left."""

    total: int = 0
    done: int = 0
    known: int = 0
    walked: int = 0
    best: SweepRow | None = None


@dataclass(slots=True)
class SweepCourse:
    """A sweep of some ticks, as far as it has come. `rows` are what was found, stretch by stretch and in the
    order in which it was asked for; `fresh` what was found of the whole series since somebody took that."""

    plan: SweepPlan
    ticks: Ticks
    rows: list[SweepRow] = field(default_factory=list)
    tally: SweepTally = field(default_factory=SweepTally)
    fresh: list[SweepRow] = field(default_factory=list)

    def run(self, workers: Workers, store: EvaluationStore) -> Iterator[None]:
        """Go through all of it, a little with each step. What `store` has is not worked out again. Raises
        ValueError where that cannot be written, or the workers are lost."""
        rows, count = self.ticks.rows, self.plan.folds
        yield from self._search(whole(rows), None, workers, store)
        for stretch, after in folds(rows, count) if count else ():
            yield from self._search(stretch, after, workers, store)

    def _search(
        self, stretch: SeriesStretch, after: SeriesStretch | None, workers: Workers, store: EvaluationStore
    ) -> Iterator[None]:
        """Search over a stretch; the best there is walked over the one after it too."""
        plan = self.plan
        search = search_of(plan.search, plan.axes, plan.trials, plan.seed)
        if not self.tally.total:
            self.tally.total = search.total * (1 + plan.folds) + plan.folds
        best: tuple[float, Setting] | None = None
        while asked := search.ask():
            found: dict[Setting, Evaluation] = {}
            yield from self._evaluate(stretch, asked, found, workers, store)
            scores = {setting: plan.by.of(found[setting]) for setting in asked}
            search.tell(scores)
            for setting, score in scores.items():
                if score is not None and (best is None or score > best[0]):
                    best = score, setting
        if after is not None and best is not None:
            yield from self._evaluate(after, [best[1]], {}, workers, store)

    def _evaluate(
        self,
        stretch: SeriesStretch,
        settings: Sequence[Setting],
        found: dict[Setting, Evaluation],
        workers: Workers,
        store: EvaluationStore,
    ) -> Iterator[None]:
        """Put what each setting makes of a stretch into `found`, and their rows to the others at the end, in
        the order of the settings; as far as it comes where it is interrupted."""
        keys = {setting: key_of_evaluation(self._terms(stretch, setting)) for setting in settings}
        try:
            for setting, key in keys.items():
                if (known := store.get(key)) is not None:
                    self._take(stretch, setting, known, found)
                    self.tally.known += 1
            yield
            left = [setting for setting in settings if setting not in found]
            for outcome in workers.tried(self._batches(stretch, left, workers.count)):
                if outcome is not None:
                    batch, made = outcome
                    store.add(
                        (keys[setting], each) for setting, each in zip(batch.settings, made, strict=True)
                    )
                    for setting, each in zip(batch.settings, made, strict=True):
                        self._take(stretch, setting, each, found)
                    self.tally.walked += len(made) * (stretch.after - stretch.first) * self.ticks.per_row
                yield
        finally:
            self.rows += [SweepRow(each, stretch, found[each]) for each in settings if each in found]

    def _take(
        self, stretch: SeriesStretch, setting: Setting, made: Evaluation, found: dict[Setting, Evaluation]
    ) -> None:
        found[setting] = made
        tally, score = self.tally, self.plan.by.of(made)
        tally.done += 1
        if not stretch.fold:
            self.fresh.append(SweepRow(setting, stretch, made))
        if stretch.fold or score is None:
            return
        best = None if tally.best is None else self.plan.by.of(tally.best.found)
        if best is None or score > best:
            tally.best = SweepRow(setting, stretch, made)

    def _batches(
        self, stretch: SeriesStretch, settings: Sequence[Setting], workers: int
    ) -> Iterator[SettingBatch]:
        prices = (stretch.after - stretch.first) * self.ticks.per_row
        fast = self.plan.terms.engine is not Engine.EXACT and has("numba")
        most = (_FAST_BATCH if fast else _EXACT_BATCH) // prices
        size = max(1, min(most, _LARGEST_BATCH, len(settings) // (4 * workers)))
        span = span_of(settings, stretch.of(self.ticks).price(0))
        for begin in range(0, len(settings), size):
            yield SettingBatch(stretch, tuple(settings[begin : begin + size]), self.plan.terms, span)

    def _terms(self, stretch: SeriesStretch, setting: Setting) -> dict[str, object]:
        """All that decides an evaluation, but the series."""
        terms = self.plan.terms
        costs, instrument = terms.costs, terms.instrument
        return {
            **setting_texts(setting),
            "rows": [stretch.first, stretch.after],
            "symbol": instrument.symbol,
            "sz_decimals": instrument.sz_decimals,
            "costs": [plain(each) for each in (costs.fee_rate, costs.slippage, costs.funding)],
            "engine": terms.engine.value,
            "parts": PARTS,
        }
