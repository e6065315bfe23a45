"""The main job over the whole path: the real SDK, real HTTP and WebSocket, the local venue's own books."""

from collections import Counter
from decimal import Decimal

import pytest

from hypertui.port.snapshot import Mode
from tests.support.ladders import ladder_of
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue

START = {"SOL": Decimal(150)}

# Up in advance, down through a retracement into decline, up through a recovery, with gaps of several units.
WALK = [1, 2, 1, 0, -1, -2, -3, -4, -5, -4, -3, -2, -1, 0, 2, 3, 1, 2, -2, -3, 1, 2, 3]


def assert_invariant(live: LiveEngine) -> None:
    """Four working orders at the venue, none twice at a unit, the stops cover the position, all on target."""
    orders = live.working()
    assert len(orders) == 4
    triggers = [Decimal(order["triggerPx"]) for order in orders]
    assert len(set(triggers)) == 4
    stops = [order for order in orders if order["side"] == "A"]
    assert all(order["reduceOnly"] for order in stops)
    assert sum((Decimal(order["sz"]) for order in stops), Decimal(0)) == live.held()
    unit, long = live.unit, len(stops)
    units = [*range(unit - long, unit), *range(unit + 1, unit + 5 - long)]
    assert triggers == [live.unit_price(unit) for unit in units]


def test_the_ladder_trades_through_all_four_phases() -> None:
    with LocalVenue(START) as venue, LiveEngine(venue) as live:
        live.opened()
        assert_invariant(live)
        for unit in WALK:
            live.go_to(unit)
            assert_invariant(live)
        steps = live.events("step")
        assert len(steps) >= 20
        assert [event.data["seq"] for event in steps] == list(range(1, len(steps) + 1))
        live.wait_for(lambda: live.snapshot.steps == len(steps), "the last snapshot")
        trader = live.engine.runner
        assert trader is not None
        trade = trader.trade
        assert trade is not None
        ladder = ladder_of(trade.tracker)

        # Every fill of the venue is booked once, and the money agrees to the last digit.
        fills = live.fills()
        assert trade.tracker.fills_booked == len(fills) - 1  # the entry opened the book
        fees = sum((Decimal(fill["fee"]) for fill in fills), Decimal(0))
        mark = live.snapshot.mark
        assert mark is not None
        assert ladder.book.fees == fees
        equity = venue.call(lambda: venue.core.margin(venue.core.account(live.key.address)).value)  # type: ignore[arg-type]
        assert abs(equity - (Decimal(10_000) + ladder.book.net_pnl(mark))) < Decimal("1e-12")

        phases = Counter(event.data["phase"] for event in steps)
        assert set(phases) == {"advance", "retracement", "decline", "recovery"}
        assert live.mode() is Mode.RUNNING
        assert not [alarm for alarm in live.snapshot.alarms if alarm.active]


@pytest.mark.parametrize("trust_slots", [0, 1, 2])
def test_a_fall_through_all_stops_and_back(trust_slots: int) -> None:
    with LocalVenue(START) as venue, LiveEngine(venue, trust_slots=trust_slots) as live:
        live.opened()
        for unit in (-6, 5, -3, -9, 0):
            live.go_to(unit)
            assert_invariant(live)


def test_a_moved_stop_is_working_before_the_old_one_is_cancelled() -> None:
    with LocalVenue(START) as venue, LiveEngine(venue) as live:
        live.opened()
        live.go_to(1)
        story = [(event.data["unit"], event.data["status"]) for event in live.events("order")]
        assert story.index((0, "live")) < story.index((-4, "cancelling"))


def test_the_four_stops_of_the_entry_are_one_action() -> None:
    with LocalVenue(START) as venue:
        weights: list[int] = []
        place = venue.core.place

        def counted(account: object, requests: list[object], *grouping: object) -> object:
            weights.append(len(requests))
            return place(account, requests, *grouping)  # type: ignore[arg-type]

        venue.core.place = counted  # type: ignore[assignment, method-assign]
        with LiveEngine(venue) as live:
            live.opened()
        assert weights == [1, 4]


def test_client_ids_tell_trade_slot_and_generation() -> None:
    with LocalVenue(START) as venue, LiveEngine(venue) as live:
        live.opened()
        live.go_to(2)
        ids = [str(event.data["client_id"]) for event in live.events("order")]
        trades = {identity[:18] for identity in ids}
        assert len(trades) == 1
        sent = [str(e.data["client_id"]) for e in live.events("order") if e.data["status"] == "sent"]
        assert len(set(sent)) == len(sent) == 7  # the entry, four stops, two moves
        assert Counter(identity[18:22] for identity in sent) == Counter(
            {"ff00": 1, "0000": 2, "0001": 2, "0002": 1, "0003": 1}
        )
