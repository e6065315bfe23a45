"""The master lamp: it goes by what the exchange holds and by the stops that are live there, and no more
than that is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from hypertui.core.market import Fill, Side
from hypertui.exchange.protocol import AccountState, Collateral, OrderState
from hypertui.execution.knowledge import Knowledge
from hypertui.execution.market_data import MarketData
from hypertui.execution.protection_check import Protection
from hypertui.execution.trade_inputs import SellOutBegan
from hypertui.execution.trading_state import Posture
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Invariant, Mode, Network, Severity
from hypertui.runtime.alarms import Alarms
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.health_tally import HealthTally
from tests.execution.desk import Desk
from tests.support.by_hand import by_hand
from tests.support.ladders import ladder_config
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue


class Watched(Desk):
    """A desk whose protection is judged."""

    def __init__(self) -> None:
        super().__init__()
        self.alarms = Alarms(EventLog(lambda: self.now), lambda: self.now)
        config = ladder_config(Network.PAPER, "SOL", Decimal(1), Decimal(4_000), 1)
        self.inputs = MarketData(config, lambda: self.now, self.alarms, HealthTally(self.now))
        self.protection = Protection(self.recorder, self.inputs, self.alarms)

    def lamp(self, busy: bool = False) -> Invariant:
        return self.protection.watch(True, busy, self.entry_block, self.now)

    def lamp_at_rest(self) -> Invariant:
        """What is said once nothing can explain a difference any more."""
        self.lamp()
        self.wait(2_001)
        return self.lamp()

    def account(self, position: int | str) -> None:
        self.inputs.knowledge.on_account(account(position, self.now), self.now)


def account(position: int | str, time: int) -> AccountState:
    money = Decimal(10_000)
    return AccountState(
        equity=money,
        margin_used=Decimal(0),
        position=Decimal(position),
        entry_price=None,
        liquidation_price=None,
        leverage=1,
        funding=Decimal(0),
        time=time,
        cross=Collateral(money, Decimal(0), Decimal(0)),
    )


def fill(side: Side, size: int, time: int, number: int = 99) -> Fill:
    return Fill("SOL", side, Decimal(size), Decimal(100), Decimal(0), time, 1, number)


def test_at_rest_all_is_well() -> None:
    lamp = Watched().lamp_at_rest()
    assert lamp.ok and lamp.settled and lamp.protected == 1
    assert (lamp.stops, lamp.buys, lamp.position, lamp.unprotected) == (4, 0, 40, "")


def test_coins_that_the_exchange_holds_beyond_the_books_have_no_stop() -> None:
    desk = Watched()
    desk.account(50)
    lamp = desk.lamp_at_rest()
    assert lamp.protected == Decimal(40) / 50
    assert lamp.fault == "the exchange holds 50.00, booked 40.00: 10.00 SOL (1,000.00 USD) unprotected"
    assert lamp.settled and not lamp.ok


def test_a_strange_fill_counts_as_soon_as_it_is_heard_of() -> None:
    desk = Watched()
    desk.account(40)
    desk.inputs.knowledge.on_fill(fill(Side.BUY, 10, desk.now + 1))
    assert desk.lamp().protected == Decimal(40) / 50


def test_fewer_coins_than_booked_are_a_fault_too() -> None:
    desk = Watched()
    desk.account(25)
    lamp = desk.lamp_at_rest()
    assert (lamp.fault, lamp.protected) == ("the exchange holds 25.00, booked 40.00", 1)


def test_coins_that_only_the_books_hold_are_not_unprotected() -> None:
    desk = Watched()
    for unit in (-1, -2, -3, -4):
        desk.tell(desk.stop(unit), OrderState.CANCELLED, desk.stop(unit).remaining)
    desk.account(0)
    lamp = desk.lamp_at_rest()
    assert (lamp.fault, lamp.unprotected) == ("the exchange holds 0.00, booked 40.00", "")
    assert not desk.alarms.view()


def test_a_short_position_is_unprotected() -> None:
    desk = Watched()
    desk.account(-5)
    lamp = desk.lamp_at_rest()
    assert (lamp.position, lamp.protected) == (-5, 0)
    assert lamp.fault == "the exchange holds a short position, 5.00 SOL (500.00 USD) unprotected"


def test_a_difference_smaller_than_an_order_is_dust() -> None:
    desk = Watched()
    desk.account("40.05")
    assert desk.lamp_at_rest().ok


def test_a_stop_that_was_only_sent_protects_nothing() -> None:
    desk = Watched()
    desk.fill(desk.stop(-1))
    desk.mark(99)
    desk.converge()  # the buy of the slot that was sold
    desk.settle()
    desk.mark(100)
    desk.fill(desk.buy(0))
    places, _ = desk.acts()  # a stop for what was bought
    assert [order.role.value for order in places] == ["stop"]
    lamp = desk.lamp()
    assert lamp.protected == Decimal(3) / 4 and not lamp.settled
    desk.acknowledge(*places)
    assert desk.lamp().protected == 1


def test_coins_without_a_live_stop_for_long_are_an_alarm_whatever_is_under_way() -> None:
    desk = Watched()
    desk.fill(desk.stop(-1))
    desk.mark(99)
    desk.converge()
    desk.settle()
    desk.mark(100)
    desk.fill(desk.buy(0))
    desk.acts()
    assert not desk.lamp(busy=True).settled
    desk.wait(4_001)
    lamp = desk.lamp(busy=True)
    assert lamp.settled and "unprotected" in lamp.fault
    (alarm,) = desk.alarms.view()
    assert (alarm.key, alarm.severity, alarm.active) == ("unprotected", Severity.CRITICAL, True)
    assert "SOL (" in alarm.text and "USD)" in alarm.text


def test_a_stop_that_is_being_moved_is_settling() -> None:
    desk = Watched()
    desk.mark(101)
    places, _ = desk.acts()
    desk.acknowledge(*places)
    lamp = desk.lamp()  # the new one is live, the old one not yet cancelled
    assert (lamp.stops, lamp.settled) == (5, False)
    desk.acts()
    assert not desk.lamp().settled


def test_sold_out_wants_no_buys() -> None:
    desk = Watched()
    desk.take(SellOutBegan(desk.now))
    desk.mark(99)
    desk.fill(desk.stop(-1))
    desk.settle()
    lamp = desk.lamp_at_rest()
    assert lamp.ok and lamp.stops == 3


def test_an_order_that_is_missing_is_counted() -> None:
    desk = Watched()
    desk.mark(99)
    desk.fill(desk.stop(-1))
    assert desk.lamp_at_rest().fault == "expected 4 orders, 3 are live"
    desk.entry_block = "price is 28 s old"
    assert desk.lamp_at_rest().ok  # what must not be placed is not missing
    desk.pose(Posture.PROTECT)
    assert desk.lamp_at_rest().ok


def test_knowledge_counts_each_fill_once_and_an_overtaken_answer_not_at_all() -> None:
    knowledge = Knowledge()
    knowledge.on_fill(fill(Side.BUY, 1, 5))
    assert knowledge.position is None
    knowledge.on_account(account(40, 1_000), 990)
    assert knowledge.position == 40  # older fills are in it
    knowledge.on_fill(fill(Side.SELL, 10, 1_200))
    knowledge.on_fill(fill(Side.SELL, 10, 1_200))
    assert knowledge.position == 30
    knowledge.on_account(account(40, 900), 880)
    assert (knowledge.position, knowledge.account_at) == (30, 990)
    knowledge.on_account(account(30, 1_300), 1_290)
    assert (knowledge.position, knowledge.account_at) == (30, 1_290)


def test_nothing_is_known_of_the_position_before_the_exchange_has_said_what_it_holds() -> None:
    knowledge = Knowledge()
    knowledge.heard_until(500)  # by a comparison of orders and fills
    assert knowledge.known_at is None
    knowledge.on_account(account(40, 1_000), 990)
    assert knowledge.known_at == 500


# With a real engine


@pytest.fixture
def live() -> Iterator[LiveEngine]:
    with LocalVenue({"SOL": Decimal(150)}) as venue, LiveEngine(venue) as live:
        yield live.opened()


def lamp(live: LiveEngine) -> Invariant:
    live.wait_for(lambda: live.snapshot.invariant is not None, "the first lamp")
    lamp = live.snapshot.invariant
    assert lamp is not None
    return lamp


def test_coins_bought_by_somebody_else_are_shown_until_they_are_gone(live: LiveEngine) -> None:
    held = live.held()
    by_hand(live, Side.BUY, "3")
    live.wait_for(lambda: lamp(live).settled and not lamp(live).ok, "the engine to notice")
    assert lamp(live).protected == held / (held + 3)
    assert f"the exchange holds {held + 3}, booked {held}: 3.00 SOL" in lamp(live).fault

    def compared() -> list[str]:
        commands = live.snapshot.commands
        return [each.text for each in commands if each.id == "compare" and "no fill missed" in each.text]

    assert live.command(Verb.RECONCILE, "compare").accepted
    live.wait_for(lambda: bool(compared()), "the comparison")
    assert f"the exchange holds {held + 3}, booked {held}: adopt or flatten" in compared()[0]
    by_hand(live, Side.SELL, "3")
    live.wait_for(lambda: lamp(live).ok and lamp(live).protected == 1, "all to be covered again")


def test_no_snapshot_of_a_sell_out_tells_of_a_fault(live: LiveEngine) -> None:
    live.go_to(-1)
    assert live.command(Verb.SELL_OUT).accepted
    live.wait_for(lambda: live.mode() is Mode.SELLING_OUT and live.settled, "selling out")
    live.go_to(1)
    live.venue.set_price("SOL", live.unit_price(-3))
    assert live.reason.text.startswith("Trade ended: all sold.")
    lamps = [view.invariant for view in live.engine.published if view.mode is Mode.SELLING_OUT]
    assert lamps
    assert [lamp.fault for lamp in lamps if lamp is not None and lamp.settled and not lamp.ok] == []


def test_what_is_known_grows_old_while_the_exchange_is_silent(live: LiveEngine) -> None:
    live.wait_for(lambda: live.snapshot.known_at is not None, "the first claim")
    live.venue.fail("ws-refuse")
    live.venue.drop_sockets()
    live.wait_for(lambda: bool(live.snapshot.holds), "the engine to miss the feed")
    broke = live.snapshot.known_at
    later = live.snapshot.at + 600
    live.wait_for(lambda: live.snapshot.at >= later, "time to pass")
    assert live.snapshot.known_at == broke
