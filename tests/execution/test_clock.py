"""A clock that is more than 30 s off: whoever would send something does not, and says why."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from hypertui.core.market import Order, OrderType, Side
from hypertui.exchange.protocol import Resting
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Mode
from tests.execution.test_adoption import order_taken
from tests.support.by_hand import placed_beside
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue, VenueClock

AHEAD = 40_000


@pytest.fixture
def clock() -> VenueClock:
    return VenueClock()


@pytest.fixture
def live(clock: VenueClock) -> Iterator[LiveEngine]:
    with LocalVenue({"SOL": Decimal(150)}, clock=clock) as venue, LiveEngine(venue) as live:
        yield live.opened()


def put_ahead(live: LiveEngine, clock: VenueClock) -> None:
    """Put the venue's clock ahead, and wait until the engine has read it."""
    clock.ahead = AHEAD
    live.do(lambda trade: trade.account_sync.ask_account())
    live.wait_for(lambda: (live.snapshot.clock_skew or 0) > AHEAD - 1_000, "the skew to be measured")


def test_a_wind_down_sends_nothing_and_says_why(live: LiveEngine, clock: VenueClock) -> None:
    live.go_to(-2)
    held, before = live.held(), live.working()
    put_ahead(live, clock)
    for verb in (Verb.CANCEL_BUYS, Verb.CANCEL_ALL, Verb.FLATTEN):
        assert live.command(verb).accepted
        said = f"{verb.value} by test@tty: waits for a clock that is right: nothing is sent, "
        live.wait_for(lambda said=said: live.snapshot.wish.startswith(said), "it")  # type: ignore[misc]
        assert "this machine's clock is 40.0 s behind the exchange's" in live.snapshot.wish
        assert (live.held(), live.working()) == (held, before)
        assert live.mode() == Mode.PAUSED


def test_an_orphan_is_not_cancelled(live: LiveEngine, clock: VenueClock) -> None:
    stray = Order(
        live.on_engine(lambda trade: f"0x{trade.context.ids.trade:016x}{9:016x}", ""),
        "SOL", Side.BUY, Decimal(1), OrderType.STOP_MARKET, Decimal(190), Decimal(180),
    )  # fmt: skip
    assert isinstance(placed_beside(live, stray), Resting)
    put_ahead(live, clock)
    order_taken(live, Verb.RECONCILE)
    live.wait_for(
        lambda: any("1 unknown order not cancelled" in e.text for e in live.events("alarm")), "the alarm"
    )
    assert len(live.working()) == 5
