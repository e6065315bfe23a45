"""The hours before a start: asked for once for all trades of an account, and measured as far as they are over
by the exchange's clock."""

from __future__ import annotations

import asyncio
from decimal import Decimal as D
from typing import cast

import pytest

from hypertui.core.candles import Candle
from hypertui.core.volatility import AtrReading
from hypertui.exchange.protocol import Exchange, Unreachable
from hypertui.execution.preflight.recent_hours import RecentHours, StartAtr, ToldHours
from tests.execution.test_candle_sync import FULL_HOUR, HOUR, SECOND, Candles

WILD = Candle(FULL_HOUR, D(1), D(1000), D(500))  # while it grows


def told(*, until: int = FULL_HOUR, count: int = 20, asked_at: int = FULL_HOUR + 600 * SECOND) -> ToldHours:
    ats = range(until - count * HOUR, until, HOUR)
    return ToldHours("SOL", tuple(Candle(at, D(90), D(110), D(105)) for at in ats), asked_at)


def measured(hours: ToldHours, ahead: int = 0) -> StartAtr:
    """By an exchange whose clock is so far ahead of ours (ms)."""
    return hours.measured(lambda at: at + ahead)


def test_the_candle_that_grows_is_never_measured() -> None:
    growing = told()
    growing = ToldHours("SOL", (*growing.candles, WILD), FULL_HOUR + 600 * SECOND)
    assert measured(growing).reading == AtrReading(D(20), FULL_HOUR)
    over = measured(growing, HOUR).reading
    assert over is not None
    assert (over.until, over.atr > 20) == (FULL_HOUR + HOUR, True)
    assert measured(growing, -600 * SECOND + 4_999).reading == AtrReading(D(20), FULL_HOUR - HOUR)


@pytest.mark.parametrize(("count", "reading"), [(14, None), (15, AtrReading(D(20), FULL_HOUR))])
def test_it_takes_fifteen_closed_candles(count: int, reading: AtrReading | None) -> None:
    found = measured(told(count=count))
    assert found.reading == reading
    assert (found.figure, found.limit) == (("14", "15") if reading is None else ("", ""))


def test_the_newest_candle_may_have_ended_three_hours_ago_and_no_longer() -> None:
    asked_at = FULL_HOUR + 3 * HOUR
    assert measured(told(asked_at=asked_at)).reading == AtrReading(D(20), FULL_HOUR)
    late = measured(told(asked_at=asked_at + 1))
    assert late.reading is None
    assert late.wrong == (
        "a unit in ATR needs a candle that ended in the last 3 h, the newest of SOL ended 3 h 00 min ago, at "
        "05:00 UTC: set it in USD or as a percentage, or start later"
    )
    assert measured(told(asked_at=asked_at), 1).reading is None, "the exchange's clock counts"


def test_it_is_of_as_many_candles_as_a_trailing_stop_is() -> None:
    wild = [Candle(FULL_HOUR - ago * HOUR, D(1), D(1000), D(105)) for ago in (103, 102)]
    hours = ToldHours("SOL", (*wild, *told(count=101).candles), FULL_HOUR + 5_000)
    assert measured(hours).reading == AtrReading(D(20), FULL_HOUR)


class Asked:
    """An exchange that has `missing` candles, and is asked for those of its `now`."""

    def __init__(self) -> None:
        self.candles = Candles()
        self.hours = RecentHours(cast(Exchange, self.candles))

    async def told(self, symbol: str = "SOL") -> int:
        return len((await self.hours.told(symbol, self.candles.now)).candles)

    @property
    def count(self) -> int:
        return len(self.candles.asked)


def test_trades_that_begin_together_ask_once() -> None:
    asked = Asked()

    async def begin() -> None:
        await asyncio.gather(*(asked.told(symbol) for symbol in ("SOL", "ETH", "SOL", "ETH")))

    asyncio.run(begin())
    assert asked.count == 2
    assert asked.candles.asked[0] == (FULL_HOUR - 102 * HOUR, asked.candles.now)


def test_they_are_asked_for_anew_when_an_hour_has_ended_or_one_is_missing() -> None:
    asked = Asked()
    asked.candles.missing = {FULL_HOUR}  # which nobody has traded in yet

    async def begin() -> list[int]:
        counts = []
        for now in (0, 39 * 60, 39 * 60 + 55, 40 * 60 + 5, 40 * 60 + 6):
            asked.candles.now = FULL_HOUR + (20 * 60 + now) * SECOND
            await asked.told()
            counts.append(asked.count)
        asked.candles.missing = set()
        for _ in range(2):
            await asked.told()
            counts.append(asked.count)
        return counts

    assert asyncio.run(begin()) == [1, 1, 1, 2, 3, 4, 4]


def test_a_question_in_vain_is_not_remembered() -> None:
    asked = Asked()
    asked.candles.error = Unreachable("no route")
    with pytest.raises(Unreachable):
        asyncio.run(asked.told())
    asked.candles.error = None
    assert asyncio.run(asked.told()) == 103
