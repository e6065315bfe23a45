"""Generators: the same seed gives the same prices, and their moves have the figures that the papers say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hypertui.series.generators.bootstrap import stationary_bootstrap, stationary_indices
from hypertui.series.generators.calibration import calibrated
from hypertui.series.generators.generate import generated
from hypertui.series.generators.paths import PathError, moves_of
from hypertui.series.generators.volatility import TwoFactorVolatility, moves
from hypertui.series.loading import load_ticks
from hypertui.series.saving import save
from hypertui.series.ticks import Ticks

# Factors that turn so often that a sample has all of them many times over.
MODEL = TwoFactorVolatility(
    sigma=1e-4,
    slow=0.4,
    slow_persistence=0.995,
    quick=0.3,
    quick_persistence=0.9,
    jumps=2e-4,
    jump_size=8e-3,
)
COUNT = 400_000


def test_a_seed_decides_everything() -> None:
    one, again, other = (generated(2_000, seed)[0] for seed in (7, 7, 8))
    assert one.digest == again.digest != other.digest
    assert len(one) == 2_000
    assert one.price(0) == 60_000
    assert one.times is not None
    assert set(np.diff(one.times)) == {1000}


def test_moves_have_the_variance_the_kurtosis_and_the_memory_of_the_model() -> None:
    calm = replace(MODEL, jumps=0.0)
    spread = MODEL.slow**2 + MODEL.quick**2
    drawn = np.stack([moves(calm, COUNT, seed) for seed in range(4)])
    variance = np.mean(drawn**2)
    assert variance == pytest.approx(calm.variance, rel=0.03)
    assert abs(drawn.mean()) < 4 * np.sqrt(variance / drawn.size)  # no drift
    assert np.mean(drawn**4) / variance**2 == pytest.approx(3 * np.exp(4 * spread), rel=0.1)
    logs = np.log(np.abs(drawn))
    logs -= logs.mean()
    for lag in (1, 10, 100, 400):
        slow, quick = MODEL.slow_persistence**lag, MODEL.quick_persistence**lag
        expected = MODEL.slow**2 * slow + MODEL.quick**2 * quick
        assert np.mean(logs[:, lag:] * logs[:, :-lag]) == pytest.approx(expected, abs=0.012), lag
    assert np.mean(logs**2) == pytest.approx(
        spread + np.pi**2 / 8, rel=0.03
    )  # log|e| has a variance of pi²/8


def test_jumps_are_as_many_and_as_large_as_the_model_says() -> None:
    jumps = moves(MODEL, COUNT, 3) - moves(replace(MODEL, jumps=0.0), COUNT, 3)
    found = jumps[jumps != 0]
    expected = MODEL.jumps * COUNT
    assert abs(len(found) - expected) < 4 * np.sqrt(expected)  # Poisson
    assert found.std() == pytest.approx(MODEL.jump_size, rel=4 / np.sqrt(2 * expected))


def test_calibration_finds_the_model_that_a_series_was_drawn_from() -> None:
    found = calibrated(moves(MODEL, COUNT, 5))
    assert found.sigma == pytest.approx(MODEL.sigma, rel=0.05)
    assert found.slow == pytest.approx(MODEL.slow, rel=0.1)
    assert found.quick == pytest.approx(MODEL.quick, rel=0.1)
    assert np.log(found.slow_persistence) == pytest.approx(np.log(MODEL.slow_persistence), rel=0.35)
    assert np.log(found.quick_persistence) == pytest.approx(np.log(MODEL.quick_persistence), rel=0.35)
    assert found.jumps == pytest.approx(MODEL.jumps, rel=0.35)
    # Small jumps hide among the moves: what is told from them is larger.
    assert MODEL.jump_size < found.jump_size < 1.6 * MODEL.jump_size


def test_a_series_that_rests_on_its_grid_is_calibrated_by_longer_moves() -> None:
    exact = moves(replace(MODEL, jumps=0.0), COUNT, 6)
    prices = np.rint(10_000 * np.exp(np.cumsum(exact)))  # a step is a whole sigma: half of the moves are 0
    found = calibrated(np.diff(np.log(prices)))
    assert (np.diff(prices) == 0).mean() > 0.3
    assert found.variance == pytest.approx(replace(MODEL, jumps=0.0).variance, rel=0.15)


def test_a_constant_volatility_has_no_factors() -> None:
    found = calibrated(1e-4 * np.random.default_rng(2).standard_normal(COUNT))
    assert found.sigma == pytest.approx(1e-4, rel=0.02)
    assert found.slow**2 + found.quick**2 < 0.02
    assert found.jumps == 0


def test_what_is_too_short_or_rests_is_not_calibrated_by() -> None:
    with pytest.raises(PathError, match="999 moves are too few to calibrate by, at least 1,000 are needed"):
        calibrated(np.ones(999))
    with pytest.raises(PathError, match="rests too long"):
        calibrated(np.zeros(5000))


def test_generated_like_a_file_it_begins_where_that_does(tmp_path: Path) -> None:
    like = generated(5_000, 1)[0]
    drawn, model = generated(3_000, 2, like)
    assert drawn.price(0) == like.price(0)
    assert drawn.times is not None and like.times is not None
    assert drawn.times[0] == like.times[0]
    assert model.variance == pytest.approx(moves_of(like).var(), rel=0.3)


def test_stretches_are_geometric_and_run_on_in_a_circle() -> None:
    indices = stationary_indices(1000, 200_000, 20.0, np.random.default_rng(1))
    follows = (indices[1:] - indices[:-1]) % 1000 == 1
    # A stretch ends with 1/20; one in a thousand of the new ones follows by chance.
    assert follows.mean() == pytest.approx(1 - 1 / 20 + 1 / 20_000, abs=0.003)
    assert np.bincount(indices, minlength=1000).std() < 60  # each row as often as any other
    ends = np.flatnonzero(~follows)
    lengths = np.diff(ends)
    assert lengths.mean() == pytest.approx(20, rel=0.03)
    assert lengths.std() == pytest.approx(np.sqrt(1 - 1 / 20) * 20, rel=0.05)  # geometric


def test_the_bootstrap_keeps_the_moves_and_their_memory_as_the_paper_says() -> None:
    """The autocovariance at lag k is (1 - p)^k times that of the circle (Politis and Romano, lemma 1)."""
    random = np.random.default_rng(3)
    noise = random.standard_normal(20_000)
    original = 1e-4 * (noise[1:] + 0.8 * noise[:-1])  # a moving average: correlated at lag 1 alone
    like = Ticks(np.rint(1e9 * np.exp(np.cumsum(original))).astype(np.int64), None, 4)
    found = moves_of(stationary_bootstrap(like, 400_000, 5, length=10))[:, 0]
    assert found.mean() == pytest.approx(original.mean(), abs=4e-6)
    assert found.var() == pytest.approx(original.var(), rel=0.02)
    assert np.quantile(found, [0.01, 0.5, 0.99]) == pytest.approx(
        np.quantile(original, [0.01, 0.5, 0.99]), abs=6e-6
    )
    of_original = np.corrcoef(original[1:], original[:-1])[0, 1]
    assert np.corrcoef(found[1:], found[:-1])[0, 1] == pytest.approx(0.9 * of_original, abs=0.01)
    assert np.corrcoef(found[2:], found[:-2])[0, 1] == pytest.approx(0, abs=0.01)


def test_candles_stay_candles(tmp_path: Path) -> None:
    path = tmp_path / "candles.csv"
    random = np.random.default_rng(4)
    closes = np.rint(10_000 * np.exp(np.cumsum(1e-3 * random.standard_normal(500))))
    opens = np.concatenate((closes[:1], closes[:-1]))
    rows = zip(opens, np.maximum(opens, closes) + 5, np.minimum(opens, closes) - 5, closes, strict=True)
    path.write_text(
        "time,open,high,low,close\n"
        + "".join(
            f"{1_735_689_600 + 60 * n},{','.join(f'{p / 100:.2f}' for p in row)}\n"
            for n, row in enumerate(rows)
        )
    )
    like = load_ticks(path)
    drawn = stationary_bootstrap(like, 300, 1)
    assert (drawn.per_row, drawn.rows, drawn.decimals) == (4, 300, 2)
    assert drawn.times is not None
    assert drawn.times[4] - drawn.times[0] == 60_000
    save(drawn, tmp_path / "drawn.csv")  # which refuses candles that are none when it is read
    assert load_ticks(tmp_path / "drawn.csv").digest == drawn.digest


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".feather"])
def test_what_is_saved_is_read_back(tmp_path: Path, ending: str) -> None:
    ticks = generated(1_000, 9)[0]
    assert save(ticks, tmp_path / f"x{ending}") == ""
    assert load_ticks(tmp_path / f"x{ending}").digest == ticks.digest


def test_an_array_holds_the_prices_alone_and_says_so(tmp_path: Path) -> None:
    ticks = generated(1_000, 9)[0]
    assert save(ticks, tmp_path / "x.npy") == "times"
    found = load_ticks(tmp_path / "x.npy")
    assert found.prices.tolist() == ticks.prices.tolist()
    assert found.decimals == ticks.decimals


def test_a_block_longer_than_the_series_is_refused() -> None:
    with pytest.raises(PathError, match="block of 1000 rows is not from 1 to 999"):
        stationary_bootstrap(generated(1_000, 1)[0], 10, 1, length=1_000)
