"""What `hypertui backtest` says of an edge: every try is counted, a holdout stays sealed until it is asked
for, and `--evidence` judges."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from hypertui.backtest.outcome import Outcome
from hypertui.backtest.trying import Attempt, series_digest, trial
from hypertui.cli.holdout import first_sealed, holdout_words
from hypertui.cli.places import state_home
from hypertui.cli.streams import complain
from hypertui.core.clock import wall_ms
from hypertui.core.extras import require
from hypertui.core.price_series import Series
from hypertui.evidence.trials import TrialLedger
from hypertui.strategy.ladder.trade_plan import LadderPlan

if TYPE_CHECKING:
    from hypertui.backtest.weighing import Weighed
    from hypertui.series.ticks import Ticks

_FOLDER = "trials"  # in the state folder


Walked = TypeVar("Walked", Series, "Ticks")


@dataclass(frozen=True, slots=True)
class SeriesParts(Generic[Walked]):
    """A price file as it is walked, as a series or in columns: the `whole` of it, the part that is walked,
    and the rows after that one which a holdout has sealed, None without one."""

    whole: Walked
    walked: Walked
    sealed: Walked | None
    judged: bool
    opens: bool

    @property
    def opened(self) -> Walked | None:
        """The sealed rows, where they are to be walked."""
        return self.sealed if self.opens else None

    @property
    def opens_at(self) -> Decimal | None:
        """The first price (USD) of them."""
        if self.opened is None:
            return None
        return self.opened.prices[0] if isinstance(self.opened, Series) else self.opened.price(0)


class Evidence(NamedTuple):
    """What is added to a report, in words and as JSON; nothing without --evidence."""

    words: str = ""
    summary: Mapping[str, object] = {}
    weighed: Weighed | None = None


def cut(series: Walked, arguments: argparse.Namespace) -> SeriesParts[Walked]:
    """The parts that the flags ask for. Raises ValueError where these do not go together, or a part would be
    empty."""
    judged, opens = bool(arguments.evidence), bool(arguments.open_holdout)
    if arguments.holdout is not None and not judged:
        raise ValueError("--holdout goes with --evidence")
    first = first_sealed(series.rows, arguments.holdout, opens=opens)
    if first is None:
        return SeriesParts(series, series, None, judged, opens)
    return SeriesParts(series, _rows(series, 0, first), _rows(series, first, series.rows), judged, opens)


def _rows(series: Walked, first: int, end: int) -> Walked:
    first, end = first * series.per_row, end * series.per_row
    times = None if series.times is None else series.times[first:end]
    return replace(series, prices=series.prices[first:end], times=times)


def evidence_of(
    parts: SeriesParts[Walked],
    attempt: Attempt,
    made: Outcome,
    later: LadderPlan | None,
    state_dir: Path | None,
) -> Evidence:
    """Count the try, and what its walk has `made`; judge it where that was asked for. `later` is the plan
    from the first opened price on. Raises ValueError where NumPy is missing or the ledger cannot be used for
    a judgement; without one the latter is only said."""
    now = wall_ms()
    if not parts.judged:
        try:
            tried = trial(attempt.terms, float(made.stake), made.blocks, (0, parts.whole.rows))
            _ledger(parts.whole, state_dir).record([tried], now)
        except ValueError as error:
            complain(f"this try is not counted among those on its series: {error}")
        return Evidence()
    require("numpy", "data", "--evidence")
    from hypertui.backtest.weighed_report import weighed_in_words, weighed_summary
    from hypertui.backtest.weighing import open_holdout, weigh

    ledger = _ledger(parts.whole, state_dir)
    found = None
    if parts.opened is not None:
        assert later is not None, "it is there with what is opened"
        sealed = _columns(parts.opened)
        found = open_holdout(sealed, attempt, later, ledger, parts.walked.rows, now)
    weighed = weigh(_columns(parts.walked), attempt, ledger, now, holdout=found)
    kept_out = 0 if parts.sealed is None else parts.sealed.rows
    words = weighed_in_words(weighed, holdout_words(kept_out, found))
    summary = {**weighed_summary(weighed), "holdout_rows": kept_out}
    return Evidence(f"\n\n{words}", {"evidence": summary}, weighed)


def _columns(series: Series | Ticks) -> Ticks:
    from hypertui.series.ticks import ticks_of

    return ticks_of(series) if isinstance(series, Series) else series


def _ledger(series: Series | Ticks, state_dir: Path | None) -> TrialLedger:
    digest = series_digest(series) if isinstance(series, Series) else series.digest
    return TrialLedger(state_home(state_dir) / _FOLDER, digest)
