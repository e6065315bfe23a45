"""One setting in, one row of figures out, and what funding costs on the way."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from hypertui.backtest.evaluate import evaluate
from hypertui.backtest.evaluation import Evaluation, Setting
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.simulation import replay
from hypertui.core.price_series import Series
from hypertui.series.ticks import Ticks, ticks_of
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.plans import PlanError
from tests.strategy.driver import COIN, plan_of

HOUR = 3_600_000


def ticks_from(*prices: str | int, minutes: int = 1, timed: bool = True) -> Ticks:
    return ticks_of(series_from(*prices, minutes=minutes, timed=timed))


def series_from(*prices: str | int, minutes: int = 1, timed: bool = True) -> Series:
    times = tuple(range(0, len(prices) * minutes * 60_000, minutes * 60_000))
    return Series(tuple(D(price) for price in prices), times, timed=timed)


def evaluated(ticks: Ticks, costs: Costs, blocks: int = 4, **changes: object) -> Evaluation:
    setting = Setting(**{"unit_size": "1", "position_size": D(2000), **changes})
    return evaluate(ticks, setting, COIN, costs, blocks=blocks)


def test_a_setting_gives_this_row() -> None:
    """Bought 20 at 100; from 101 a gap to 98.5 sells two slots that were meant for 100 and 99; one is bought
    back at 100 as it was meant."""
    row = evaluated(ticks_from(100, "100.9", 101, "98.5", 99, 100), Costs(D("0.001"), D("0.01")), blocks=3)
    sale, buy = 98.5 * 0.99, 100 * 1.01
    realized = 2 * (5 * (sale - 100) - 5 * sale * 0.001 - 0.5)
    fees = 2 + 2 * 5 * sale * 0.001 + 5 * buy * 0.001
    after = realized - 1.0 - 5 * buy * 0.001 - 5 * (buy - 100)
    assert row.stake == 2000
    assert row.realized_pnl == pytest.approx(realized)
    assert row.net_pnl == pytest.approx(after), "at 100 the coins of the entry are worth what they cost"
    assert row.fees == pytest.approx(fees)
    assert row.slippage_cost == pytest.approx(5 * (100 - sale) + 5 * (99 - sale) + 5 * (buy - 100))
    assert row.whipsaw_cost == pytest.approx(5 * (buy - sale) + 5 * (buy + sale) * 0.001)
    assert (row.round_trips, row.steps, row.fills, row.final_unit) == (1, 4, 4, 0)
    assert (row.position, row.last_price) == (15, 100)
    assert row.blocks == pytest.approx((20 * 0.9 - 2, realized - 1 + 10 * -1.5, after))
    assert row.max_drawdown == pytest.approx(18 - (realized - 1 - 15))
    assert row.phase_steps == {"advance": 1, "retracement": 3}
    assert row.phase_pnl["advance"] == pytest.approx(realized / 2 - 1.5 - 15 * 1.5)
    assert sum(row.phase_pnl.values()) == pytest.approx(row.net_pnl)


def test_funding_is_charged_at_each_full_hour_on_what_is_held_at_the_price_before() -> None:
    costs = Costs(D(0), D(0), D("0.0001"))
    series = series_from(100, "100.5", "98.9", 99, "99.5", minutes=40)  # 0:00, 0:40, 1:20, 2:00, 2:40
    run = replay(series, plan_of(), costs)
    # At 1:00 on 20 coins at 100.5; at 2:00 on 15 at 98.9.
    assert run.ladder.book.funding == -(20 * D("100.5") + 15 * D("98.9")) * D("0.0001")
    assert replay(series, plan_of(), Costs(D(0), D(0), -costs.funding)).ladder.book.funding > 0
    late = Series((D(100), D(101)), (1, 3 * HOUR))
    assert replay(late, plan_of(), costs).ladder.book.funding == -3 * 20 * D(100) * D("0.0001")


def test_funding_needs_times() -> None:
    with pytest.raises(PlanError, match=r"^funding is charged by the hour: it needs a price file with times"):
        replay(series_from(100, 101, timed=False), plan_of(), Costs(funding=D("0.00001")))


def test_a_share_of_the_first_price_is_a_unit_too() -> None:
    assert evaluated(ticks_from("100.5", 101), Costs(), unit_size="0.504%").unit_size == 0.51


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"unit_size": "30"}, "unit size 30 puts the lowest stop at -20"),
        ({"unit_size": "0.00001"}, "unit size 0.00001 is below the price tick"),
        ({"position_size": D(30)}, "position size 30 makes buy sizes of 7.5 USD"),
        ({"exits": ExitRules(hard_stop=D("0.001"))}, "hard_stop 0.1% is not beyond"),
    ],
)
def test_what_is_forbidden_is_refused_in_the_row(changes: dict[str, object], said: str) -> None:
    row = evaluated(ticks_from(100, 101), Costs(), **changes)
    assert row.refused.startswith(said)
    assert row == Evaluation(refused=row.refused)


@pytest.mark.parametrize("unit", ["", "atr", "0.5atr", "-1", "0", "5%%", "nan"])
def test_a_unit_that_is_no_figure_is_an_error(unit: str) -> None:
    with pytest.raises(ValueError, match="is neither USD above 0"):
        evaluated(ticks_from(100, 101), Costs(), unit_size=unit)


def test_blocks_end_with_the_walk() -> None:
    """The hard stop ends it at the second of six prices; and two prices have five parts."""
    ended = evaluated(
        ticks_from(100, 90, 95, 100, 105, 110), Costs(D(0)), blocks=6, exits=ExitRules(hard_stop=D("0.05"))
    )
    assert (ended.ended_by, ended.position) == ("hard stop", 0)
    assert ended.blocks == (0.0, *[ended.net_pnl] * 5)
    few = evaluated(ticks_from(100, "100.5"), Costs(D(0)), blocks=5)
    assert few.blocks == (0.0, 0.0, 0.0, 0.0, 10.0)
