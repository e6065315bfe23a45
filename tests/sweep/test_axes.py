"""Ranges are exact, and what is wrong with one is said in a line."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.sweep.axes import axes_of
from hypertui.sweep.exits_text import exits_of, exits_text


def units(text: str) -> tuple[str, ...]:
    return axes_of(text, "2000", "recovery", "none").unit_sizes


def test_a_range_has_its_end_and_no_dust_of_floats() -> None:
    assert units("0.05%:0.3%:0.05%") == ("0.05%", "0.1%", "0.15%", "0.2%", "0.25%", "0.3%")
    assert units("1:2:0.4") == ("1", "1.4", "1.8")
    assert len(units("0.05%:2%:0.05%")) == 40


def test_lists_and_ranges_are_joined_in_order_and_each_value_is_tried_once() -> None:
    assert units("2%,0.5%:1%:0.25%,1.00%") == ("0.5%", "0.75%", "1%", "2%")


def test_all_dimensions_are_multiplied() -> None:
    axes = axes_of("1%,2%", "1000:2000:500", "recovery,off", "none,hard-stop=4%:5%:1%+time-stop=36h")
    made = list(axes.settings())
    assert len(axes) == len(made) == len(set(made)) == 2 * 3 * 2 * 3
    assert {each.position_size for each in made} == {Decimal(1000), Decimal(1500), Decimal(2000)}
    assert {each.reinvest for each in made} == {Reinvest.RECOVERY, Reinvest.OFF}
    assert [exits_text(each) for each in axes.exits] == [
        "none",
        "hard-stop=4%+time-stop=36h",
        "hard-stop=5%+time-stop=36h",
    ]
    assert axes.place(axes.at(1, 2, 0, 0)) == (1, 2)


@pytest.mark.parametrize(
    ("unit", "position", "reinvest", "exits", "said"),
    [
        ("0.1%:1%", "2000", "off", "none", "unit size '0.1%:1%' is neither a figure nor a range"),
        ("1%:0.1%:0.1%", "2000", "off", "none", "unit size '1%:0.1%:0.1%' ends before it begins"),
        ("0.1%:1:0.1%", "2000", "off", "none", "unit size '0.1%:1:0.1%' has a % at some of its figures"),
        ("0.1%,65", "2000", "off", "none", "unit size '0.1%,65' has USD and percentages"),
        ("0.1%:1%:0%", "2000", "off", "none", "unit size '0%' is not a figure above 0"),
        ("30%", "2000", "off", "none", "unit size 30% puts the lowest stop at 0 or below it"),
        ("abc", "2000", "off", "none", "unit size 'abc' is not a figure above 0"),
        ("1e-9:9000:1e-9", "2000", "off", "none", "unit size has 8,999,999,999,999 values"),
        ("1%", "5%", "off", "none", "position size '5%' is in USD, not a percentage"),
        ("1%", "2000", "never", "none", "reinvest 'never' is not one of recovery, continuous, off"),
        ("1%", "2000", "off", "stop=5%", "exits 'stop=5%': 'stop=5%' is not a rule"),
        ("1%", "2000", "off", "hard-stop=5", "exits: hard-stop '5' is no percentage"),
        ("1%", "2000", "off", "hard-stop=5%+hard-stop=6%", "hard-stop is said twice"),
        ("1%", "2000", "off", "time-stop=36", "exits: time-stop '36' is no time such as 90m"),
        ("1%", "2000", "off", "trailing-atr=2", "a stop that trails needs trailing-arm"),
        ("1%", "2000", "off", "soft-stop=6%+hard-stop=5%", "soft_stop 6% is not below hard_stop 5%"),
    ],
)
def test_what_is_wrong_is_named(unit: str, position: str, reinvest: str, exits: str, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        axes_of(unit, position, reinvest, exits)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


shares = st.decimals(Decimal("0.01"), Decimal("0.5"), places=4)


@settings(max_examples=40)
@given(shares, st.none() | shares, st.none() | st.integers(1, 9_999), st.booleans())
def test_exits_survive_the_way_into_a_text_and_back(
    hard: Decimal, profit: Decimal | None, hours: int | None, trails: bool
) -> None:
    text = f"hard-stop={hard * 100}%"
    text += "" if profit is None else f"+take-profit={profit * 100}%"
    text += "" if hours is None else f"+time-stop={hours}h"
    text += "+trailing-arm=0.9%+trailing-atr=1.5" if trails else ""
    rules = exits_of(text)
    assert rules.hard_stop == hard and rules.take_profit == profit
    assert rules.time_stop == (None if hours is None else hours * 3_600_000)
    assert (rules.trailing_stop is not None) == trails
    assert exits_of(exits_text(rules)) == rules
    assert exits_of("none") == ExitRules()
