"""A bracket over a price series: where it buys, what ends it, and what it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal as D

import pytest

from hypertui.backtest.bracket_trace import BracketStep
from hypertui.backtest.bracket_walk import BracketAttempt, BracketRun, walk_bracket
from hypertui.backtest.fill_model import FillModel, FillSample
from hypertui.backtest.instant_exchange import Costs
from hypertui.core.market import Instrument
from hypertui.core.price_series import Series
from hypertui.risk.guards import Guard, GuardAction
from hypertui.risk.rules import GuardRules
from hypertui.strategy.bracket.entry_rules import EntryOrder, EntryRules
from hypertui.strategy.bracket.terms import BracketTerms
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.exits.trailing import TrailingTerms
from hypertui.strategy.plans import PlanError
from tests.backtest.test_guards import series

SOL = Instrument("SOL", 2, 20)
FEE = D("0.00045")
MARKET = EntryRules(EntryOrder.MARKET)


def attempt(exits: ExitRules | None = None, **terms: object) -> BracketAttempt:
    given = {"position_size": D(1_000), "entry": MARKET, "settled_at": D(100), **terms}
    plan = BracketTerms(**given).plan(SOL, 5)  # type: ignore[arg-type]
    return BracketAttempt(plan, Costs(FEE), ExitRules(hard_stop=D("0.05")) if exits is None else exits)


def walk(prices: Sequence[D | int | str], exits: ExitRules | None = None, **terms: object) -> BracketRun:
    return walk_bracket(series(*prices, every=60_000), attempt(exits, **terms))


def guarded(rules: GuardRules, *prices: D | int | str, every: int = 60_000, **terms: object) -> BracketRun:
    """Of an account with 2,000 USD."""
    watched = replace(attempt(**terms), guards=rules, equity=D(2_000))
    return walk_bracket(series(*prices, every=every), watched)


def test_a_hard_stop_costs_what_was_set_and_the_gap() -> None:
    run = walk([100, 101, "95.088", 90])
    assert (run.fills, dict(run.ends), run.finished) == (2, {"hard stop": 1}, "the position is closed")
    # Of 10 coins from 100, at 95.088 the loss with both fees is 5 %, but for a tick.
    assert run.bracket.book.net_pnl(D(90)) == D(10) * (D("95.088") - 100) - D(10) * FEE * (100 + D("95.088"))
    assert walk([100, 90]).bracket.book.net_pnl(D(90)) < -100, "a gap costs"


def test_a_stop_entry_buys_where_it_is_passed() -> None:
    run = walk([100, 99, 102, 101], entry=EntryRules(EntryOrder.STOP), entry_price=D("101.5"))
    assert run.bracket.book.position == D("9.85")
    assert run.bracket.book.average_price == 102
    assert run.fills == 1


def test_it_enters_again_once_it_has_cooled_down() -> None:
    prices = [100, 90, 90, 90, 91, 91]
    assert walk(prices, reenter_after=120_000).bracket.told == 2
    assert walk(prices, reenter_after=600_000).bracket.told == 1
    assert walk(prices).bracket.told == 1


def test_a_stop_trails() -> None:
    trailing = TrailingTerms(D("0.02"), D(2), D("0.5"), D("0.01"), D("0.02"))
    run = walk([100, 103, 106, "103.8"], ExitRules(hard_stop=D("0.05"), trailing_stop=trailing))
    assert dict(run.ends) == {"trailing stop": 1}
    assert run.bracket.book.realized_pnl > 0


def test_stays_that_lose_one_after_the_other_hold_it() -> None:
    prices = [100, 90, 90, 80, 80, 70, 70, 60]
    assert walk(prices, reenter_after=1).bracket.told == 4
    run = guarded(GuardRules(losing_cycles=2), *prices, reenter_after=1)
    assert run.bracket.told == 2 and dict(run.ends) == {"hard stop": 2}
    (event,) = run.guards
    assert (event.verdict.guard, event.verdict.is_tripped) == (Guard.LOSING_CYCLES, True)


def test_after_a_days_loss_it_enters_no_more_before_the_next_day() -> None:
    fallen = [100, 90, 90, 90, 90]
    assert guarded(GuardRules(daily_loss=D("0.05")), *fallen, reenter_after=1).bracket.told == 1
    nights = guarded(GuardRules(daily_loss=D("0.05")), *fallen, every=8 * 3_600_000, reenter_after=1)
    assert nights.bracket.told == 2 and nights.bracket.entry is None
    waits = guarded(
        GuardRules(daily_loss=D("0.01")),
        *(100, 97, 97, 103),
        entry=EntryRules(EntryOrder.STOP),
        entry_price=D(102),
        reenter_after=1,
    )
    assert (waits.fills, waits.guards) == (1, []), "nothing is lost before anything is bought"


def test_a_drawdown_ends_it_or_sells_it_out_where_it_is_set_to() -> None:
    def fallen(action: GuardAction) -> BracketRun:
        rules = GuardRules(drawdown=D("0.01"), drawdown_action=action)
        return guarded(rules, 100, "97.5", 98, 90, 90, reenter_after=1)

    flat = fallen(GuardAction.FLATTEN)
    assert (flat.ticks, flat.finished, dict(flat.ends)) == (2, "the drawdown guard", {"drawdown guard": 1})
    sold = fallen(GuardAction.SELL_OUT)
    assert (sold.ticks, sold.finished, dict(sold.ends)) == (4, "sold out", {"hard stop": 1})
    assert fallen(GuardAction.HOLD).bracket.told == 1
    rules = GuardRules(drawdown=D("0.05"), drawdown_action=GuardAction.FLATTEN)
    gap = guarded(rules, 100, 90, 90, reenter_after=1)
    assert (gap.ticks, gap.finished) == (2, "the drawdown guard"), "the exit was seen through before it"


def test_the_trace_tells_of_each_price_that_has_changed_anything() -> None:
    trailing = TrailingTerms(D("0.02"), D(2), D("0.5"), D("0.01"), D("0.02"))
    exits = ExitRules(hard_stop=D("0.05"), trailing_stop=trailing, take_profit=D("0.1"))
    steps: list[BracketStep] = []
    prices = ["100", "101", "103", "102.5", "106", "103.8", "104", "98"]
    watched = attempt(exits, entry=EntryRules(EntryOrder.STOP), entry_price=D("100.5"), reenter_after=120_000)
    run = walk_bracket(series(*prices, every=60_000), watched, steps.append)
    assert [(step.tick, step.happened) for step in steps] == [
        (0, ("told to enter",)),
        (1, ("bought",)),
        (4, ("the stop trails",)),
        (5, ("trailing stop", "sold")),
        (7, ("told to enter",)),
    ]
    told, bought, trailed, sold, again = steps
    assert (told.entry, told.position, told.stop, told.average) == (D("100.5"), 0, None, None)
    assert bought.entry is None and bought.average == 101 and bought.target is not None
    assert bought.stop is not None and D("95.9") < bought.stop < D("96.1")
    assert trailed.stop == D("103.88")
    assert (sold.position, sold.stop, sold.stay) == (0, None, 2)
    assert sold.realized_pnl == run.bracket.book.realized_pnl > 0
    assert [step.number for step in steps] == [1, 2, 3, 4, 5]
    assert again.row()["entry"] == "100.5" and again.row()["stop"] is None
    assert walk_bracket(run.series, watched).net_pnl == run.net_pnl, "whoever looks on changes nothing"


def test_fills_that_come_late_come_at_the_price_of_then() -> None:
    late = replace(attempt(reenter_after=1), fills=FillModel((FillSample(60_000, D(0)),)))
    run = walk_bracket(series(100, 101, 99, "95.9", 94, 93, 92, every=60_000), late)
    assert [each.fill.price for each in run.bracket.book.executions] == [101, 94, 92]
    assert run.bracket.told == 2, "not before the sale is filled"


def test_holding_it_costs_funding() -> None:
    costs = Costs(FEE, funding=D("0.001"))
    run = walk_bracket(series(100, 100, 100), replace(attempt(), costs=costs))
    assert run.bracket.book.funding == -2


def test_what_it_cannot_walk() -> None:
    with pytest.raises(PlanError, match="no price file says when a limit would be filled"):
        walk([100], entry=EntryRules())
    bare = Series((D(100), D(101)), (0, 0), timed=False)
    plan = BracketTerms(D(1_000), entry=MARKET, settled_at=D(100), reenter_after=1).plan(SOL, 5)
    with pytest.raises(PlanError, match="no times, without which there is no reenter"):
        walk_bracket(bare, BracketAttempt(plan, Costs(FEE), ExitRules(hard_stop=D("0.05"))))
