"""Funding reaches the trade's realised PnL, once."""

from decimal import Decimal

import pytest

from hypertui.engine.live_trade import LiveTrade
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Mode
from tests.support import live_engine
from tests.support.live_engine import LiveEngine, wall_clock
from tests.support.local_venue import LocalVenue

HOUR = 3_600_000


def test_funding_of_the_venue_is_booked_once() -> None:
    ahead = 0

    def clock() -> int:
        return wall_clock() + ahead

    with LocalVenue({"SOL": Decimal(150)}, clock=clock) as venue, LiveEngine(venue) as live:
        live.opened()
        ahead = HOUR
        venue.call(venue.core.tick)
        account = venue.core.account(live.key.address)
        assert account is not None
        (paid,) = [Decimal(entry["usdc"]) for entry in account.funding]
        assert paid < 0

        async def ask_twice(trade: LiveTrade) -> None:
            await trade.account_sync.ask_funding()
            await trade.account_sync.ask_funding()

        live.do(ask_twice)
        live.wait_for(lambda: live.snapshot.funding == paid, "the funding to be booked")
        assert live.snapshot.realized_pnl == paid


def test_what_was_paid_shortly_before_the_end_is_booked(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for once a minute, and nothing can be booked after the end."""
    ahead = HOUR - wall_clock() % HOUR - 2_000

    def clock() -> int:
        return wall_clock() + ahead

    monkeypatch.setattr(live_engine, "wall_clock", clock)
    with LocalVenue({"SOL": Decimal(150)}, clock=clock) as venue, LiveEngine(venue) as live:
        live.opened()
        ahead += -clock() % HOUR if clock() % HOUR > HOUR // 2 else 0  # to the hour, where it is not past
        venue.call(venue.core.tick)
        account = venue.core.account(live.key.address)
        assert account is not None
        (paid,) = [Decimal(entry["usdc"]) for entry in account.funding]
        live.command(Verb.FLATTEN)
        live.wait_for(lambda: live.snapshot.mode is Mode.HALTED, "the end")
        assert live.snapshot.funding == paid < 0
