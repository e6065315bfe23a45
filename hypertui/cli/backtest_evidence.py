"""What `hypertui backtest` says of an edge: every try is counted, a holdout stays sealed until it is asked
for, and `--evidence` judges."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from hypertui.backtest.trying import Attempt, series_digest, trial
from hypertui.cli.places import state_home
from hypertui.cli.streams import complain
from hypertui.cli.values import typed
from hypertui.core.clock import wall_ms
from hypertui.core.extras import require
from hypertui.core.phrases import counted
from hypertui.core.price_series import Series
from hypertui.evidence.trials import TrialLedger
from hypertui.evidence.verdict import HoldoutFigures
from hypertui.setting_types import share_of
from hypertui.strategy.ladder.trade_plan import LadderPlan

_FOLDER = "trials"  # in the state folder


@dataclass(frozen=True, slots=True)
class SeriesParts:
    """A price file as it is walked: the `whole` of it, the part that is walked, and the rows after that one
    which a holdout has sealed, None without one."""

    whole: Series
    walked: Series
    sealed: Series | None
    judged: bool
    opens: bool

    @property
    def opened(self) -> Series | None:
        """The sealed rows, where they are to be walked."""
        return self.sealed if self.opens else None

    def holdout(self, found: HoldoutFigures | None) -> str:
        """What was kept out, in words; empty where nothing was."""
        if self.sealed is None:
            return ""
        share = f"the last {counted(self.sealed.rows, 'row')}"
        if found is None:
            return f"{share} stay sealed: --open-holdout walks them, once"
        before = "" if found.first_opened is None else f"; first opened {_when(found.first_opened)}"
        return f"{share} were opened: {found.net_pnl:+,.2f} USD there, entered anew{before}"


class Evidence(NamedTuple):
    """What is added to a report, in words and as JSON; nothing without --evidence."""

    words: str = ""
    summary: Mapping[str, object] = {}


def cut(series: Series, arguments: argparse.Namespace) -> SeriesParts:
    """The parts that the flags ask for. Raises ValueError where these do not go together, or a part would be
    empty."""
    judged, opens = bool(arguments.evidence), bool(arguments.open_holdout)
    if arguments.holdout is None:
        if opens:
            raise ValueError("--open-holdout goes with --holdout, which says what was sealed")
        return SeriesParts(series, series, None, judged, opens)
    if not judged:
        raise ValueError("--holdout goes with --evidence")
    try:
        share = share_of(arguments.holdout)
    except ValueError:
        said = f"holdout {typed(arguments.holdout)} is no percentage above 0% and below 100%"
        raise ValueError(f"{said}, such as 20%") from None
    first = int(series.rows * (1 - share))
    if not 0 < first < series.rows:
        raise ValueError(
            f"holdout {typed(arguments.holdout)} of {counted(series.rows, 'row')} leaves a part empty"
        )
    return SeriesParts(series, _rows(series, 0, first), _rows(series, first, series.rows), judged, opens)


def _rows(series: Series, first: int, end: int) -> Series:
    first, end = first * series.per_row, end * series.per_row
    return replace(series, prices=series.prices[first:end], times=series.times[first:end])


def evidence_of(
    parts: SeriesParts,
    attempt: Attempt,
    made: tuple[float, Sequence[float]],
    later: LadderPlan | None,
    state_dir: Path | None,
) -> Evidence:
    """Count the try whose walk has `made` so many blocks of net PnL on its stake, and judge it where that was
    asked for. `later` is the plan from the first opened price on. Raises ValueError where NumPy is
    missing or the ledger cannot be used for a judgement; without one that is only said."""
    now = wall_ms()
    if not parts.judged:
        try:
            blocks = [float(each) for each in made[1]]
            tried = trial(attempt.terms, made[0], blocks, (0, parts.whole.rows))
            _ledger(parts.whole, state_dir).record([tried], now)
        except ValueError as error:
            complain(f"this try is not counted among those on its series: {error}")
        return Evidence()
    require("numpy", "data", "--evidence")
    from hypertui.backtest.weighed_report import weighed_in_words, weighed_summary
    from hypertui.backtest.weighing import open_holdout, weigh
    from hypertui.series.ticks import ticks_of

    ledger = _ledger(parts.whole, state_dir)
    found = None
    if parts.opened is not None:
        assert later is not None, "it is there with what is opened"
        sealed = ticks_of(parts.opened)
        found = open_holdout(sealed, attempt, later, ledger, parts.walked.rows, now)
    weighed = weigh(ticks_of(parts.walked), attempt, ledger, now, holdout=found)
    words = weighed_in_words(weighed, parts.holdout(found))
    kept_out = 0 if parts.sealed is None else parts.sealed.rows
    summary = {**weighed_summary(weighed), "holdout_rows": kept_out}
    return Evidence(f"\n\n{words}", {"evidence": summary})


def _when(time: int) -> str:
    return f"{datetime.fromtimestamp(time // 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _ledger(series: Series, state_dir: Path | None) -> TrialLedger:
    return TrialLedger(state_home(state_dir) / _FOLDER, series_digest(series))
