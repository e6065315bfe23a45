"""Several trades in one engine: side by side on one account, each with its own end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from hypertui.core.purpose import Purpose
from hypertui.exchange.protocol import Allowance, RateLimited, Rejected
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.commands import OnExit, Verb
from hypertui.port.snapshot import Mode, Network
from hypertui.runtime.clock_sync import ClockSync
from hypertui.runtime.request_budget import RequestBudget, Throttle
from tests.support.desk_engine import DeskEngine
from tests.support.ladders import ladder_config, ladder_of
from tests.support.local_venue import LocalVenue

D = Decimal
PRICES = {"SOL": D(150), "BTC": D(64_000), "ETH": D(3_000)}
SOL = ladder_config(Network.PAPER, "SOL", D("0.5"), D(2_000), 20)
BTC = ladder_config(Network.PAPER, "BTC", D(250), D(2_000), 40)
ETH = ladder_config(Network.PAPER, "ETH", D(10), D(1_500), 25)


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue(PRICES) as venue:
        yield venue


def opened(venue: LocalVenue, *configs: TradeConfig) -> DeskEngine:
    return DeskEngine(venue, configs or (SOL, BTC, ETH))


def go_to(live: DeskEngine, name: str, unit: int) -> None:
    """Move a trade's market onto a unit's price and wait until everything has settled there."""
    price = live.look(name, lambda trade: ladder_of(trade.tracker).grid.price(unit), D(0))
    live.venue.set_price(name, price)

    def there() -> bool:
        return live.look(
            name, lambda trade: ladder_of(trade.tracker).unit == unit and trade.tracker.settled, False
        )

    live.wait_for(there, f"{name} at unit {unit}")


def orders(live: DeskEngine, name: str) -> int:
    return sum(row["coin"] == name for row in live.working())


def test_trades_keep_four_orders_each_and_their_results_make_the_accounts(venue: LocalVenue) -> None:
    with opened(venue) as live:
        live.wait_for(live.all_settled, "three entries")
        for name, unit in (("SOL", 1), ("BTC", -1), ("ETH", 2), ("BTC", -2), ("SOL", -1), ("ETH", 0)):
            go_to(live, name, unit)
            assert {each: orders(live, each) for each in live.names} == dict.fromkeys(live.names, 4)
        account = venue.core.account(live.key.address)
        assert account is not None
        live.wait_for(live.all_settled, "rest")
        equity = venue.call(lambda: venue.core.margin(account).value)
        start = venue.core.options.faucet

        def made() -> Decimal:
            return sum((live.trade(name).net_pnl for name in live.names), D(0))

        live.wait_for(lambda: round(start + made(), 2) == round(equity, 2), "views that make the equity")


def test_what_is_read_of_the_account_is_for_all_of_them(venue: LocalVenue) -> None:
    with opened(venue) as live:
        live.wait_for(live.all_settled, "three entries")
        live.wait_for(
            lambda: all(
                live.look(name, lambda trade: trade.context.market.unheard is None, False)
                for name in live.names
            ),
            "the past of the prices",
        )
        read = {name: live.trade(name).account_at for name in live.names}
        weight = live.look("SOL", lambda trade: trade.context.exchange.allowance.weight, 0)
        assert live.do(lambda trade: trade.account_sync.ask_account()) == ""
        live.wait_for(
            lambda: all(live.trade(name).account_at != read[name] for name in live.names), "the account"
        )
        assert len({live.trade(name).equity for name in live.names}) == 1
        assert live.look("SOL", lambda trade: trade.context.exchange.allowance.weight, 0) >= weight - 8


def test_a_command_names_its_trade(venue: LocalVenue) -> None:
    with opened(venue, SOL, ETH) as live:
        live.wait_for(live.all_settled, "two entries")
        assert live.command(Verb.PAUSE).text == "it names no trade: there are SOL, ETH"
        assert live.order(Verb.PAUSE, "BTC").text == "no trade 'BTC': there are SOL, ETH"
        assert live.order(Verb.PAUSE, "ETH").accepted
        live.wait_for(lambda: live.trade("ETH").mode is Mode.PAUSED, "ETH to pause")
        assert live.trade("SOL").mode is Mode.RUNNING
        events = [event for event in live.engine.events_after(0) if event.kind == "command"]
        assert {event.trade for event in events} == {"ETH"}
        assert [command.verb for command in live.trade("ETH").commands] == [Verb.PAUSE]
        assert not live.trade("SOL").commands


def test_a_trade_that_cannot_start_is_no_other_ones_trouble(venue: LocalVenue) -> None:
    too_much = replace(ETH, leverage=50)
    with opened(venue, SOL, too_much) as live:
        live.wait_for(lambda: live.trade("ETH").mode is Mode.HALTED, "the refusal")
        live.wait_for(lambda: live.look("SOL", lambda trade: trade.tracker.settled, False), "the other")
        go_to(live, "SOL", 1)
        assert not live.order(Verb.PAUSE, "ETH").accepted
        live.stop.request(OnExit.FLATTEN)
        assert live.reason.status == 2
        assert live.reason.text.startswith("SOL: left with position 0")
        assert "; ETH: leverage 50 is above the 25 of ETH" in live.reason.text


def test_trades_that_have_not_enough_margin_together_are_all_refused() -> None:
    """Whichever of them looks first: each would have enough for itself."""
    with LocalVenue(PRICES, faucet=D(150)) as venue, opened(venue, SOL, BTC) as live:
        reason = live.reason
        assert reason.status == 2
        for text in (
            "SOL: a position of 2,000 USD at 20x needs 100.8",
            "with what trades of BTC will buy 151.7",
            "BTC: a position of 2,000 USD at 40x needs 50.90",
            "with what trades of SOL will buy 151.8",
            "the account has 150.00 USD free",
        ):
            assert text in reason.text
        assert live.fills() == []


def test_a_trade_that_holds_counts_with_what_it_holds(venue: LocalVenue) -> None:
    with opened(venue, SOL, BTC) as live:
        live.wait_for(live.all_settled, "two entries")
        assert live.order(Verb.FLATTEN, "BTC").accepted
        live.wait_for(lambda: live.trade("BTC").mode is Mode.HALTED, "BTC to be flat")

        def leave_free(money: int) -> None:
            account = venue.core.stored(live.key.address)
            margin = venue.core.margin(account)
            account.cash -= margin.value - margin.used - D(money)

        venue.call(lambda: leave_free(45))
        assert live.order(Verb.START, "BTC").accepted
        live.wait_for(lambda: "needs 50.90" in live.trade("BTC").reason, "BTC to be refused")
        assert "with what trades" not in live.trade("BTC").reason
        venue.call(lambda: leave_free(55))
        assert live.order(Verb.START, "BTC").accepted
        live.wait_for(live.all_settled, "BTC again")


def test_one_that_has_left_is_started_again_while_the_others_go_on(venue: LocalVenue) -> None:
    with opened(venue, SOL, ETH) as live:
        live.wait_for(live.all_settled, "two entries")
        go_to(live, "ETH", 1)
        loop = live.engine._loop
        assert loop is not None
        loop.call_soon_threadsafe(live.engine.leave, "ETH", OnExit.BUYS)
        live.wait_for(lambda: live.trade("ETH").mode is Mode.STOPPED, "ETH to leave")
        before = sorted(row["oid"] for row in live.working() if row["coin"] == "ETH")
        assert len(before) == 4, "its stops stay"
        assert live.order(Verb.PAUSE, "ETH").text == "the trade is not running"
        go_to(live, "SOL", 1)
        go_to(live, "SOL", 0)
        assert live.order(Verb.START, "ETH").accepted
        live.wait_for(live.all_settled, "ETH again")
        assert live.trade("ETH").mode is Mode.RUNNING
        assert sorted(row["oid"] for row in live.working() if row["coin"] == "ETH") == before
        assert [command.verb for command in live.trade("ETH").commands] == [Verb.START]
        go_to(live, "ETH", 2)
        go_to(live, "SOL", -1)


def test_a_command_that_comes_while_a_trade_leaves_is_answered(venue: LocalVenue) -> None:
    with opened(venue, SOL, ETH) as live:
        live.wait_for(live.all_settled, "two entries")
        loop = live.engine._loop
        assert loop is not None
        loop.call_soon_threadsafe(live.engine.leave, "ETH", OnExit.LEAVE)
        answers = {""}
        while "the trade is not running" not in answers:
            answers.add(live.order(Verb.PAUSE, "ETH").text)
        for _ in range(20):
            assert live.order(Verb.PAUSE, "ETH").text == "the trade is not running"


def test_one_that_is_halted_is_started_again_with_its_orders(venue: LocalVenue) -> None:
    with opened(venue, SOL, ETH) as live:
        live.wait_for(live.all_settled, "two entries")
        assert live.order(Verb.START, "ETH").text, "it is not over"
        assert live.order(Verb.HALT, "ETH").accepted
        live.wait_for(lambda: live.trade("ETH").mode is Mode.HALTED, "the halt")
        before = sorted(row["oid"] for row in live.working() if row["coin"] == "ETH")
        assert live.order(Verb.START, "ETH").accepted
        live.wait_for(lambda: live.trade("ETH").mode is Mode.PAUSED and live.all_settled(), "ETH again")
        assert live.trade("ETH").reason == "halted before the restart (by test@tty)"
        assert live.order(Verb.RESUME, "ETH").accepted
        live.wait_for(lambda: live.trade("ETH").mode is Mode.RUNNING and live.all_settled(), "ETH to trade")
        assert sorted(row["oid"] for row in live.working() if row["coin"] == "ETH") == before
        go_to(live, "ETH", 1)
        go_to(live, "SOL", 1)
        live.stop.request(OnExit.FLATTEN)
        assert live.reason.status == 0, live.reason.text


def test_one_that_is_started_again_while_the_engine_leaves_holds_it_up_no_longer(venue: LocalVenue) -> None:
    with opened(venue, SOL, ETH) as live:
        live.wait_for(live.all_settled, "two entries")
        assert live.order(Verb.HALT, "ETH").accepted
        live.wait_for(lambda: live.trade("ETH").mode is Mode.HALTED, "the halt")
        assert live.order(Verb.START, "ETH").accepted
        live.stop.request(OnExit.LEAVE)
        assert not live.order(Verb.START, "ETH").accepted
        assert live.reason.text.count("left with 4 orders live") == 2


def test_what_is_refused_delays_one_trade_and_what_the_account_is_asked_for_all() -> None:
    now, throttle = [1_000], Throttle()

    def budget() -> RequestBudget:
        return RequestBudget(
            lambda: Allowance(1_200, 1_200), ClockSync(), lambda: now[0], Random(1), throttle
        )

    one, other = budget(), budget()
    one.refused(Purpose.PROTECT, Rejected("no"))
    one.refused(Purpose.PROTECT, Rejected("no"))
    assert not one.allows(Purpose.PROTECT)
    assert other.allows(Purpose.PROTECT) and other.allows(Purpose.OPEN)
    one.refused(Purpose.PROTECT, RateLimited("slow down", 30.0))
    assert other.allows(Purpose.PROTECT), "a stop is always tried"
    assert not any(other.allows(purpose) for purpose in (Purpose.CANCEL, Purpose.REDUCE, Purpose.OPEN))
    assert not other.allows_question() and other.questions_wait > 0
    now[0] += 120_000
    assert other.allows(Purpose.OPEN) and other.allows_question()
