"""The exits at the exchange in a trade that is played by hand: when one goes, and when one is tried again."""

from __future__ import annotations

from decimal import Decimal as D

from hypertui.core.market import Side
from hypertui.exchange.protocol import Refusal
from hypertui.execution.orders import OwnOrder, Role
from hypertui.execution.trade_inputs import ExitsSet
from hypertui.strategy.exits.native import PROFIT, STOP
from hypertui.strategy.exits.rules import ExitRules, ExitTerms
from tests.execution.desk import Desk


def desk(rules: ExitRules) -> Desk:
    """A ladder of units of 1 from 100, stops from 96 to 99 at work, with these exits."""
    made = Desk()
    made.take(ExitsSet(made.now, ExitTerms(rules, D(4_000), made.now)))
    return made


def exits(orders: list[OwnOrder]) -> list[OwnOrder]:
    return [order for order in orders if order.role is Role.EXIT]


def test_an_exit_that_the_exchange_calls_passed_is_not_tried_with_every_price() -> None:
    """The price that moves the trade may be another one than the mark, by which the exchange decides."""
    played = desk(ExitRules(take_profit=D("0.006")))
    placed = 0
    for tick in range(100):
        played.wait(300)
        played.mark(f"100.5{1 + tick % 3}")
        for order in exits(list(played.acts()[0])):
            assert order.key == PROFIT
            placed += 1
            played.refuse(order, Refusal.PASSED)
    assert 1 < placed < 8, "over half a minute, in growing pauses"


def test_an_exit_goes_only_when_every_stop_that_comes_before_it_is_live() -> None:
    played = desk(ExitRules(hard_stop=D("0.035")))
    (exit,) = exits(list(played.acts()[0]))
    assert (exit.key, exit.order.size, exit.order.side) == (STOP, 0, Side.SELL)
    assert exit.order.trigger is not None and D(96) < exit.order.trigger < D(97), "the lowest stop is at 96"
    played.acknowledge(exit)
    played.mark(101)  # that stop moves up to 100, and then none is below the exit
    placed, cancelled = played.acts()
    (moved,) = placed
    assert exits(list(cancelled)) == []
    played.acknowledge(moved)
    _, cancelled = played.acts()
    assert exit in cancelled
