"""A bracket by the real SDK at the local venue: its entry, its stop from the first fill on, its exits, and
what it does after them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from hypertui.core.market import Order, OrderType, Side, plain
from hypertui.engine.live_trade import LiveTrade
from hypertui.exchange.hyperliquid import SigningKey
from hypertui.exchange.protocol import Resting
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.commands import OnExit, Verb
from hypertui.port.snapshot import Mode, Network
from hypertui.port.views import EntryPlan
from hypertui.strategy.bracket.entry_rules import EntryOrder, EntryRules, Unfilled
from hypertui.strategy.bracket.strategy import Bracket
from hypertui.strategy.bracket.terms import BracketTerms
from hypertui.strategy.exits.rules import ExitRules
from tests.execution.test_second_strategy import held, liquidity
from tests.support.by_hand import placed_beside, sold_by_another
from tests.support.live_engine import SOON, LiveEngine, wall_clock
from tests.support.local_venue import LocalVenue

D = Decimal
PATIENT = BracketTerms(D(300), entry_price=D(149), reenter_after=1, settled_at=D(150))
CONFIG = TradeConfig(Network.PAPER, "SOL", 5, PATIENT, exits=ExitRules(hard_stop=D("0.05")), timing=SOON)


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}) as venue:
        yield venue


def config(exits: ExitRules | None = None, **terms: object) -> TradeConfig:
    strategy = replace(PATIENT, **terms)  # type: ignore[arg-type]
    return replace(CONFIG, strategy=strategy, exits=CONFIG.exits if exits is None else exits)


def bracket(live: LiveEngine) -> Bracket:
    def look(trade: LiveTrade) -> Bracket | None:
        strategy = trade.trade.strategy
        assert isinstance(strategy, Bracket)
        return strategy

    found = live.on_engine(look, None)
    assert found is not None
    return found


def prices(live: LiveEngine) -> list[str]:
    """Where its orders are known to work, lowest first."""

    def look(trade: LiveTrade) -> list[Decimal]:
        return [own.order.stands_at for own in trade.tracker.alive if own.is_live]

    return [plain(at) for at in sorted(live.on_engine(look, []))]


def planned(live: LiveEngine) -> EntryPlan | None:
    """What it says that it would buy."""
    shown = live.snapshot.bracket
    return None if shown is None else shown.plan


def is_flat(live: LiveEngine) -> bool:
    """Whether nothing is held and nothing works, and the trade goes on."""

    def look(trade: LiveTrade) -> bool:
        seen_through = trade.trade.exits.fired is None and trade.wishes.current is None
        return trade.book.position == 0 and seen_through and not trade.tracker.alive

    return live.on_engine(look, False) and live.held() == 0


def test_a_partly_filled_entry_is_protected_fill_by_fill(venue: LocalVenue) -> None:
    with LiveEngine(venue, CONFIG) as live:
        live.opened()
        live.wait_for(lambda: prices(live) == ["149"], "the entry")
        assert live.working()[0]["orderType"] == "Limit"
        liquidity(venue, D(20))
        venue.set_price("SOL", D("149.1"))
        sold_by_another(live, "0.9", "148.9")
        live.wait_for(lambda: 0 < held(live) < 2, "a part of the entry")
        live.wait_for(lambda: prices(live) == ["141.64", "149"] and live.settled, "its stop beside the rest")
        lamp = live.on_engine(lambda trade: trade.lamp, None)
        assert lamp is not None and lamp.ok and lamp.protected == 1 and lamp.stops == 1
        stop = next(row for row in live.working() if row["isTrigger"])
        assert stop["isPositionTpsl"]
        liquidity(venue, D(1_000_000))
        venue.set_price("SOL", D("148.8"))
        live.wait_for(lambda: held(live) == D("2.01") and live.settled, "the rest")
        assert [row["oid"] for row in live.working()] == [stop["oid"]], "one stop for all fills"


def test_after_an_exit_it_is_flat_and_enters_again_when_it_is_told(venue: LocalVenue) -> None:
    exits = ExitRules(hard_stop=D("0.05"), signal_exit=True)
    with LiveEngine(venue, config(exits, entry=EntryRules(EntryOrder.MARKET), entry_price=None)) as live:
        live.opened()
        live.wait_for(lambda: held(live) == 2 and live.settled, "the entry")
        assert live.command(Verb.OPEN).text == "it holds 2 SOL already"
        assert live.command(Verb.EXIT).accepted
        live.wait_for(lambda: bool(live.snapshot.commands), "the answer to be shown")
        assert ": the position is closed at 150." in live.snapshot.commands[0].text, "and the trade goes on"
        venue.set_price("SOL", D("140"))
        live.wait_for(lambda: is_flat(live), "the stop")
        assert live.mode() is Mode.RUNNING
        live.wait_for(lambda: planned(live) is not None and live.snapshot.mark == 140, "what it would buy")
        plan = planned(live)
        assert live.command(Verb.OPEN).accepted
        live.wait_for(lambda: held(live) > 2 and live.settled, "the second entry")
        assert plan is not None and (plan.order, plan.size) == ("market", held(live))
        assert abs(plan.stop - D("133.15")) < D("0.05"), "it was said before, up to what the market takes"
        live.wait_for(lambda: planned(live) is None, "it to say that it holds something")
        assert prices(live) == ["133.15"], "its stop goes by what these coins cost, not by what was lost"
        venue.set_price("SOL", D("133"))
        live.wait_for(lambda: is_flat(live) and bracket(live).stay.number == 3, "the second stop")


@pytest.mark.parametrize("restarts", [False, True])
def test_what_an_operator_flattens_during_an_exit_is_closed_for_good(
    venue: LocalVenue, *, restarts: bool
) -> None:
    exits = ExitRules(hard_stop=D("0.05"), signal_exit=True)
    with LiveEngine(venue, config(exits, entry=EntryRules(EntryOrder.MARKET), entry_price=None)) as live:
        live.opened()
        live.wait_for(lambda: held(live) == 2 and live.settled, "the entry")
        venue.fail("http-500", only="order")
        venue.set_price("SOL", D("153"))
        live.wait_for(lambda: live.snapshot.mark == 153, "a price with a gain")
        assert live.command(Verb.EXIT).accepted
        live.wait_for(lambda: "signal exit" in live.snapshot.wish, "the exit")
        assert live.command(Verb.FLATTEN).accepted
        live.wait_for(lambda: "flatten by" in live.snapshot.wish, "it to be known")
        if not restarts:
            venue.call(lambda: venue.server.faults.off("http-500"))
            live.wait_for(lambda: live.mode() is Mode.HALTED, "its end")
            assert live.snapshot.closed_at is not None and not live.held()
            return
        live.stop.request(OnExit.LEAVE)
        assert live.reason.text
    again = LiveEngine(venue, live.config, history=live.journal.inputs)
    again.key = live.key
    venue.call(lambda: venue.server.faults.off("http-500"))
    with again:
        again.wait_for(lambda: again.mode() is Mode.HALTED, "its end")
        assert again.snapshot.closed_at is not None and not again.held()


@pytest.mark.parametrize(
    ("exits", "price", "reason"),
    [
        (ExitRules(hard_stop=D("0.05"), take_profit=D("0.02")), D("154"), "take profit"),
        (ExitRules(hard_stop=D("0.05")), D("142"), "hard stop"),
    ],
)
def test_without_leave_to_enter_again_the_exit_ends_the_trade(
    venue: LocalVenue, exits: ExitRules, price: Decimal, reason: str
) -> None:
    terms = config(exits, entry=EntryRules(EntryOrder.MARKET), entry_price=None, reenter_after=None)
    with LiveEngine(venue, terms) as live:
        live.opened()
        live.wait_for(lambda: held(live) == 2 and live.settled, "the entry")
        venue.set_price("SOL", price)
        live.wait_for(lambda: live.ended, "the end")
        assert (live.held(), live.working()) == (0, [])
        assert live.reason.text.startswith(f"Trade ended: {reason}. Result ")
        assert live.reason.status == 0


def test_a_time_stop_counts_from_the_entry(venue: LocalVenue) -> None:
    exits = ExitRules(hard_stop=D("0.05"), time_stop=1_500)
    with LiveEngine(venue, config(exits, enters_at_start=False, reenter_after=None)) as live:
        live.opened()
        live.wait_for(lambda: live.settled and live.snapshot.exits != (), "it to wait")
        began = wall_clock()
        live.wait_for(lambda: wall_clock() > began + 2_000, "longer than the time stop")
        assert not live.ended and live.command(Verb.OPEN).accepted
        live.wait_for(lambda: prices(live) == ["149"], "the entry to rest")
        venue.set_price("SOL", D("148.9"))
        live.wait_for(lambda: held(live) > 0, "the entry")
        live.wait_for(lambda: live.ended, "the time stop")
        assert live.reason.text.startswith("Trade ended: time stop.")


def test_a_limit_follows_the_price_and_is_given_up(venue: LocalVenue) -> None:
    terms = config(entry=EntryRules(reprices=2), entry_price=None, reenter_after=None)
    with LiveEngine(venue, terms) as live:
        live.opened()
        live.wait_for(lambda: prices(live) == ["150"] and live.settled, "the entry")
        for price in ("150.3", "150.8"):
            venue.set_price("SOL", D(price))
            live.wait_for(lambda at=price: prices(live) == [at] and live.settled, "the entry to follow")  # type: ignore[misc]
        venue.set_price("SOL", D("151.2"))
        live.wait_for(lambda: live.ended, "the end")
        assert live.reason.text.startswith("Trade ended: the entry was moved 2 times and is given up.")
        assert (live.held(), live.working(), live.fills()) == (0, [], [])


def test_a_limit_that_is_left_behind_crosses_where_it_is_to(venue: LocalVenue) -> None:
    terms = config(entry=EntryRules(reprices=1, unfilled=Unfilled.CROSS), entry_price=None)
    with LiveEngine(venue, terms) as live:
        live.opened()
        live.wait_for(lambda: prices(live) == ["150"] and live.settled, "the entry")
        venue.set_price("SOL", D("150.3"))
        live.wait_for(lambda: prices(live) == ["150.3"] and live.settled, "the entry to follow")
        venue.set_price("SOL", D("151"))
        live.wait_for(lambda: held(live) == 2 and live.settled, "the purchase")
        assert len(live.working()) == 1


def test_a_limit_that_would_trade_is_tried_again_with_another_price(venue: LocalVenue) -> None:
    """Each once: what was refused is not repeated while the price is as it was."""
    with LiveEngine(venue, config(entry_price=None, enters_at_start=False)) as live:
        live.opened()
        offered = Order(f"0x{0xA5C:032x}", "SOL", Side.SELL, D(1), OrderType.LIMIT, D(150))
        assert isinstance(placed_beside(live, offered, SigningKey.throwaway()), Resting)
        assert live.command(Verb.OPEN).accepted
        live.wait_for(lambda: bool(refused(live)), "the refusal")
        assert bracket(live).entry is not None and not live.working()
        venue.set_price("SOL", D("150.2"))
        live.wait_for(lambda: prices(live) == ["150.19"], "another try, a tick lower")
        assert len(refused(live)) == 1


def refused(live: LiveEngine) -> list[object]:
    return [event for event in live.events("order") if event.data["status"] == "rejected"]


def test_a_stop_entry_waits_for_its_price(venue: LocalVenue) -> None:
    terms = config(entry=EntryRules(EntryOrder.STOP), entry_price=D(152))
    with LiveEngine(venue, terms) as live:
        live.opened()
        live.wait_for(lambda: prices(live) == ["152"] and live.settled, "the entry")
        venue.set_price("SOL", D("152.1"))
        live.wait_for(lambda: held(live) > 0 and live.settled, "the purchase")
        assert [order["orderType"] for order in live.working()] == ["Stop Market"]


@pytest.mark.parametrize("fills", [False, True])
def test_a_restart_goes_on_where_it_was(venue: LocalVenue, *, fills: bool) -> None:
    with LiveEngine(venue, CONFIG) as live:
        live.opened()
        live.wait_for(lambda: prices(live) == ["149"] and live.settled, "the entry")
        if fills:
            venue.set_price("SOL", D("148.9"))
            live.wait_for(lambda: held(live) > 2 and live.settled, "the purchase")
        before = live.working()
        live.stop.request(OnExit.LEAVE)
        assert live.reason.status == 0
        again = LiveEngine(venue, live.config, history=live.journal.inputs)
        again.key = live.key
        with again:
            again.wait_for(lambda: again.mode() is Mode.RUNNING and again.settled, "the trade to be taken up")
            assert again.working() == before, "nothing is placed twice, nothing is cancelled"


def test_without_its_journal_it_is_not_rebuilt_but_taken_over(venue: LocalVenue) -> None:
    terms = config(entry=EntryRules(EntryOrder.MARKET), entry_price=None)
    with LiveEngine(venue, terms) as live:
        live.opened()
        live.wait_for(lambda: held(live) == 2 and live.settled, "the entry")
        live.stop.request(OnExit.LEAVE)
        assert live.reason.status == 0
    lost = LiveEngine(venue, terms)
    lost.key = live.key
    with lost:
        lost.wait_for(lambda: lost.ended, "a refusal")
        assert "a bracket cannot be rebuilt without its journal: its stop stays live" in lost.reason.text
        assert lost.reason.status == 2
        assert [row["orderType"] for row in lost.working()] == ["Stop Market"]
    again = LiveEngine(venue, replace(terms, adopt=True))
    again.key = live.key
    with again:
        again.opened()
        again.wait_for(lambda: held(again) == 2 and again.settled, "the position to be taken over")
        again.wait_for(lambda: len(again.working()) == 1, "one stop, the trade's own")
        assert bracket(again).told == 0 and bracket(again).stay.has_begun
        assert again.command(Verb.FLATTEN).accepted
        again.wait_for(lambda: again.held() == 0 and not again.working(), "flat")


def test_sold_out_it_enters_no_more_and_ends_with_its_exit(venue: LocalVenue) -> None:
    with LiveEngine(venue, config(entry=EntryRules(EntryOrder.MARKET), entry_price=None)) as live:
        live.opened()
        live.wait_for(lambda: held(live) == 2 and live.settled, "the entry")
        assert live.command(Verb.SELL_OUT).accepted
        assert "buys no more" in live.command(Verb.OPEN).text
        venue.set_price("SOL", D(140))
        live.wait_for(lambda: live.ended, "the end")
        assert live.reason.text.startswith("Trade ended: hard stop.") or "all sold" in live.reason.text
        assert (live.held(), live.working()) == (0, [])
