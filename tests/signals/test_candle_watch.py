"""Candles of a live signal: when they are asked for, what is done where they stay away, and what is known of
the market beside them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal as D

import pytest

from hypertui.core.candles import SETTLES, Candle, ClosedCandles, Interval, closed
from hypertui.core.market import Side
from hypertui.port.markets import MarketFacts, NotAnswered
from hypertui.signal_source.candle_watch import HISTORY, CandleWatch
from hypertui.signal_source.plan import SignalPlan
from hypertui.signal_source.recent_rates import SPAN, RecentRates
from hypertui.signal_source.watcher import SignalWatcher
from hypertui.signals.context import ContextLimits
from hypertui.signals.names import Family, Indicator, Suppression
from hypertui.signals.rules import SignalRules
from hypertui.signals.watch import walk
from tests.signals.markets import walked

FIVE = Interval.FIVE_MINUTES
BEGAN = 5_800_000 * FIVE


class ToldMarkets:
    """An exchange that has every candle but the `missing` (ms), or says what is `wrong`."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.missing: set[int] = set()
        self.wrong = ""

    async def candles(self, symbol: str, interval: Interval, since: int, now: int) -> ClosedCandles:
        self.asked.append(since)
        if self.wrong:
            raise NotAnswered(self.wrong)
        times = range(since, now + 1, interval)
        told = [Candle(at, D(90), D(110), D(105)) for at in times if at not in self.missing]
        return closed(told, interval, interval.ended(now))

    async def facts(self, symbol: str, *, conditions: bool, spread: bool) -> MarketFacts:
        raise AssertionError("nobody asks for them here")


@pytest.fixture
def markets() -> ToldMarkets:
    return ToldMarkets()


@pytest.fixture
def watch(markets: ToldMarkets) -> CandleWatch:
    return CandleWatch("SOL", FIVE, markets, BEGAN)


def looks(watch: CandleWatch, now: int) -> list[int]:
    return [candle.at for candle in asyncio.run(watch.look(now))]


def test_each_is_taken_once_soon_after_its_end(watch: CandleWatch, markets: ToldMarkets) -> None:
    first = looks(watch, BEGAN + SETTLES)
    assert (len(first), first[-1], watch.until) == (HISTORY, BEGAN - FIVE, BEGAN)
    assert not looks(watch, BEGAN + FIVE + SETTLES - 1), "it may still change"
    assert len(markets.asked) == 1
    assert looks(watch, BEGAN + FIVE + SETTLES) == [BEGAN]
    assert markets.asked[1] == BEGAN - FIVE, "no more is asked for than is needed"
    assert not looks(watch, BEGAN + FIVE + SETTLES + 1)
    assert len(markets.asked) == 2


def test_what_was_missed_is_made_up_for(watch: CandleWatch, markets: ToldMarkets) -> None:
    looks(watch, BEGAN + SETTLES)
    markets.missing = {BEGAN + FIVE}
    assert looks(watch, BEGAN + 4 * FIVE + SETTLES) == [BEGAN + number * FIVE for number in range(4)]


def test_one_that_does_not_come_is_asked_for_ever_later_and_then_overdue(
    watch: CandleWatch, markets: ToldMarkets
) -> None:
    looks(watch, BEGAN + SETTLES)
    markets.wrong = "requests are kept for stops"
    for second in range(600):
        assert not looks(watch, BEGAN + FIVE + SETTLES + second * 1_000)
    assert watch.trouble == "requests are kept for stops"
    assert 10 < len(markets.asked) < 20
    assert watch.late_after == BEGAN + 2 * FIVE + SETTLES
    markets.wrong = ""
    assert looks(watch, BEGAN + 4 * FIVE) == [BEGAN, BEGAN + FIVE, BEGAN + 2 * FIVE]
    assert not watch.trouble
    assert looks(watch, BEGAN + 4 * FIVE + SETTLES) == [BEGAN + 3 * FIVE], "in time again"
    quiet = CandleWatch("SOL", Interval.MINUTE, markets, BEGAN)
    assert quiet.late_after == BEGAN + 120_000 + SETTLES, "before the first one"


def always_on(**limits: object) -> SignalRules:
    """Fires wherever its context lets it: the runner, by the change that the facts tell."""
    context = ContextLimits(**{"block_red_day": False, **limits})  # type: ignore[arg-type]
    return SignalRules(Family.RUNNER, FIVE, ((Indicator.RUNNER, D(1)),), D("0.6"), D("0.54"), 1, 0, context)


@pytest.mark.parametrize(
    ("limits", "facts", "why"),
    [
        ({}, MarketFacts(D("0.2")), ""),
        ({}, MarketFacts(), "not-whole"),
        ({"max_spread": D("0.001")}, MarketFacts(D("0.2")), "no-spread"),
        ({"max_spread": D("0.001")}, MarketFacts(D("0.2"), D("0.002")), "spread"),
        ({"max_spread": D("0.001")}, MarketFacts(D("0.2"), D("0.001")), ""),
        ({"max_funding": D("0.001")}, MarketFacts(D("0.2")), "no-funding"),
        ({"max_funding": D("0.001")}, MarketFacts(D("0.2"), None, D("0.002")), "funding"),
        ({"max_funding": D("0.001")}, MarketFacts(D("0.2"), None, D("-0.002")), ""),
    ],
)
def test_what_is_not_known_of_the_market_blocks(
    limits: dict[str, object], facts: MarketFacts, why: str
) -> None:
    watcher = SignalWatcher(SignalPlan("s", "SOL", "5m", always_on(**limits)), "paper", None, lambda: 0)
    assert watcher.needs_conditions
    assert watcher.needs_spread is ("max_spread" in limits)
    watcher.take(Candle(BEGAN, D(90), D(110), D(105)), MarketFacts())
    watcher.caught_up()
    watcher.take(Candle(BEGAN + FIVE, D(90), D(110), D(105)), facts)
    watcher.caught_up()
    shown = watcher.shown(0, "", 0, None)
    assert (shown.blocked, shown.state) == (why, "FIRED" if not why else shown.state)
    assert watcher.kept is not None
    assert watcher.kept.fired is (not why)
    assert not watcher.kept.wants, "it is only watched"


def test_the_change_is_that_of_the_candles_where_they_reach_back_a_day() -> None:
    rules = replace(SignalRules.usual(Family.REVERSION, FIVE), min_indicators=1)
    candles = walked(4, 700)
    watcher = SignalWatcher(SignalPlan("s", "SOL", "5m", rules), "paper", None, lambda: 0)
    assert watcher.needs_conditions
    rows = list(walk(rules, candles))
    for candle in candles:
        watcher.take(candle, MarketFacts(D("-0.5")))
    watcher.caught_up()
    assert not watcher.needs_conditions
    shown = watcher.shown(0, "", 0, None)
    assert shown.change_24h == rows[-1].facts.change_24h.quantize(D("0.0001"))  # type: ignore[union-attr]
    assert rows[-1].facts.change_24h != D("-0.5")


def test_rates_are_of_thirty_days() -> None:
    rules = SignalRules.usual(Family.REVERSION, Interval.HOUR)
    hours = [replace(each, at=number * Interval.HOUR) for number, each in enumerate(walked(2, 1_000))]
    counted, rows = RecentRates(), list(walk(rules, hours))
    for row in rows:
        counted.add(row)
    newest = [row for row in rows if row.at > rows[-1].at - SPAN]
    assert len(counted) == len(newest) == 720
    for each, _ in rules.weights:
        for side in Side:
            on = sum(each in row.on(side) for row in newest)
            assert counted.rate(each, side) == D(on) / 720
    assert Suppression.NOT_WHOLE not in {row.suppressed for row in newest}
