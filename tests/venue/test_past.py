"""The candles of before a market began: made up, and of no consequence."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from hypertui.venue.market.candles import LENGTHS
from hypertui.venue.model.listing import LISTINGS
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.server import VenueServer
from hypertui.venue.state.store import StateFile

NOW = 1_764_221_206_959
HOURS = 6
FIRST = NOW - HOURS * 3_600_000


def venue(file: StateFile | None = None, now: int = NOW, **options: Any) -> VenueServer:
    return VenueServer(VenueOptions(**options), clock=lambda: now, file=file)


def told(server: VenueServer, interval: str = "1m", symbol: str = "BTC") -> Sequence[dict[str, Any]]:
    return server.core.books[symbol].candles.between(interval, 0, 2**50)


def test_each_market_has_candles_of_all_the_hours() -> None:
    server = venue(past=HOURS, markets=LISTINGS["dozen"])
    for symbol, book in server.core.books.items():
        for interval in LENGTHS:
            candles = told(server, interval, symbol)
            assert candles[0]["t"] <= FIRST <= candles[0]["T"]
            assert candles[-1]["t"] <= NOW <= candles[-1]["T"]
            assert all(one["T"] + 1 == other["t"] for one, other in pairwise(candles))
            assert Decimal(candles[-1]["c"]) == book.mark == book.market.start
            for candle in candles:
                low, high = Decimal(candle["l"]), Decimal(candle["h"])
                assert 0 < low <= Decimal(candle["o"]) <= high and low <= Decimal(candle["c"]) <= high
                assert Decimal(candle["v"]) > 0


def test_the_past_is_that_of_its_seed() -> None:
    first, same, other = (told(venue(past=HOURS, seed=seed)) for seed in (8, 8, 9))
    assert first == same != other
    markets = venue(past=HOURS)
    assert told(markets, symbol="BTC")[0]["c"] != told(markets, symbol="ETH")[0]["c"]


@pytest.mark.parametrize("speed", [1, 60, 10_000])
def test_it_is_as_lively_as_the_walk_to_come_within_reason(speed: float) -> None:
    closes = [float(candle["c"]) for candle in told(venue(past=HOURS, speed=speed))]
    moves = [abs(later / earlier - 1) for earlier, later in pairwise(closes)]
    usual = sum(moves) / len(moves)
    assert 0.5 < usual / min(0.8 * 0.0008 * speed**0.5, 0.8 * 0.2 / 360**0.5) < 1.5


def test_nothing_to_come_depends_on_it() -> None:
    with_past, without = venue(past=HOURS), venue()
    steps = [
        [(step.time, step.symbol, step.price) for step in server.source.advance(3_600_000)]
        for server in (with_past, without)
    ]
    assert steps[0] == steps[1] != []
    assert with_past.source.dump() == without.source.dump()
    before, after = with_past.core.dump(), without.core.dump()
    for symbol, book in before["books"].items():
        assert book.pop("candles") != after["books"][symbol].pop("candles")
    assert before == after


def test_what_is_traded_goes_on_in_the_candle_that_grows() -> None:
    server = venue(past=HOURS)
    before = told(server)[-1]
    server.set_price("BTC", Decimal(70_000))
    after = told(server)[-1]
    assert after["t"] == before["t"] and after["n"] == before["n"] + 1
    assert Decimal(after["c"]) == Decimal(after["h"]) == pytest.approx(Decimal(70_000), rel=Decimal("0.001"))


def test_a_market_that_goes_on_is_given_no_other_past(tmp_path: Path) -> None:
    with StateFile(tmp_path / "venue.json") as file:
        first = told(venue(file, past=HOURS, seed=8))
    with StateFile(tmp_path / "venue.json") as file:
        again = told(venue(file, NOW + 90_000, past=HOURS, seed=8))
    assert again == first


def test_the_market_of_a_price_file_has_none(tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("price\n60000\n60100\n")
    server = venue(past=HOURS, prices=prices)
    assert told(server) == []
    assert told(server, symbol="ETH")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"past": -1}, "past -1 is not from 0 to 72 hours"),
        ({"past": 73}, "past 73 is not from 0 to 72 hours"),
        ({"past": 1, "manual": True}, "past is for invented prices"),
        ({"past": 1, "follow": "mainnet"}, "past is for invented prices"),
    ],
)
def test_a_past_that_cannot_be_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        VenueOptions(**options)


def test_three_days_are_kept_whole() -> None:
    assert len(told(venue(past=72))) == 72 * 60 + 1
