"""What was refused waits: longer each time, and the protection of coins least."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from random import Random
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.purpose import Purpose
from hypertui.engine.live_trade import LiveTrade
from hypertui.exchange.hyperliquid import HyperliquidExchange, paper
from hypertui.exchange.protocol import Allowance, Exchange, RateLimited, Unreachable
from hypertui.port.commands import OnExit
from hypertui.runtime.backoff import LONGEST, Backoff
from hypertui.runtime.clock_sync import ClockSync
from hypertui.runtime.request_budget import RequestBudget
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue

PAUSE = 10.0  # seconds that the venue asks for
LESS = RateLimited("less, please", PAUSE)


class Venue:
    """Rations with a clock that stands until it is moved (ms), and weight enough."""

    def __init__(self, seed: int) -> None:
        self.now = 1_000_000
        self.rations = RequestBudget(
            lambda: Allowance(1_200, 1_200), ClockSync(), lambda: self.now, Random(seed)
        )

    def waits(self, purpose: Purpose) -> float:
        """Seconds until something for this purpose is sent again."""
        since = self.now
        while not self._allowed(purpose):
            self.now += 20
        while self.now > since and self._allowed(purpose):
            self.now -= 1
        self.now += not self._allowed(purpose)
        waited, self.now = (self.now - since) / 1000, since
        return waited

    def _allowed(self, purpose: Purpose) -> bool:
        asks = purpose is Purpose.ASK
        return self.rations.allows_question() if asks else self.rations.allows(purpose)


def span(failures: int) -> float:
    return min(LONGEST, 0.5 * 2.0 ** (failures - 1))


@given(st.integers(), st.sampled_from(Purpose), st.integers(1, 8))
def test_all_but_protection_waits_for_the_venue_and_no_longer_than_its_span(
    seed: int, purpose: Purpose, failures: int
) -> None:
    venue = Venue(seed)
    for _ in range(failures):
        venue.rations.refused(purpose, LESS)
    for other in (Purpose.CANCEL, Purpose.OPEN, Purpose.ASK):
        assert PAUSE <= venue.waits(other) <= PAUSE + span(failures) + 0.001
    protected = min(4.0, span(failures)) if purpose is Purpose.PROTECT else 0.0
    assert venue.waits(Purpose.PROTECT) <= protected + 0.001


@pytest.mark.parametrize("purpose", Purpose)
def test_clients_behind_one_address_spread_further_with_each_refusal(purpose: Purpose) -> None:
    venues = [Venue(seed) for seed in range(40)]
    for failures in range(1, 7):
        for venue in venues:
            venue.now += 60_000
            venue.rations.refused(purpose, LESS)
        waits = [venue.waits(Purpose.OPEN) - PAUSE for venue in venues]
        assert max(waits) - min(waits) > 0.7 * span(failures), waits


@pytest.mark.parametrize("purpose", Purpose)
def test_an_answer_ends_the_row(purpose: Purpose) -> None:
    venue = Venue(3)
    for _ in range(20):
        venue.rations.refused(purpose, LESS)
    venue.now += 60_000
    venue.rations.answered(purpose)
    venue.rations.refused(purpose, LESS)
    assert venue.waits(Purpose.OPEN) <= PAUSE + span(1) + 0.001


def test_an_answered_question_ends_the_row_of_questions() -> None:
    with LocalVenue({"SOL": Decimal(150)}) as venue, LiveEngine(venue) as live:
        live.opened()

        async def refuse_and_ask(trade: LiveTrade) -> int:
            rations = trade.context.budget
            rations.refused(Purpose.ASK, RateLimited("less, please", 0))
            refused = rations._failures[Purpose.ASK]
            await trade.account_sync.ask_funding()
            return refused

        assert live.do(refuse_and_ask) == 1
        live.wait_for(
            lambda: live.on_engine(lambda trade: trade.context.budget._failures[Purpose.ASK], 1) == 0,
            "the end of the row",
        )


class Throttled(HyperliquidExchange):
    """The real client behind an address that is used up: the first attempts to begin are refused."""

    attempts: Sequence[float] = ()
    refusals = 3

    async def open(self) -> None:
        self.attempts = (*self.attempts, monotonic())
        if len(self.attempts) <= self.refusals:
            raise RateLimited("less, please", 0)
        await super().open()


def test_a_start_that_is_refused_is_tried_again_with_jitter() -> None:
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        with LiveEngine(venue) as live:
            live.opened()
            live.stop.request(OnExit.LEAVE)
            assert live.reason.status == 0
        again = LiveEngine(venue, history=live.journal.inputs)
        again.key = live.key
        exchange = Throttled(paper(venue.base_url), live.key)

        async def connect(account: str | None) -> Exchange:
            return exchange

        again.engine._connect = connect
        with again:
            again.opened()
    backoff = Backoff(Random(7))  # that of LiveEngine
    waited = [
        later - earlier for earlier, later in zip(exchange.attempts, exchange.attempts[1:], strict=False)
    ]
    drawn = [backoff.wait(0, failures) for failures in range(1, Throttled.refusals + 1)]
    assert len(waited) == len(drawn)
    assert all(wait >= least for wait, least in zip(waited, drawn, strict=True)), (waited, drawn)


def test_without_a_pause_asked_for_nothing_waits_long() -> None:
    venue = Venue(5)
    for _ in range(30):
        venue.rations.refused(Purpose.OPEN, Unreachable("no route"))
    assert venue.waits(Purpose.OPEN) <= 4.001
    assert venue.waits(Purpose.PROTECT) == venue.waits(Purpose.CANCEL) == venue.waits(Purpose.ASK) == 0
