"""Candles page by page and every frame of a market, from the local venue and from one that fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from hypertui.cli.data_fetch import WantedCandles, fetch
from hypertui.core.clock import wall_ms
from hypertui.exchange.hyperliquid import Pace, paper
from hypertui.exchange.hyperliquid.frame_feed import STREAMS, FeedGap, frames
from hypertui.exchange.hyperliquid.public_data import PublicData, WholeCandle
from hypertui.exchange.protocol import Unreachable
from hypertui.series.fetched import CandleFile, FetchError
from hypertui.series.prices import load_prices
from tests.hyperliquid.conftest import META, Scripted
from tests.support.local_venue import LocalVenue

MINUTE = 60_000
NOW = 1_764_221_206_959


class VirtualTime:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    @property
    def pace(self) -> Pace:
        return Pace(clock=lambda: self.now, sleep=self.sleep, chance=lambda: 1.0)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def row(at: int, price: int = 100) -> dict[str, Any]:
    prices = {"o": f"{price}.5", "h": f"{price + 1}.0", "l": f"{price}.0", "c": f"{price}.25"}
    return {"t": at, "T": at + MINUTE - 1, "s": "SOL", "i": "1m", "v": "1.5", "n": 3} | prices


def kept_by(scripted: Scripted, now: int, count: int = 5_000) -> int:
    """Have it tell of the newest candles, as the exchange does; returns when the oldest begins."""
    newest = now // MINUTE * MINUTE
    oldest = newest - (count - 1) * MINUTE

    def answer(body: dict[str, Any]) -> tuple[int, str]:
        asked = body["req"]
        first = max(-(-asked["startTime"] // MINUTE) * MINUTE, oldest)
        times = range(first, min(asked["endTime"], newest) + 1, MINUTE)
        rows = [row(at, 100 + at // MINUTE % 50) for at in times]
        return 200, json.dumps(rows[-5_000:])

    scripted.answers["candleSnapshot"] = answer
    scripted.say("meta", META)
    return oldest


def pages(url: str, since: int, until: int, time: VirtualTime) -> list[list[WholeCandle]]:
    async def main() -> list[list[WholeCandle]]:
        source = PublicData(paper(url), pace=time.pace)
        try:
            return [list(page) async for page in source.candle_pages("SOL", "1m", since, until)]
        finally:
            await source.close()

    return asyncio.run(main())


def test_pages_follow_each_other_at_half_the_weight(scripted: Scripted) -> None:
    oldest = kept_by(scripted, NOW)
    time = VirtualTime()
    found = pages(scripted.url, oldest, oldest + 40_000 * MINUTE, time)
    candles = [candle for page in found for candle in page]
    assert len(candles) == 5_000
    assert all(after.at - before.at == MINUTE for before, after in pairwise(candles))
    # 40 questions of 20, and 83 for the candles: 600 at once, then at 20 a second.
    assert time.now == pytest.approx((40 * 20 + 5 * (1000 // 60) - 600) / 20, abs=4)


def test_a_pause_that_is_asked_for_is_kept_and_a_short_outage_is_sat_out(scripted: Scripted) -> None:
    oldest = kept_by(scripted, NOW)
    answer = scripted.answers["candleSnapshot"]
    trouble = iter([(429, "null", {"Retry-After": "7"}), (502, "<html>"), None])
    scripted.answers["candleSnapshot"] = lambda body: next(trouble, answer(body))
    time = VirtualTime()
    (page,) = pages(scripted.url, oldest, oldest + MINUTE, time)
    assert [candle.at for candle in page] == [oldest, oldest + MINUTE]
    assert 7.0 in time.slept


def test_an_outage_that_lasts_is_an_error(scripted: Scripted) -> None:
    scripted.say_raw("candleSnapshot", (502, "<html>"))
    with pytest.raises(Unreachable, match="HTTP 502"):
        pages(scripted.url, 0, MINUTE, VirtualTime())


@pytest.mark.parametrize(
    "change",
    [
        {"s": "BTC"},
        {"i": "5m"},
        {"t": 61_000},
        {"h": "99.0"},
        {"o": "0"},
        {"v": "-1"},
        {"n": 1.5},
        {"c": None},
    ],
)
def test_what_cannot_be_a_candle_is_no_answer(scripted: Scripted, change: dict[str, Any]) -> None:
    scripted.say("candleSnapshot", [row(MINUTE) | change])
    with pytest.raises(Unreachable, match="not understood"):
        pages(scripted.url, 0, 5 * MINUTE, VirtualTime())


def ask(url: str, path: Path, now: int, since: int | None = None) -> tuple[str, list[str]]:
    """What it says at the end, and what it complains of."""
    complaints: list[str] = []
    asked = WantedCandles("SOL", "1m", since, now, path)
    return asyncio.run(fetch(paper(url), asked, now, complaints.append)), complaints


def test_what_was_cut_off_anywhere_is_gone_on_with(scripted: Scripted, tmp_path: Path) -> None:
    oldest = kept_by(scripted, NOW)
    path, since = tmp_path / "sol.csv", NOW - 1_500 * MINUTE
    said, complaints = ask(scripted.url, path, NOW, since)
    assert said.startswith(f"{path}: 1,499 candles added, its last candle begins at 2025-11-27 05:25:00 UTC")
    assert complaints == []
    whole = path.read_bytes()
    for cut in (0, 10, 70, 80, 200, len(whole) // 2, len(whole) - 1, len(whole)):
        path.write_bytes(whole[:cut])
        ask(scripted.url, path, NOW, since)
        assert path.read_bytes() == whole, cut
    later = NOW + 10 * MINUTE
    kept_by(scripted, later)
    assert ask(scripted.url, path, later)[0].startswith(f"{path}: 10 candles added")
    found = load_prices(path)
    assert (found.rows, found.notes) == (1_509, ())
    assert found.times[0] > oldest


def test_the_candle_that_still_grows_is_left_out(scripted: Scripted, tmp_path: Path) -> None:
    begin = NOW // MINUTE * MINUTE
    kept_by(scripted, NOW)
    for now, last in ((begin + 4_999, begin - 2 * MINUTE), (begin + 5_000, begin - MINUTE)):
        path = tmp_path / f"{now}.csv"
        ask(scripted.url, path, now, begin - 10 * MINUTE)
        assert int(path.read_text().splitlines()[-1].partition(",")[0]) == last


def test_what_the_exchange_does_not_keep_is_said_in_one_line(scripted: Scripted, tmp_path: Path) -> None:
    kept_by(scripted, NOW)
    path = tmp_path / "sol.csv"
    said, complaints = ask(scripted.url, path, NOW, NOW - 9_000 * MINUTE)
    assert "5,000 candles added" in said or "4,999 candles added" in said
    (line,) = complaints
    assert line.startswith("the exchange keeps the newest 5,000 candles of 1m: nothing before 2025-11-23")
    later = NOW + 6_000 * MINUTE
    kept_by(scripted, later)
    _, complaints = ask(scripted.url, path, later)
    assert complaints == [
        f"{path} has a gap now: it ends at 2025-11-27 05:25:00 UTC, and nothing before 2025-11-27 22:06:00 "
        "UTC can be fetched"
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("time,price\n1,2\n", "is there already, and begins with 'time,price': choose another -o FILE"),
        (
            "# hypertui data fetch BTC --interval 1m\ntime\n",
            "begins with '# hypertui data fetch BTC --interval 1m'",
        ),
    ],
)
def test_a_file_of_something_else_is_left_as_it_is(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(content)
    with pytest.raises(FetchError) as caught:
        CandleFile(path, "SOL", "1m")
    assert says in str(caught.value)
    assert path.read_text() == content


@pytest.fixture(scope="module")
def old_venue() -> Iterator[LocalVenue]:
    with LocalVenue(past=30) as venue:
        yield venue


def test_candles_of_the_local_venue(old_venue: LocalVenue, tmp_path: Path) -> None:
    path = tmp_path / "sol.csv"
    said, complaints = ask(old_venue.base_url, path, wall_ms(), wall_ms() - 25 * 3_600_000)
    assert complaints == []
    assert "candles added" in said
    found = load_prices(path, "SOL")
    assert 1_490 < found.rows <= 1_500
    assert all(after - before == 15_000 for before, after in pairwise(found.times))
    wanted = WantedCandles("DOGE", "1m", None, wall_ms(), path)
    with pytest.raises(ValueError, match="no market 'DOGE'"):
        asyncio.run(fetch(paper(old_venue.base_url), wanted, wall_ms(), complaints.append))


def test_every_frame_of_some_markets_also_after_a_break() -> None:
    async def main(venue: LocalVenue) -> tuple[list[str], list[FeedGap]]:
        found: list[str] = []
        gaps: list[FeedGap] = []
        subscribed = 0
        async with (
            asyncio.timeout(20),
            aclosing(frames(paper(venue.base_url), ["SOL", "BTC"], Pace())) as feed,
        ):
            async for frame in feed:
                if isinstance(frame, FeedGap):
                    gaps.append(frame)
                elif frame is not None:
                    found.append(frame)
                    subscribed += '"subscriptionResponse"' in frame
                    if subscribed == 2 * len(STREAMS) and not gaps:
                        subscribed = 0
                        await asyncio.to_thread(venue.drop_sockets)
                    elif subscribed == 2 * len(STREAMS):
                        return found, gaps
        raise AssertionError("the feed has no end")

    with LocalVenue() as venue:
        found, gaps = asyncio.run(main(venue))
    assert [gap.reason.partition(":")[0] for gap in gaps] == ["connection lost"]
    channels = {
        (frame["channel"], frame["data"].get("coin"))
        for frame in map(json.loads, found)
        if isinstance(frame["data"], dict)
    }
    assert {
        ("activeAssetCtx", "SOL"),
        ("activeAssetCtx", "BTC"),
        ("bbo", "SOL"),
        ("l2Book", "BTC"),
    } <= channels


def test_what_is_not_there_is_a_gap_and_not_the_end() -> None:
    time = VirtualTime()

    async def main() -> list[object]:
        found: list[object] = []
        async with aclosing(frames(paper("http://127.0.0.1:9"), ["SOL"], time.pace)) as feed:
            async for frame in feed:
                found.append(frame)
                if len(found) == 4:
                    return found
        return found

    assert {type(frame) for frame in asyncio.run(main())} == {FeedGap}
    assert time.slept == [0.5, 1.0, 2.0]  # growing
