"""One verdict in words on what a backtest has found: five rungs, and why it is on the one it is on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

# The usual levels of a test of significance. For the overfitting it is the one that its paper names.
LEAST_PERCENTILE = 95.0  # of the random entries
LEAST_DEFLATED_SHARPE = 0.95
MOST_OVERFITTING = 0.05


class Rung(StrEnum):
    """How far a result can be believed, the least first."""

    LOSES = "loses after costs"
    FAILS_NULLS = "fails the nulls"
    IN_SAMPLE = "in sample only"
    OUT_OF_SAMPLE = "holds out of sample"
    PASSES = "passes all"

    @property
    def height(self) -> int:
        """0 for the lowest, 4 for the highest."""
        return tuple(Rung).index(self)


@dataclass(frozen=True, slots=True)
class BaselineFigures:
    """What else the same stake would have made over the same prices at the same costs. Net PnL and drawdowns
    in USD; `random_percentile` is the share, 0 to 100, of the `random_entries` that made less."""

    hold: float
    hold_drawdown: float
    trailing: float
    trailing_drawdown: float
    flipped: float
    lagged: float
    random_percentile: float
    random_entries: int


@dataclass(frozen=True, slots=True)
class HoldoutFigures:
    """What the sealed part gave. `net_pnl` in USD; `opened_before` counts the openings before this one for
    another setting or other rows, and `seen_by` the tries that had walked prices of it before it was opened.
    `first_opened` (ms) is when any of it was opened first, None where that is now."""

    net_pnl: float
    opened_before: int = 0
    seen_by: int = 0
    first_opened: int | None = None


@dataclass(frozen=True, slots=True)
class EdgeFigures:
    """All that a verdict is made of. Money in USD. None where something was not worked out, and a rung that
    needs it is not passed then.

    `net_pnl` and `max_drawdown` are in sample, costs counted. `out_of_sample` is the net PnL over prices that
    the setting was not chosen by, the folds of a walk-forward together. `tries` counts all settings ever
    tried on the series, and `deflated_sharpe` is deflated by that many. `overfitting` is the probability of
    it by CSCV, which means nothing of one setting alone.
    """

    net_pnl: float
    max_drawdown: float
    baselines: BaselineFigures | None = None
    out_of_sample: float | None = None
    holdout: HoldoutFigures | None = None
    tries: int = 1
    deflated_sharpe: float | None = None
    overfitting: float | None = None


@dataclass(frozen=True, slots=True)
class EdgeVerdict:
    """The rung that a result stands on. `why` are sentences, of each rung that was looked at in order; the
    last ones say what keeps it from the next rung."""

    rung: Rung
    why: tuple[str, ...]


class _Check(NamedTuple):
    passed: bool
    sentence: str


def judge_edge(figures: EdgeFigures) -> EdgeVerdict:
    """The verdict on what was found: rung by rung, until one is not passed."""
    why: list[str] = []
    for rung, checks in (
        (Rung.LOSES, _makes_money(figures)),
        (Rung.FAILS_NULLS, _beats_the_nulls(figures)),
        (Rung.IN_SAMPLE, _holds_elsewhere(figures)),
        (Rung.OUT_OF_SAMPLE, _is_no_luck(figures)),
    ):
        found = tuple(checks)
        if not all(check.passed for check in found):
            why += [check.sentence for check in found if not check.passed]
            return EdgeVerdict(rung, tuple(why))
        why += [check.sentence for check in found]
    return EdgeVerdict(Rung.PASSES, tuple(why))


def _makes_money(figures: EdgeFigures) -> Iterator[_Check]:
    net = figures.net_pnl
    yield _Check(net > 0, f"It makes {_usd(net)} after costs." if net > 0 else f"It ends at {_usd(net)}.")


def _beats_the_nulls(figures: EdgeFigures) -> Iterator[_Check]:
    base = figures.baselines
    if base is None:
        yield _Check(False, "It was not compared with anything simpler.")
        return
    yield _beats(figures, "Buy and hold", base.hold, base.hold_drawdown)
    yield _beats(figures, "A plain trailing stop", base.trailing, base.trailing_drawdown)
    more = figures.net_pnl > base.flipped
    compared = "less" if more else "no less"
    yield _Check(more, f"The flipped ladder makes {_usd(base.flipped)}, {compared} than the ladder.")
    made = base.lagged > 0
    yield _Check(made, f"With late fills it {'still makes' if made else 'ends at'} {_usd(base.lagged)}.")
    better = base.random_percentile >= LEAST_PERCENTILE
    yield _Check(
        better,
        f"It beats {base.random_percentile:.1f}% of {base.random_entries:,} random entries"
        f"{'.' if better else f'; {LEAST_PERCENTILE:g}% are needed.'}",
    )


def _beats(figures: EdgeFigures, name: str, net: float, drawdown: float) -> _Check:
    """Better in money, or in money for the deepest fall on the way to it."""
    if figures.net_pnl > net:
        return _Check(True, f"{name} makes {_usd(net)}, less than the ladder.")
    calmer = _per_drawdown(figures.net_pnl, figures.max_drawdown) > _per_drawdown(net, drawdown)
    if calmer:
        return _Check(True, f"{name} makes {_usd(net)}, more than the ladder, and less for its drawdown.")
    return _Check(False, f"{name} makes {_usd(net)}, no less than the ladder, and no less for its drawdown.")


def _per_drawdown(net: float, drawdown: float) -> float:
    if drawdown > 0:
        return net / drawdown
    return float("inf") if net > 0 else 0.0


def _holds_elsewhere(figures: EdgeFigures) -> Iterator[_Check]:
    outside, holdout = figures.out_of_sample, figures.holdout
    if outside is None and holdout is None:
        yield _Check(False, "It was not walked over prices that it was not chosen by (--holdout 20%).")
    if outside is not None:
        made = outside > 0
        yield _Check(made, f"Out of sample it {'makes' if made else 'ends at'} {_usd(outside)}.")
    if holdout is not None:
        made = holdout.net_pnl > 0
        yield _Check(made, f"In the holdout it {'makes' if made else 'ends at'} {_usd(holdout.net_pnl)}.")


def _is_no_luck(figures: EdgeFigures) -> Iterator[_Check]:
    yield _deflated(figures)
    if figures.tries > 1:
        yield _overfitted(figures.overfitting)
    holdout = figures.holdout
    if holdout is None:
        yield _Check(False, "No holdout was opened (--holdout 20% --open-holdout).")
    elif holdout.opened_before:
        times = "once" if holdout.opened_before == 1 else f"{holdout.opened_before:,} times"
        yield _Check(False, f"A holdout of this series was opened {times} before: it proves nothing now.")
    elif holdout.seen_by:
        tries = "1 try" if holdout.seen_by == 1 else f"{holdout.seen_by:,} tries"
        yield _Check(False, f"{tries} had walked prices of the holdout before it was sealed.")
    else:
        yield _Check(True, "The holdout was opened once, for this setting.")


def _deflated(figures: EdgeFigures) -> _Check:
    deflated = figures.deflated_sharpe
    tries = "1 try" if figures.tries == 1 else f"{figures.tries:,} tries"
    if deflated is None:
        return _Check(False, f"Its Sharpe ratio was not deflated by the {tries} on this series.")
    passed = deflated >= LEAST_DEFLATED_SHARPE
    needed = "." if passed else f"; {LEAST_DEFLATED_SHARPE:.0%} is needed."
    return _Check(passed, f"The deflated Sharpe ratio over {tries} is {deflated:.2%}{needed}")


def _overfitted(overfitting: float | None) -> _Check:
    if overfitting is None:
        return _Check(False, "The probability of overfitting was not worked out: hypertui sweep does that.")
    passed = overfitting <= MOST_OVERFITTING
    allowed = "." if passed else f"; at most {MOST_OVERFITTING:.0%} is allowed."
    return _Check(passed, f"The probability of overfitting is {overfitting:.2%}{allowed}")


def _usd(amount: float) -> str:
    return f"{amount:+,.2f} USD"
