"""A bracket over a price series: where it buys, what ends it, and what it needs."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal as D

import pytest

from hypertui.backtest.bracket_walk import BracketRun, walk_bracket
from hypertui.backtest.instant_exchange import Costs
from hypertui.core.market import Instrument
from hypertui.core.price_series import Series
from hypertui.strategy.bracket.entry_rules import EntryOrder, EntryRules
from hypertui.strategy.bracket.terms import BracketTerms
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.exits.trailing import TrailingTerms
from hypertui.strategy.plans import PlanError
from tests.backtest.test_guards import series

SOL = Instrument("SOL", 2, 20)
FEE = D("0.00045")
MARKET = EntryRules(EntryOrder.MARKET)


def walk(prices: Sequence[D | int | str], exits: ExitRules | None = None, **terms: object) -> BracketRun:
    given = {"position_size": D(1_000), "entry": MARKET, "settled_at": D(100), **terms}
    plan = BracketTerms(**given).plan(SOL, 5)  # type: ignore[arg-type]
    rules = ExitRules(hard_stop=D("0.05")) if exits is None else exits
    return walk_bracket(series(*prices, every=60_000), plan, Costs(FEE), rules)


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


def test_what_it_cannot_walk() -> None:
    with pytest.raises(PlanError, match="no price file says when a limit would be filled"):
        walk([100], entry=EntryRules())
    bare = Series((D(100), D(101)), (0, 0), timed=False)
    plan = BracketTerms(D(1_000), entry=MARKET, settled_at=D(100), reenter_after=1).plan(SOL, 5)
    with pytest.raises(PlanError, match="no times, without which there is no reenter"):
        walk_bracket(bare, plan, Costs(FEE), ExitRules(hard_stop=D("0.05")))
