"""Closed candles are asked for soon after each has ended, and again while one is missing; that there is none
for long is an alarm."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal as D
from random import Random
from types import SimpleNamespace
from typing import cast

import pytest

from hypertui.core.candles import Candle, Interval
from hypertui.engine.candle_sync import CandleSync
from hypertui.exchange.protocol import Allowance, Exchange, ExchangeError, Unreachable
from hypertui.execution.account_context import AccountContext
from hypertui.execution.arrivals import CandlesRead, QuestionInVain
from hypertui.execution.trade_context import TradeContext
from hypertui.runtime.alarms import Alarms
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.request_budget import RequestBudget
from tests.support.live_engine import SOL

HOUR = Interval.HOUR
FULL_HOUR = HOUR.beginning(1_764_221_206_959)
SECOND = 1_000


class Candles:
    """An exchange that has all of them but the `missing` (ms); it fails with `error` where there is one."""

    def __init__(self) -> None:
        self.now = FULL_HOUR + 20 * 60 * SECOND
        self.asked: list[tuple[int, int]] = []
        self.missing: set[int] = set()
        self.since = 0
        self.error: ExchangeError | None = None
        self.weight = 1_200

    @property
    def allowance(self) -> Allowance:
        return Allowance(self.weight, 1_200)

    async def candles(self, symbol: str, interval: Interval, since: int, until: int) -> Sequence[Candle]:
        self.asked.append((since, until))
        if self.error is not None:
            raise self.error
        hours = range(max(since, self.since), until + 1, interval)
        return [Candle(at, D(90), D(110), D(105)) for at in hours if at not in self.missing]


class Market:
    """A trade that looks, whenever its clock is set on, and takes the answers at once."""

    def __init__(self, ahead: int = 0) -> None:
        self.exchange = Candles()
        account = AccountContext(cast(Exchange, self.exchange))
        if ahead:
            account.clock_sync.measure(self.exchange.now, self.exchange.now, self.exchange.now + ahead)
        self.log = EventLog(self.clock)
        self.alarms = Alarms(self.log, self.clock)
        self.arrived: list[object] = []
        self.context = SimpleNamespace(
            account=account, exchange=self.exchange, config=SOL, clock=self.clock, alarms=self.alarms,
            log=self.log, queue=SimpleNamespace(post=self.arrived.append), clock_sync=account.clock_sync,
            budget=RequestBudget(lambda: self.exchange.allowance, account.clock_sync, self.clock, Random(3)),
            over=False,
        )  # fmt: skip
        self.sync = CandleSync(cast(TradeContext, self.context))

    def clock(self) -> int:
        return self.exchange.now

    def looks(self, after: int = 0) -> bool:
        """Whether a candle came that was not known."""
        self.exchange.now += after
        asyncio.run(self.sync.look())
        came, self.arrived[:] = list(self.arrived), []
        return sum(self.sync.take(each) for each in came if isinstance(each, CandlesRead)) > 0

    @property
    def sounding(self) -> list[str]:
        return [alarm.text for alarm in self.alarms.view() if alarm.active]


@pytest.fixture
def market() -> Market:
    return Market()


def test_they_are_asked_for_at_the_start_and_soon_after_each_hour(market: Market) -> None:
    assert market.looks()
    assert market.sync.known.until == FULL_HOUR
    assert len(market.sync.known.candles) == 101
    assert market.exchange.asked == [(FULL_HOUR - 101 * HOUR, market.exchange.now)]
    assert not any(market.looks(30 * SECOND) for _ in range(80)), "the hour still grows"
    market.exchange.now = FULL_HOUR + HOUR + 4_999
    assert not market.looks(), "it may not be made yet"
    assert len(market.exchange.asked) == 1
    assert market.looks(1)
    assert market.sync.known.until == FULL_HOUR + HOUR
    assert len(market.sync.known.candles) == 101
    assert not market.sounding


def test_one_that_may_still_be_made_is_not_taken_for_closed(market: Market) -> None:
    market.exchange.now = FULL_HOUR + 4_999
    assert market.looks()
    assert market.sync.known.until == FULL_HOUR - HOUR
    assert market.looks(1)
    assert market.sync.known.until == FULL_HOUR


def test_the_exchanges_clock_says_what_has_ended() -> None:
    market = Market(ahead=40 * 60 * SECOND + 5_000)
    assert market.looks()
    assert market.sync.known.until == FULL_HOUR + HOUR


def test_one_that_is_missing_is_asked_for_again_ever_later(market: Market) -> None:
    market.looks()
    newest = FULL_HOUR
    market.exchange.missing = {newest, newest + HOUR}
    market.exchange.now = newest + HOUR + 5_000
    asked = []
    for _ in range(100):
        market.looks()
        asked.append(len(market.exchange.asked))
        market.exchange.now += 10 * SECOND
    tries = [
        number for number, (before, now) in enumerate(zip([1, *asked], asked, strict=False)) if now > before
    ]
    assert tries == [0, 3, 9, 18, 30, 45, 63, 84]
    assert market.sync.known.until == newest
    market.exchange.missing = set()
    assert market.looks(600 * SECOND)
    assert market.sync.known.until == newest + HOUR


def test_an_hour_without_trades_is_flat_once_the_next_one_is_there_and_told_once(market: Market) -> None:
    market.exchange.missing = {FULL_HOUR - 2 * HOUR, FULL_HOUR - 5 * HOUR}
    assert market.looks()
    flat = Candle(FULL_HOUR - 2 * HOUR, D(105), D(105), D(105))
    assert market.sync.known.candles[-2] == flat
    assert market.looks(HOUR)
    told = [event.text for event in market.log.after(0)]
    assert told == ["2 hours without trades in the candles of SOL: each counts as one at the close before"]


def test_a_missing_candle_that_comes_later_takes_the_place_of_the_flat_one(market: Market) -> None:
    market.exchange.missing = {FULL_HOUR - 2 * HOUR}
    market.looks()
    market.exchange.missing = set()
    assert market.looks(HOUR)
    assert market.sync.known.flat == ()


def test_none_for_three_hours_is_an_alarm_until_there_is_one(market: Market) -> None:
    market.looks()
    market.exchange.error = Unreachable("no route")
    market.exchange.now = FULL_HOUR + 3 * HOUR
    assert not market.looks()
    assert not market.sounding
    market.looks(1)
    assert market.sounding == [
        "no new candle for more than 3 h: the trailing stop stands still until there is one"
    ]
    market.exchange.error = None
    assert market.looks(30 * SECOND)
    assert not market.sounding


def test_none_at_all_is_an_alarm_too(market: Market) -> None:
    market.exchange.since = 10**15
    for _ in range(3 * 120):
        market.looks(30 * SECOND)
    assert not market.sounding
    market.looks(1)
    assert market.sounding == ["no candle for more than 3 h: the trailing stop goes at its widest distance"]


def test_what_cannot_be_asked_is_said_and_asked_again(market: Market) -> None:
    market.exchange.error = Unreachable("no route")
    assert asyncio.run(market.sync.look()) == "no route"
    (vain,) = market.arrived
    assert isinstance(vain, QuestionInVain) and vain.what == "the candles could not be read"
    market.exchange.error, market.exchange.weight = None, 299
    assert asyncio.run(market.sync.look()) == "left out: requests are kept for stops"
    market.exchange.weight = 300
    market.arrived.clear()
    assert market.looks()


def test_nothing_is_asked_for_a_trade_that_is_over(market: Market) -> None:
    market.context.over = True
    assert not market.looks()
    assert market.exchange.asked == []
