"""The exits that rest at the exchange: where they stand beside the strategy's stops, how they move, and that
they end the trade while no engine runs."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.core.order_key import OrderKey
from hypertui.execution.input_codec import decode
from hypertui.execution.trade_inputs import CancelSent, OrderAnswered, OrderSent
from hypertui.port.commands import Verb
from hypertui.port.engine import EventKind
from hypertui.port.snapshot import Mode
from hypertui.strategy.exits.native import PROFIT, STOP
from hypertui.strategy.exits.rules import ExitRule, ExitRules
from hypertui.strategy.exits.trailing import TrailingTerms
from tests.execution.test_restart import ADDRESS, Run, working
from tests.support.exits import closed, start
from tests.support.live_engine import LiveEngine, wait_until
from tests.support.local_venue import LocalVenue

TIGHT = ExitRules(hard_stop=D("0.006"), take_profit=D("0.02"))


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}) as venue:
        yield venue


def standing(live: LiveEngine, key: OrderKey) -> D | None:
    """Where the exit is known to work; None where it does not."""
    return live.on_engine(
        lambda trade: next((own.order.trigger for own in trade.tracker.of(key) if own.is_live), None), None
    )


def acts_at(live: LiveEngine, rule: ExitRule) -> D | None:
    return live.on_engine(lambda trade: trade.trade.exits.price_of(rule, trade.book, trade.instrument), None)


def test_they_stand_beside_the_four_stops_and_protect_none_of_them(venue: LocalVenue) -> None:
    with start(venue, TIGHT) as live:
        live.opened()
        working = live.working()
        whole = [order for order in working if order["isPositionTpsl"]]
        assert [(order["orderType"], order["sz"]) for order in whole] == [
            ("Stop Market", "0.0"),
            ("Take Profit Market", "0.0"),
        ]
        assert [D(order["triggerPx"]) for order in whole] == [
            acts_at(live, ExitRule.HARD_STOP),
            acts_at(live, ExitRule.TAKE_PROFIT),
        ]
        live.wait_for(lambda: live.snapshot.invariant is not None and live.snapshot.invariant.ok, "the lamp")
        lamp = live.snapshot.invariant
        assert lamp is not None
        assert (lamp.stops, lamp.buys, lamp.protected) == (4, 0, D(1))
        assert len(live.snapshot.slots) == 4
        assert [order.role for order in live.snapshot.orders].count("exit") == 2
        assert [rule.at_exchange for rule in live.snapshot.exits] == ["live", "live"]


def test_a_hard_stop_below_every_stop_is_not_sent(venue: LocalVenue) -> None:
    with start(venue, ExitRules(hard_stop=D("0.05"))) as live:
        live.opened()
        assert all(not order["isPositionTpsl"] for order in live.working())
        assert [rule.at_exchange for rule in live.snapshot.exits] == ["stops come first"]


def test_losses_move_it_by_another_that_is_live_before_it_goes(venue: LocalVenue) -> None:
    with start(venue, TIGHT) as live:
        live.opened()
        before = standing(live, STOP)
        assert before is not None
        live.go_to(-1)
        live.wait_for(lambda: standing(live, STOP) not in (None, before), "the exit to move")
        after = standing(live, STOP)
        assert after is not None
        acts = acts_at(live, ExitRule.HARD_STOP)
        assert acts is not None
        assert 0 <= acts - after <= max(acts / 1000, D("0.01"))
        live.wait_for(lambda: live.settled, "the old one to go")
        inputs = [decode(each) for each in live.journal.inputs]
        (first, second) = (each for each in inputs if isinstance(each, OrderSent) and each.key == STOP)
        answered = next(
            number
            for number, each in enumerate(inputs)
            if isinstance(each, OrderAnswered) and each.client_id == second.order.client_id
        )
        cancelled = next(
            number
            for number, each in enumerate(inputs)
            if isinstance(each, CancelSent) and first.order.client_id in each.client_ids
        )
        assert answered < cancelled


def test_one_that_fills_ends_the_trade_where_the_price_has_come_back(venue: LocalVenue) -> None:
    with start(venue, TIGHT) as live:
        live.opened()
        at = standing(live, STOP)
        assert at is not None
        venue.set_price("SOL", at)
        venue.set_price("SOL", D(150))
        began = closed(live, ExitRule.HARD_STOP)
        assert next(each for each in began.verdicts if each.rule is ExitRule.HARD_STOP).due


def test_a_profit_is_taken_at_the_exchange(venue: LocalVenue) -> None:
    with start(venue, TIGHT) as live:
        live.opened()
        at = standing(live, PROFIT)
        assert at is not None
        venue.set_price("SOL", at)
        closed(live, ExitRule.TAKE_PROFIT)


def test_a_paused_trade_keeps_and_moves_it(venue: LocalVenue) -> None:
    with start(venue, TIGHT) as live:
        live.opened()
        before = standing(live, STOP)
        assert live.command(Verb.PAUSE).accepted
        live.wait_for(lambda: live.mode() is Mode.PAUSED, "the pause")
        venue.set_price("SOL", live.unit_price(-1))
        live.wait_for(lambda: standing(live, STOP) not in (None, before), "the exit to move")


def test_a_killed_engine_is_ended_by_the_exchange_and_what_it_bought_is_sold(
    venue: LocalVenue, tmp_path: Path
) -> None:
    """Its buys stay: one fills after the stop has sold everything."""

    def resting(side: str, *, whole: bool) -> list[D]:
        orders = [order for order in working(venue) if order.side == side and order.request.trigger]
        return [o.request.trigger.price for o in orders if (o.request.size == 0) is whole]  # type: ignore[union-attr]

    def held() -> D:
        return venue.core.account(ADDRESS).size("SOL")  # type: ignore[union-attr]

    run = Run(venue, tmp_path, "--hard-stop", "0.6%")
    wait_until(run.trades, "the trade", 30)
    wait_until(lambda: venue.call(lambda: len(resting("sell", whole=True))) == 1, "the exit", 30)
    (before,) = venue.call(lambda: resting("sell", whole=True))
    venue.set_price("SOL", D("149.49"))
    wait_until(
        lambda: venue.call(
            lambda: (
                (len(resting("sell", whole=False)), len(resting("buy", whole=False))) == (3, 1)
                and [at for at in resting("sell", whole=True) if at != before] == resting("sell", whole=True)
                and len(resting("sell", whole=True)) == 1
            )
        ),
        "three stops, a buy, and the exit where the loss has moved it",
        30,
    )
    (at,) = venue.call(lambda: resting("sell", whole=True))
    (buy,) = venue.call(lambda: resting("buy", whole=False))
    run.kill()
    venue.set_price("SOL", at - D("0.01"))
    assert venue.call(held) == 0
    venue.set_price("SOL", buy + D("0.05"))
    assert venue.call(held) > 0
    second = Run(venue, tmp_path, "--hard-stop", "0.6%")
    assert second.process.wait(30) == 0, second.last_words()
    assert "Trade ended: hard stop. Result -" in second.last_words()
    assert venue.call(held) == 0
    assert venue.call(lambda: working(venue)) == []
    second.errors.close()
    second.output.close()


def test_without_its_journal_a_trade_gives_up_the_old_ones_for_its_own(venue: LocalVenue) -> None:
    with start(venue, TIGHT) as live:
        live.opened()
        old = {order["cloid"] for order in live.working() if order["isPositionTpsl"]}
        assert len(old) == 2
    with start(venue, TIGHT, before=live) as again:
        again.wait_for(
            lambda: any("rebuilt the trade from" in event.text for event in again.events(EventKind.STATE)),
            "the trade",
        )
        again.wait_for(
            lambda: again.settled and old.isdisjoint(order["cloid"] for order in again.working()),
            "the old ones to go",
        )
        new = {order["cloid"] for order in again.working() if order["isPositionTpsl"]}
        assert len(new) == 2
        assert len(again.working()) == 6


def test_an_id_of_an_exit_is_never_given_twice(venue: LocalVenue) -> None:
    """Only exits carry the number of the second start; the third knows of that one by nothing else."""
    other = ExitRules(hard_stop=D("0.0065"), take_profit=D("0.025"))
    with start(venue, TIGHT) as live:
        live.opened()
    with start(venue, other, list(live.journal.inputs), before=live) as second:
        second.wait_for(
            lambda: (
                [acts_at(second, rule) for rule in (ExitRule.HARD_STOP, ExitRule.TAKE_PROFIT)]
                == [standing(second, key) for key in (STOP, PROFIT)]
                and second.settled
            ),
            "the exits to move",
        )
        given = {order["cloid"] for order in second.working()}
    with start(venue, TIGHT, before=second) as third:
        third.wait_for(lambda: third.settled and standing(third, STOP) not in (None, second), "the third")
        third.wait_for(lambda: len(third.working()) == 6, "the old ones to go")
        sent = {
            each.order.client_id
            for each in map(decode, third.journal.inputs)
            if isinstance(each, OrderSent) and each.key in (STOP, PROFIT)
        }
        assert sent.isdisjoint(given)


def test_a_stop_that_trails_takes_the_place_of_the_hard_one(venue: LocalVenue) -> None:
    near = TrailingTerms(D("0.005"), D(2), D("0.5"), D("0.004"), D("0.004"))
    with start(venue, ExitRules(hard_stop=D("0.006"), trailing_stop=near)) as live:
        live.opened()
        live.wait_for(lambda: [rule.at_exchange for rule in live.snapshot.exits] == ["live", ""], "the exit")
        live.go_to(3)
        live.wait_for(
            lambda: (
                standing(live, STOP) == live.on_engine(lambda trade: trade.trade.exits.trailing.stop, None)
            ),
            "the stop that trails",
        )
        live.wait_for(
            lambda: [rule.at_exchange for rule in live.snapshot.exits] == ["trailing stop first", "live"],
            "it on the screen",
        )
        at = standing(live, STOP)
    assert at is not None
    venue.set_price("SOL", at)
    with start(venue, ExitRules(), list(live.journal.inputs), before=live) as second:
        closed(second, ExitRule.TRAILING_STOP)
