"""How an engine leaves: its last line says what the exchange holds, whatever its own books do."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from hypertui.core.market import Side
from hypertui.engine import departure, last_words
from hypertui.engine.live_trade import LiveTrade
from hypertui.port.commands import OnExit
from hypertui.port.snapshot import Mode
from tests.execution.test_adoption import by_hand
from tests.execution.test_unsound import next_start
from tests.support.live_engine import LiveEngine, wait_until
from tests.support.local_venue import LocalVenue


@pytest.fixture
def live() -> Iterator[LiveEngine]:
    with LocalVenue({"SOL": Decimal(150)}) as venue, LiveEngine(venue) as live:
        yield live.opened()


def test_what_was_bought_by_hand_is_not_covered(live: LiveEngine) -> None:
    by_hand(live, Side.BUY, "5")
    live.wait_for(lambda: live.mode() is Mode.PAUSED, "the engine to notice")
    held = f"{live.held().normalize():f}"
    live.stop.request(OnExit.BUYS)
    assert live.reason.status == 3
    assert (
        f"{held} SOL held, 4 live stops for {Decimal(held) - 5}: 5 UNPROTECTED; no buys" in live.reason.text
    )


@pytest.mark.parametrize("on_exit", [OnExit.BUYS, OnExit.LEAVE])
def test_a_short_position_is_protected_by_no_stop(live: LiveEngine, on_exit: OnExit) -> None:
    by_hand(live, Side.SELL, str(live.held() + Decimal("6.67")))
    live.wait_for(lambda: live.mode() is Mode.PAUSED, "the engine to notice")
    live.stop.request(on_exit)
    assert live.reason.status == 3
    assert "short of 6.67 SOL, which no stop protects" in live.reason.text


def test_covered_to_the_last_coin_is_status_0(live: LiveEngine) -> None:
    live.go_to(-2)
    live.stop.request(OnExit.BUYS)
    assert live.reason.status == 0


def test_an_exchange_that_does_not_answer_leaves_the_own_books_with_their_age(
    live: LiveEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(last_words, "PATIENCE", 0.5)
    monkeypatch.setattr(departure, "_STAGE_PATIENCE", 1.0)
    held = f"{live.held().normalize():f}"
    live.venue.fail("http-500")
    live.stop.request(OnExit.BUYS)
    wait_until(lambda: live.ended, "the end")
    assert live.reason.status == 3
    assert "the exchange does not answer; by the own books, as of " in live.reason.text
    assert f"UTC: {held} SOL held, stops: " in live.reason.text


def test_a_value_that_the_engine_trips_over_is_a_defect_and_no_bad_input(live: LiveEngine) -> None:
    def strike(trade: LiveTrade) -> None:
        def broken(*_: object) -> None:
            raise ValueError("not a decimal amount")

        trade.trade.decide = broken  # type: ignore[method-assign, assignment]

    live.go_to(-2)
    held = f"{live.held().normalize():f}"
    live.on_engine(strike, None)
    wait_until(lambda: live.ended, "the end")
    assert live.reason.status == 70
    words = f"{held} SOL held, 2 live stops for {held}; no buys"
    assert live.reason.text == f"a defect: ValueError: not a decimal amount; {words}"


def test_a_trade_whose_market_is_no_more_is_ended_by_its_next_start(live: LiveEngine) -> None:
    live.stop.request(OnExit.LEAVE)
    assert live.reason.status == 0
    live.venue.fail("market-delisting", symbol="SOL")
    wait_until(lambda: live.held() == 0, "the settlement")
    with next_start(live, list(live.journal.inputs)) as again:
        assert again.reason.text == (
            "SOL is delisted: the exchange trades it no more; no SOL held; no buys: the trade is ended"
        )
        assert (again.reason.status, again.journal.inputs) == (0, [])
