"""Price paths: the same however they are walked, and about as lively as promised."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from statistics import pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hypertui.venue.market.prices import ManualPrices
from hypertui.venue.market.recorded_prices import SeriesPrices
from hypertui.venue.market.sources import price_source
from hypertui.venue.market.synthetic import SyntheticPath, SyntheticPrices
from hypertui.venue.model.listing import MARKETS
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.model.presets import PRESETS

HOUR = 3_600_000


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, HOUR), max_size=12), st.integers(0, 5))
def test_a_path_does_not_depend_on_how_it_is_cut(cuts: list[int], seed: int) -> None:
    whole = list(SyntheticPrices(seed).advance(HOUR))
    source = SyntheticPrices(seed)
    pieces = [step for until in [*sorted(cuts), HOUR] for step in source.advance(until)]
    assert pieces == whole
    assert [step.price for step in pieces] == [step.price for step in whole]


def test_seeds_and_markets_differ() -> None:
    one, other = (list(SyntheticPrices(seed).advance(HOUR)) for seed in (1, 2))
    assert [step.price for step in one] != [step.price for step in other]
    returns = {
        market.symbol: [step.price / market.start for step in one if step.symbol == market.symbol]
        for market in MARKETS
    }
    assert returns["BTC"] != returns["ETH"]


def test_a_minute_moves_by_about_eight_basis_points() -> None:
    deviations = []
    for seed in range(6):
        prices = [step.price for step in SyntheticPath(MARKETS[0], seed).advance(24 * HOUR)][19::20]
        deviations.append(pstdev(math.log(b / a) for a, b in pairwise(prices)))
    typical = math.sqrt(sum(each**2 for each in deviations) / len(deviations))
    assert 0.0007 < typical < 0.0009


def test_volatility_comes_in_clusters() -> None:
    prices = [step.price for step in SyntheticPath(MARKETS[1], 3).advance(48 * HOUR)]
    moves = [abs(math.log(b / a)) for a, b in pairwise(prices)]
    ceiling = sorted(moves)[int(len(moves) * 0.99)]
    moves = [min(move, ceiling) for move in moves]
    mean = sum(moves) / len(moves)
    spread = sum((move - mean) ** 2 for move in moves)
    together = sum((a - mean) * (b - mean) for a, b in zip(moves, moves[20:], strict=False))
    assert together / spread > 0.05


def test_a_series_replays_in_time_and_holds_its_last_price() -> None:
    prices = (Decimal(10), Decimal(11), Decimal(12))
    source = SeriesPrices("SOL", prices, (5_000, 6_000, 9_000), ManualPrices())
    assert source.initial()["SOL"] == 10 and source.initial()["BTC"] == 64_000
    assert list(source.advance(999)) == []
    assert [(step.time, step.price) for step in source.advance(4_000)] == [(1_000, 11), (4_000, 12)]
    assert list(source.advance(10**9)) == []


def test_a_price_file_drives_its_market_alone(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("time,price\n1700000000000,100\n1700000060000,101\n")
    source = price_source(VenueOptions(prices=path, symbol="SOL"))
    assert source.initial()["SOL"] == 100
    steps = list(source.advance(60_000))
    assert [step.price for step in steps if step.symbol == "SOL"] == [101]
    assert any(step.symbol == "BTC" for step in steps)
    with pytest.raises(ValueError, match="no market"):
        price_source(VenueOptions(prices=path, symbol="DOGE"))


@pytest.mark.parametrize(
    "options",
    [
        {"speed": 0},
        {"speed": float("nan")},
        {"faucet": Decimal(-1)},
        {"half_spread": Decimal(0)},
        {"levels": 21},
        {"depth": Decimal(0)},
    ],
)
def test_options_out_of_range(options: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        VenueOptions(**options)  # type: ignore[arg-type]


def closes(preset: str, seed: int, hours: int) -> list[Decimal]:
    return [step.price for step in SyntheticPath(MARKETS[0], seed, PRESETS[preset]).advance(hours * HOUR)]


def moves(prices: list[Decimal]) -> float:
    return pstdev(math.log(b / a) for a, b in pairwise(prices[19::20]))


def test_presets_are_what_they_are_called() -> None:
    seeds = range(4)
    assert all(moves(closes("calm", seed, 4)) < 0.0003 for seed in seeds)
    # Four hours of a trend are worth about 10 %, of which chance does not take half.
    assert all(closes("trending", seed, 4)[-1] / 64_000 > Decimal("1.05") for seed in seeds)
    for seed in seeds:
        prices = closes("crash", seed, 2)
        assert min(prices) < 64_000 * Decimal("0.88"), "it crashes"
        assert min(prices[:500]) > 64_000 * Decimal("0.97"), "not before half an hour"
        assert prices[-1] > min(prices), "and comes back a little"
    for seed in seeds:
        prices = closes("whipsaw", seed, 1)
        turns = [prices[index] for index in range(119, 1200, 120)]
        signs = [b > a for a, b in pairwise([Decimal(64_000), *turns])]
        assert sum(a != b for a, b in pairwise(signs)) >= 7, "it turns nearly every six minutes"


def test_a_preset_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="preset boring is none of"):
        SyntheticPrices(1, "boring")


def test_a_path_goes_on_from_a_price_set_by_hand() -> None:
    source = SyntheticPrices(3)
    list(source.advance(HOUR))
    source.put("SOL", Decimal(1_000))
    first = next(step for step in source.advance(HOUR + 3_000) if step.symbol == "SOL")
    assert abs(first.price - 1_000) < 10


@given(st.lists(st.integers(0, 60_000), max_size=8), st.integers(0, 7))
def test_a_series_in_a_loop_goes_on_for_ever(cuts: list[int], stop: int) -> None:
    def fresh() -> SeriesPrices:
        prices = (Decimal(10), Decimal(11), Decimal(12))
        return SeriesPrices("SOL", prices, (5_000, 6_000, 9_000), ManualPrices(), loop=True)

    whole = [(step.time, step.price) for step in fresh().advance(60_000)]
    # A round lasts 4 s, and 2 s more for its last price.
    assert whole[:5] == [(1_000, 11), (4_000, 12), (6_000, 10), (7_000, 11), (10_000, 12)]
    source, pieces = fresh(), []
    for index, until in enumerate([*sorted(cuts), 60_000]):
        if index == stop:
            again = fresh()
            again.restore(source.dump())
            source = again
        pieces += [(step.time, step.price) for step in source.advance(until)]
    assert pieces == whole
