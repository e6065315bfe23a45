"""What the price was before an engine began is asked once, and in the way of nothing that matters more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from random import Random
from types import SimpleNamespace
from typing import cast

import pytest

from hypertui.core.candles import Candle, Interval
from hypertui.core.purpose import Purpose
from hypertui.engine.price_lookup import PriceLookup
from hypertui.exchange.protocol import Allowance, Exchange, ExchangeError, Quote, RateLimited, Unreachable
from hypertui.execution.account_context import AccountContext
from hypertui.execution.market_data import MarketData
from hypertui.execution.trade_context import TradeContext
from hypertui.port.prices import PriceSeries
from hypertui.port.snapshot import Snapshot
from hypertui.runtime.alarms import Alarms
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.event_queue import EventQueue
from hypertui.runtime.health_tally import HealthTally
from hypertui.runtime.request_budget import RequestBudget
from tests.support.live_engine import SOL, LiveEngine
from tests.support.local_venue import LocalVenue

MINUTE, QUARTER, DAY = Interval.MINUTE, Interval.QUARTER, Interval.DAY
NOW = DAY.beginning(1_764_221_206_959) + 7 * QUARTER + 1
Question = tuple[str, Interval, int, int]


class Teller:
    """Knows of every candle; it fails with `error` where there is one, and answers when it may."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self.error: ExchangeError | None = None
        self.weight = 1_200
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    @property
    def allowance(self) -> Allowance:
        return Allowance(self.weight, 1_200)

    async def candles(self, symbol: str, interval: Interval, since: int, until: int) -> Sequence[Candle]:
        self.asked.append((symbol, interval, since, until))
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error
        low, high, close = Decimal(90), Decimal(110), Decimal(105)
        return [Candle(at, low, high, close) for at in range(since, until + 1, interval)]


def filled(snapshot: Snapshot) -> list[PriceSeries]:
    return [series for series in snapshot.series if series.candles]


class Desk:
    """A trade that looks, with a clock that stands until it is moved (ms)."""

    def __init__(self, teller: Teller, account: AccountContext, began: int = NOW) -> None:
        self.now = NOW
        self.log = EventLog(self.clock)
        self.alarms = Alarms(self.log, self.clock)
        self.market = MarketData(SOL, self.clock, self.alarms, HealthTally(self.clock()))
        self.queue = EventQueue[None](lambda _: None, lambda: None)
        self.budget = RequestBudget(
            lambda: teller.allowance, account.clock_sync, self.clock, Random(3), account.throttle
        )
        context = SimpleNamespace(
            market=self.market, queue=self.queue, budget=self.budget, account=account, config=SOL,
            exchange=teller, clock=self.clock,
        )  # fmt: skip
        self.lookup = PriceLookup(cast(TradeContext, context), began)

    def clock(self) -> int:
        return self.now

    async def hears(self, after: int = 0, mark: int = 100) -> None:
        """A price comes, and what there is to ask is asked."""
        self.now += after
        self.market.on_quote(Quote(Decimal(mark), None, None))
        await self.looks()

    async def looks(self, after: int = 0) -> None:
        self.now += after
        self.lookup.look(self.now)
        for _ in range(5):
            await asyncio.sleep(0)


def play(story: Callable[[Teller, Desk], object], began: int = NOW) -> None:
    async def main() -> None:
        teller = Teller()
        await story(teller, Desk(teller, AccountContext(cast(Exchange, teller)), began))  # type: ignore[misc]

    asyncio.run(main())


def test_minutes_and_coarse_candles_are_asked_for_once() -> None:
    async def story(teller: Teller, desk: Desk) -> None:
        await desk.looks()
        assert teller.asked == [], "there is no price yet, by which to know what is wanted"
        await desk.hears()
        assert teller.asked == [
            ("SOL", MINUTE, MINUTE.beginning(NOW) - 240 * MINUTE, NOW),
            ("SOL", QUARTER, QUARTER.beginning(NOW) - DAY, NOW),
        ]
        minutes, coarse = desk.market.history.series
        assert (len(minutes.candles), len(coarse.candles)) == (240, 96)
        for _ in range(20):
            await desk.hears(30_000)
        assert len(teller.asked) == 2
        assert not desk.alarms.view()

    play(story)


def test_a_trade_that_is_taken_up_asks_back_to_its_beginning() -> None:
    async def story(teller: Teller, desk: Desk) -> None:
        await desk.hears()
        assert teller.asked[1] == ("SOL", Interval.HOUR, Interval.HOUR.beginning(NOW - 30 * DAY), NOW)

    play(story, began=NOW - 30 * DAY)


@pytest.mark.parametrize(("weight", "asks"), [(0, False), (399, False), (400, True)])
def test_what_other_requests_may_need_is_left_to_them(weight: int, asks: bool) -> None:
    async def story(teller: Teller, desk: Desk) -> None:
        teller.weight = weight
        await desk.hears()
        assert bool(teller.asked) is asks
        teller.weight = 1_200
        await desk.looks(1_000)
        await desk.looks(4_000)
        assert len(teller.asked) == 2
        assert not desk.alarms.view()

    play(story)


def test_other_questions_are_still_asked_after_it() -> None:
    """The most that one look can cost leaves what they need."""
    dearest = 2 * 20 + 241 // 60 + 1_001 // 60

    async def story(teller: Teller, desk: Desk) -> None:
        teller.weight = 400 - dearest
        assert desk.budget.allows_question() and not desk.budget.allows_question(Purpose.SHOW)

    play(story)


def test_without_an_answer_it_is_tried_again_later_and_later() -> None:
    async def story(teller: Teller, desk: Desk) -> None:
        teller.error = Unreachable("no route")
        tries = []
        await desk.hears()
        for _ in range(20_000):
            before = len(teller.asked)
            await desk.looks(1_000)
            if len(teller.asked) > before:
                tries.append(desk.now)
        waits = [(later - earlier) // 60_000 for earlier, later in pairwise([NOW, *tries])]
        assert waits[:3] == [1, 2, 3] and max(waits) == waits[-1] == 15
        assert not desk.alarms.view()
        assert desk.market.history.series[0].candles == ()
        teller.error = None
        await desk.looks(15 * 60_000)
        assert len(desk.market.history.series[0].candles) == 240, "up to the price that was heard"
        assert desk.market.unheard is None

    play(story)


def test_what_has_grown_too_old_for_a_chart_is_not_asked_for() -> None:
    async def story(teller: Teller, desk: Desk) -> None:
        teller.weight = 0
        for _ in range(6 * 60):
            await desk.hears(60_000)
        teller.weight = 1_200
        await desk.looks(60_000)
        oldest = QUARTER.beginning(desk.now - MINUTE - DAY)
        assert teller.asked == [("SOL", QUARTER, oldest, NOW + MINUTE)]

    play(story)


def test_where_the_exchange_asks_for_less_all_but_stops_keep_to_it() -> None:
    async def story(teller: Teller, desk: Desk) -> None:
        teller.error = RateLimited("less, please", 10)
        await desk.hears()
        assert len(teller.asked) == 1
        assert desk.budget.allows(Purpose.PROTECT)
        assert not desk.budget.allows(Purpose.OPEN) and not desk.budget.allows_question()

    play(story)


def test_after_a_gap_of_the_feed_what_was_missed_is_asked_for() -> None:
    async def story(teller: Teller, desk: Desk) -> None:
        await desk.hears()
        for _ in range(10):
            await desk.hears(30_000, 101)
        blind = desk.now
        await desk.looks(5 * MINUTE)
        assert len(teller.asked) == 2, "while nothing is heard nothing is asked"
        await desk.hears(mark=102)
        assert teller.asked[2:] == [
            ("SOL", MINUTE, MINUTE.beginning(blind), desk.now),
            ("SOL", QUARTER, QUARTER.beginning(blind), desk.now),
        ]
        minutes, _ = desk.market.history.series
        assert all(one.at + MINUTE == other.at for one, other in pairwise(minutes.candles))
        missed = [candle for candle in minutes.candles if blind <= candle.at < desk.now]
        assert len(missed) == 4 and all(candle.close == 105 for candle in missed)

    play(story)


def test_a_gap_while_it_is_asked_is_asked_for_next() -> None:
    async def story(teller: Teller, desk: Desk) -> None:
        teller.may_answer.clear()
        await desk.hears()
        await desk.hears(90_000)
        assert len(teller.asked) == 1, "one question at a time"
        teller.may_answer.set()
        await desk.looks()
        assert len(teller.asked) == 2 and desk.market.unheard == (0, desk.now)
        await desk.looks(60_000)
        assert [until for *_, until in teller.asked] == [NOW, NOW, NOW + 90_000, NOW + 90_000]
        assert desk.market.unheard is None

    play(story)


def test_the_trades_of_an_account_ask_one_after_the_other() -> None:
    async def main() -> None:
        teller = Teller()
        account = AccountContext(cast(Exchange, teller))
        first, second = Desk(teller, account), Desk(teller, account)
        teller.may_answer.clear()
        await first.hears()
        await second.hears()
        assert len(teller.asked) == 1
        teller.weight = 100  # by the time of the second one
        teller.may_answer.set()
        await first.looks()
        assert len(teller.asked) == 2
        teller.weight = 1_200
        await second.looks(5_000)
        assert len(teller.asked) == 4

    asyncio.run(main())


def test_the_charts_of_a_trade_have_a_past_once_it_is_open() -> None:
    with LocalVenue({"SOL": Decimal(150)}, past=6) as venue, LiveEngine(venue) as live:
        live.opened()
        live.wait_for(lambda: len(filled(live.snapshot)) == 2, "the candles")
        minutes, coarse = live.snapshot.series
        assert (minutes.every, coarse.every) == (60_000, 900_000)
        assert len(minutes.candles) == 240 and len(coarse.candles) >= 23
        for series in live.snapshot.series:
            times = [candle.at for candle in series.candles]
            assert times == list(range(times[0], times[-1] + 1, series.every))
        shown = [view.series for view in live.engine.published if view.series]
        assert len({id(series) for series in shown}) == len(set(shown)), "the same until a candle closes"


def test_a_venue_without_an_answer_disturbs_nothing() -> None:
    with LocalVenue({"SOL": Decimal(150)}, past=6) as venue:
        venue.fail("http-500", only="candleSnapshot")
        with LiveEngine(venue) as live:
            live.opened().go_to(-1)
            assert not filled(live.snapshot)
            assert not [alarm for alarm in live.snapshot.alarms if alarm.active]
