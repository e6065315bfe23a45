"""The verdict: which rung a result stands on, and that it says why."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from hypertui.evidence.verdict import BaselineFigures, EdgeFigures, HoldoutFigures, Rung, judge_edge

BEATEN = BaselineFigures(
    hold=50.0,
    hold_drawdown=80.0,
    trailing=-20.0,
    trailing_drawdown=60.0,
    flipped=-70.0,
    lagged=60.0,
    random_percentile=97.5,
    random_entries=1_000,
)
PERFECT = EdgeFigures(
    net_pnl=100.0,
    max_drawdown=40.0,
    baselines=BEATEN,
    out_of_sample=12.0,
    holdout=HoldoutFigures(9.0),
    tries=400,
    deflated_sharpe=0.97,
    overfitting=0.03,
)


def test_what_is_as_good_as_can_be_passes_all() -> None:
    verdict = judge_edge(PERFECT)
    assert verdict.rung is Rung.PASSES
    assert verdict.why[0] == "It makes +100.00 USD after costs."
    assert verdict.why[-1] == "The holdout was opened once, for this setting."


@pytest.mark.parametrize(
    ("worse", "rung", "why"),
    [
        ({"net_pnl": 0.0}, Rung.LOSES, "It ends at +0.00 USD."),
        ({"net_pnl": -3.5}, Rung.LOSES, "It ends at -3.50 USD."),
        ({"baselines": None}, Rung.FAILS_NULLS, "It was not compared with anything simpler."),
        (
            {"out_of_sample": None, "holdout": None},
            Rung.IN_SAMPLE,
            "It was not walked over prices that it was not chosen by (--holdout 20%).",
        ),
        ({"out_of_sample": -1.0}, Rung.IN_SAMPLE, "Out of sample it ends at -1.00 USD."),
        ({"holdout": HoldoutFigures(0.0)}, Rung.IN_SAMPLE, "In the holdout it ends at +0.00 USD."),
        (
            {"holdout": None},
            Rung.OUT_OF_SAMPLE,
            "No holdout was opened (--holdout 20% --open-holdout).",
        ),
        (
            {"holdout": HoldoutFigures(9.0, opened_before=2)},
            Rung.OUT_OF_SAMPLE,
            "A holdout of this series was opened 2 times before: it proves nothing now.",
        ),
        (
            {"holdout": HoldoutFigures(9.0, seen_by=1)},
            Rung.OUT_OF_SAMPLE,
            "1 try had walked prices of the holdout before it was sealed.",
        ),
        (
            {"deflated_sharpe": 0.9499},
            Rung.OUT_OF_SAMPLE,
            "The deflated Sharpe ratio over 400 tries is 94.99%; 95% is needed.",
        ),
        (
            {"deflated_sharpe": None},
            Rung.OUT_OF_SAMPLE,
            "Its Sharpe ratio was not deflated by the 400 tries on this series.",
        ),
        (
            {"overfitting": 0.2},
            Rung.OUT_OF_SAMPLE,
            "The probability of overfitting is 20.00%; at most 5% is allowed.",
        ),
        (
            {"overfitting": None},
            Rung.OUT_OF_SAMPLE,
            "The probability of overfitting was not worked out: hypertui sweep does that.",
        ),
    ],
)
def test_one_thing_that_is_worse_costs_its_rung(worse: dict[str, object], rung: Rung, why: str) -> None:
    verdict = judge_edge(replace(PERFECT, **worse))  # type: ignore[arg-type]
    assert (verdict.rung, verdict.why[-1]) == (rung, why)


@pytest.mark.parametrize(
    ("worse", "why"),
    [
        (
            {"hold": 250.0},
            "Buy and hold makes +250.00 USD, no less than the ladder, and no less for its drawdown.",
        ),
        (
            {"trailing": 160.0},
            "A plain trailing stop makes +160.00 USD, no less than the ladder, and no less for its drawdown.",
        ),
        ({"flipped": 100.0}, "The flipped ladder makes +100.00 USD, no less than the ladder."),
        ({"lagged": -2.0}, "With late fills it ends at -2.00 USD."),
        ({"random_percentile": 94.9}, "It beats 94.9% of 1,000 random entries; 95% are needed."),
    ],
)
def test_each_null_can_stop_it(worse: dict[str, float], why: str) -> None:
    verdict = judge_edge(replace(PERFECT, baselines=replace(BEATEN, **worse)))  # type: ignore[arg-type]
    assert (verdict.rung, verdict.why[-1]) == (Rung.FAILS_NULLS, why)


def test_less_money_for_a_smaller_fall_beats_holding() -> None:
    held = replace(BEATEN, hold=150.0, hold_drawdown=80.0)  # 1.9 for each USD of drawdown, the ladder 2.5
    verdict = judge_edge(replace(PERFECT, baselines=held))
    assert verdict.rung is Rung.PASSES
    assert "Buy and hold makes +150.00 USD, more than the ladder, and less for its drawdown." in verdict.why


def test_one_try_needs_no_probability_of_overfitting() -> None:
    assert judge_edge(replace(PERFECT, tries=1, overfitting=None)).rung is Rung.PASSES


def test_the_rungs_are_in_order() -> None:
    assert all(below.height + 1 == above.height for below, above in pairwise(Rung))
    assert (Rung.LOSES.height, Rung.PASSES.height) == (0, 4)
