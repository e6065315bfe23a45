"""Exits that cannot be meant: too near, too far, at one price, or in the wrong order."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hypertui.core.market import Instrument, Side
from hypertui.core.trade_book import TradeBook
from hypertui.strategy.exits.contradictions import beyond_own_margin, contradictions, contradictions_at
from hypertui.strategy.exits.rules import ExitRule, ExitRules, ExitTerms
from hypertui.strategy.exits.watch import ExitWatch
from tests.strategy.driver import fill_of

COIN = Instrument("COIN", 2, 50)
FEE = D("0.00045")
percentages = st.decimals(D("0.001"), D("0.6"), places=4)


@pytest.mark.parametrize("name", ["hard_stop", "soft_stop", "take_profit"])
def test_nearer_than_a_unit_and_its_fees(name: str) -> None:
    assert list(contradictions(ExitRules(**{name: D("0.0049")}), D("0.004"))) == [
        f"{name} 0.49% is not beyond 0.49%, a unit of 0.4% and the fees of buying and selling"
    ]
    assert not list(contradictions(ExitRules(**{name: D("0.00491")}), D("0.004")))
    assert not list(contradictions(ExitRules(**{name: D("0.0049")}), None))


def test_the_order_of_the_stops_is_one_of_them() -> None:
    (text,) = contradictions(ExitRules(hard_stop=D("0.05"), soft_stop=D("0.06")), D("0.004"))
    assert "soft_stop 6% is not below hard_stop 5%" in text


def test_two_rules_that_the_tick_makes_one() -> None:
    rules = ExitRules(hard_stop=D("0.02"), soft_stop=D("0.019995"), take_profit=D("0.02"))
    assert list(contradictions_at(rules, D(100), Instrument("COIN", 4, 50), FEE, None)) == [
        "hard_stop and soft_stop both act at 98.09: one of them never would"
    ]
    apart = ExitRules(hard_stop=D("0.02"), soft_stop=D("0.0195"))
    assert not list(contradictions_at(apart, D(100), Instrument("COIN", 4, 50), FEE, None))


def test_a_loss_that_the_liquidation_comes_before() -> None:
    rules = ExitRules(hard_stop=D("0.05"), soft_stop=D("0.02"))
    assert list(contradictions_at(rules, D(100), COIN, FEE, D("95.5"))) == [
        "hard_stop 5% acts at 95.088, not above the liquidation near 95.5: it would come too late"
    ]
    assert not list(contradictions_at(rules, D(100), COIN, FEE, D(95)))


def test_a_loss_beyond_the_margin_of_the_position() -> None:
    (text,) = beyond_own_margin(ExitRules(hard_stop=D("0.25"), take_profit=D("0.9")), 5, COIN)
    assert text == (
        "hard_stop 25% is beyond the liquidation: at leverage 5 the margin of the position is gone after a "
        "fall of 19.1464%; leverage 3 would do"
    )


@given(loss=percentages, leverage=st.integers(1, 50))
def test_the_leverage_that_would_do_does(loss: D, leverage: int) -> None:
    rules = ExitRules(hard_stop=loss)
    for text in beyond_own_margin(rules, leverage, COIN):
        highest = int(text.split("; leverage ")[1].split(" ")[0])
        assert highest < leverage
        assert not list(beyond_own_margin(rules, highest, COIN))
        assert list(beyond_own_margin(rules, highest + 1, COIN))


@given(loss=percentages, gain=percentages, entry=st.decimals(D(1), D(100_000), places=2))
def test_the_prices_are_those_at_which_the_rules_act(loss: D, gain: D, entry: D) -> None:
    """What is refused is what the watch over a trade would do just after its entry."""
    rules, coins = ExitRules(hard_stop=loss, take_profit=gain), D(10)
    book = TradeBook()
    book.book(fill_of(Side.BUY, coins, entry, coins * entry * FEE))
    watch = ExitWatch()
    watch.set(ExitTerms(rules, coins * entry, 0, FEE))
    at = {each.rule: each.price for each in watch.verdicts(entry, 0, book, COIN)}
    stop = at[ExitRule.HARD_STOP]
    assume(stop is not None and stop > 0)
    assert stop is not None
    tick = COIN.tick(stop)
    assert list(contradictions_at(rules, entry, COIN, FEE, stop))
    assert not list(contradictions_at(rules, entry, COIN, FEE, stop - tick))
