"""Candles from the local venue, and from one that tells what cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hyperliquid.info import Info

from hypertui.core.candles import Candle, Interval
from hypertui.exchange.hyperliquid import HyperliquidExchange, SigningKey, candles, paper
from hypertui.exchange.hyperliquid.checks import MalformedJson
from hypertui.exchange.protocol import Rejected, Unreachable
from tests.hyperliquid.conftest import Scripted
from tests.hyperliquid.test_hyperliquid_checks import NO_INTEGER, NO_PRICE
from tests.support.local_venue import LocalVenue

HOURS = 6
MINUTE = Interval.MINUTE
NOW = 1_764_221_206_959
START = MINUTE.beginning(NOW)
ROW = {"t": START, "T": START + 59_999, "s": "SOL", "i": "1m", "o": "9", "c": "10", "h": "12.5", "l": "8.0"}


def ask(
    url: str, interval: Interval, since: int, until: int, symbol: str = "SOL"
) -> tuple[Sequence[Candle], int]:
    """The answer, and what it has cost."""

    async def main() -> tuple[Sequence[Candle], int]:
        exchange = HyperliquidExchange(paper(url), SigningKey.throwaway())
        try:
            return await exchange.candles(symbol, interval, since, until), exchange.weight_spent
        finally:
            await exchange.close()

    return asyncio.run(main())


@pytest.mark.parametrize(("interval", "word"), [
    (Interval.MINUTE, "1m"), (Interval.FIVE_MINUTES, "5m"), (Interval.QUARTER, "15m"), (Interval.HOUR, "1h"),
    (Interval.FOUR_HOURS, "4h"), (Interval.DAY, "1d"),
])  # fmt: skip
def test_the_question_is_that_of_the_sdk(scripted: Scripted, interval: Interval, word: str) -> None:
    scripted.say("candleSnapshot", [])
    info = Info(
        scripted.url,
        skip_ws=True,
        meta={"universe": [{"name": "SOL", "szDecimals": 2}]},
        spot_meta={"universe": [], "tokens": []},
    )
    info.candles_snapshot("SOL", word, START, START + 5)
    info.session.close()
    assert ask(scripted.url, interval, START, START + 5) == ((), 20)
    theirs, ours = scripted.asked("candleSnapshot")
    assert ours == theirs


def test_the_local_venue_tells_what_it_tells_the_sdk() -> None:
    with LocalVenue({"SOL": Decimal(150)}, lambda: NOW, past=HOURS) as venue:
        since = MINUTE.beginning(NOW) - 240 * MINUTE
        before = venue.call(lambda: venue.server.peers.weight_spent)
        found, spent = ask(venue.base_url, MINUTE, since, NOW)
        assert spent == venue.call(lambda: venue.server.peers.weight_spent) - before == 20 + len(found) // 60
        info = Info(venue.base_url, skip_ws=True)
        told = info.candles_snapshot("SOL", "1m", since, NOW)
        info.session.close()
    assert [candle.at for candle in found] == list(range(since, NOW + 1, MINUTE))
    assert found == tuple(
        Candle(row["t"], Decimal(row["l"]), Decimal(row["h"]), Decimal(row["c"])) for row in told
    )
    assert found[-1].close == 150


@pytest.mark.parametrize("interval", Interval)
def test_only_what_was_asked_for_is_told(interval: Interval) -> None:
    with LocalVenue({"SOL": Decimal(150)}, lambda: NOW, past=HOURS) as venue:
        since, until = NOW - 3 * Interval.HOUR, NOW - Interval.HOUR
        found, _ = ask(venue.base_url, interval, since, until)
    assert [candle.at for candle in found] == [
        at for at in range(interval.beginning(since), until + 1, interval) if at >= since
    ]
    assert all(candle.low <= candle.close <= candle.high for candle in found)


def test_a_market_that_there_is_not_is_an_error_of_the_exchange() -> None:
    with LocalVenue({"SOL": Decimal(150)}) as venue, pytest.raises(Rejected, match="422"):
        ask(venue.base_url, MINUTE, START, START, symbol="NONE")


def read(*rows: Any, since: int = START - 600_000, until: int = START + 600_000) -> Sequence[Candle]:
    return candles.candles(list(rows), "SOL", MINUTE, since, until)


def test_candles_come_in_the_order_of_time() -> None:
    rows = [ROW | {"t": START + minute * MINUTE} for minute in (3, 0, 7, 1)]
    found = read(*rows)
    assert len(found) == 4 and all(one.at < other.at for one, other in pairwise(found))
    assert found[0] == Candle(START, Decimal(8), Decimal("12.5"), Decimal(10))


def test_candles_of_other_times_are_left_out() -> None:
    rows = [ROW | {"t": START + minute * MINUTE} for minute in range(-2, 3)]
    found = read(*rows, since=START - MINUTE, until=START + MINUTE)
    assert [candle.at - START for candle in found] == [-MINUTE, 0, MINUTE]


WRONG = [
    *(("t", value) for value in (*NO_INTEGER, START + 1)),
    *((name, value) for name in ("l", "h", "c") for value in NO_PRICE),
    ("l", "10.1"), ("h", "9.9"), ("c", "7"), ("c", "13"),
    ("s", "BTC"), ("s", None), ("i", "15m"), ("i", 7),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_an_answer_with_a_candle_that_cannot_be_is_refused(field: str, value: object) -> None:
    assert read(ROW)
    with pytest.raises(MalformedJson):
        read(ROW | {"t": START + MINUTE}, ROW | {field: value})


@pytest.mark.parametrize("answer", [None, {}, "x", 7, [None], [[]], [{}], [ROW, ROW]])
def test_what_is_no_list_of_candles_is_refused(answer: object) -> None:
    with pytest.raises(MalformedJson):
        candles.candles(answer, "SOL", MINUTE, 0, START + MINUTE)


def test_more_candles_than_there_are_is_refused() -> None:
    rows = [ROW | {"t": minute * MINUTE} for minute in range(5_002)]
    assert len(read(*rows[:-1], since=0)) == 5_001
    with pytest.raises(MalformedJson):
        read(*rows, since=0)


def test_an_answer_that_is_not_understood_is_none(scripted: Scripted) -> None:
    scripted.say("candleSnapshot", [ROW | {"c": "-1"}])
    with pytest.raises(Unreachable, match="not understood"):
        ask(scripted.url, MINUTE, START, START)
