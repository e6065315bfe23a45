"""Guards over a price file: the same judgements as live, at the first price that is bad enough."""

from __future__ import annotations

from decimal import Decimal as D
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hypertui.backtest import simulation
from hypertui.backtest.guarding import BacktestGuards
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.report import RunTime, in_words, summary
from hypertui.backtest.simulation import Run, replay
from hypertui.core.market import ZERO
from hypertui.core.price_series import Series
from hypertui.execution.trade import Trade
from hypertui.risk.guards import Guard, GuardAction
from hypertui.risk.rules import GuardRules
from hypertui.strategy.plans import PlanError
from tests.strategy.driver import plan_of

FREE = Costs(fee_rate=ZERO)
HOUR = 3_600_000


def series(*prices: D | int | str, every: int = HOUR) -> Series:
    times = tuple(number * every for number in range(len(prices)))
    return Series(tuple(D(price) for price in prices), times, timed=True)


def run(rules: GuardRules, *prices: D | int | str, every: int = HOUR, equity: int = 2_000) -> Run:
    return replay(series(*prices, every=every), plan_of(), FREE, guards=rules, equity=D(equity))


def test_after_a_days_loss_nothing_is_bought_before_the_next_day() -> None:
    """Twenty coins are held from 100 on; of 2,000 USD 1 % is lost at 99, where a stop sells five of them."""
    fallen = ("100", "99", "98.5", "99", "100", "101")
    walked = run(GuardRules(daily_loss=D("0.01")), *fallen)
    assert walked.ladder.book.position == 15, "the buy at 100 was withdrawn"
    (event,) = walked.guards
    assert (event.at, event.verdict.guard, event.verdict.is_tripped) == (HOUR, Guard.DAILY_LOSS, True)
    assert event.verdict.text == "1.00 % of 1 % today"
    assert run(GuardRules(daily_loss=D("0.0101")), *fallen[:2]).guards[0].verdict.is_tripped is False
    # On the next day the buy is back, and fires.
    later = run(GuardRules(daily_loss=D("0.01")), "100", "99", "98.5", "98.5", "101", every=8 * HOUR)
    assert later.ladder.book.position > 19


def test_a_drawdown_ends_the_trade_where_it_is_set_to() -> None:
    rules = GuardRules(drawdown=D("0.01"), drawdown_action=GuardAction.FLATTEN)
    ended = run(rules, "100", "101", "99.5", "90")
    assert (ended.ended_by, ended.ticks, ended.ladder.book.position) == ("drawdown guard", 3, 0)
    sells_out = run(
        GuardRules(drawdown=D("0.01"), drawdown_action=GuardAction.SELL_OUT), "100", "101", "99.5", "103"
    )
    assert sells_out.ladder.selling_out
    assert sells_out.ladder.book.position == 15


def test_what_only_warns_changes_nothing() -> None:
    prices = [100 + (number % 2) for number in range(40)]
    rules = GuardRules(whipsaw=6, losing_cycles=2, losing_cycles_action=GuardAction.WARN)
    watched = run(rules, *prices, every=10_000)
    alone = replay(series(*prices, every=10_000), plan_of(), FREE)
    assert watched.ladder == alone.ladder
    assert [event.verdict.guard for event in watched.guards] == [Guard.WHIPSAW]


class Always(BacktestGuards):
    """Judges at every price, without the shortcut."""

    def look(self, trade: Trade, price: D, at: int, fills: int) -> bool:
        self._fills = -1
        return super().look(trade, price, at, fills)


STEPS = some.lists(some.integers(-12, 12).map(lambda tenths: D(tenths) / 10), min_size=5, max_size=60)


@given(STEPS, some.integers(1, 40), some.sampled_from([0, 1]))
def test_nothing_is_missed_between_two_judgements(steps: list[D], limit: int, which: int) -> None:
    prices = list(accumulate(steps, initial=D(100)))
    rules = (
        GuardRules(daily_loss=D(limit) / 1000),
        GuardRules(drawdown=D(limit) / 1000, drawdown_warn=D(limit) / 2000),
    )[which]
    by_shortcut = run(rules, *prices)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(simulation, "BacktestGuards", Always)
        at_each_price = run(rules, *prices)
    tripped = [
        [each for each in found.guards if each.verdict.is_tripped] for found in (by_shortcut, at_each_price)
    ]
    assert tripped[0] == tripped[1]
    assert by_shortcut.ladder == at_each_price.ladder


def test_the_report_says_what_was_assumed_and_what_tripped() -> None:
    walked = run(GuardRules(daily_loss=D("0.01")), "100", "99", "98")
    said = in_words(walked, FREE, RunTime(1, 1))
    assert "guards" in said
    assert "over 2,000.00 USD of equity; tripped 1 times, 0 warnings" in said
    assert "1970-01-01 01:00:00  daily loss TRIPPED: 1.00 % of 1 % today" in said
    assert summary(walked, RunTime(1, 1))["equity"] == "2000"
    alone = replay(series("100", "99"), plan_of(), FREE)
    assert "equity" not in summary(alone, RunTime(1, 1))
    assert "equity" not in in_words(alone, FREE, RunTime(1, 1))


def test_without_times_there_are_no_days() -> None:
    untimed = Series((D(100), D(99)), (0, 1), timed=False)
    with pytest.raises(PlanError, match="need a price file with times"):
        replay(untimed, plan_of(), FREE, guards=GuardRules(daily_loss=D("0.01")))


def test_a_cycle_that_loses_counts_once_it_has_ended() -> None:
    """All is sold on the way down and bought back a unit dearer on the way up: then the cycle has ended."""
    rules = GuardRules(losing_cycles=1)
    cycle = (100, 99, 98, 97, 96, 97, 98, 99)
    assert run(rules, *cycle).guards == []
    ended = run(rules, *cycle, 100, 101, 100, 101)
    assert [(each.verdict.guard, each.verdict.is_tripped) for each in ended.guards] == [
        (Guard.LOSING_CYCLES, True)
    ]
    assert ended.ladder.cycles.number == 2
    assert ended.ladder.long_slots == 3, "what the stop at 100 has sold is not bought back"
