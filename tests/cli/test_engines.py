"""`hypertui backtest --engine`: both tell the same, and what one has not is refused in one line."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import accumulate
from pathlib import Path
from random import Random

import pytest

from hypertui.backtest.fast import compiled
from hypertui.cli import main

WALK = ["--symbol", "SOL", "--unit-size", "0.7%", "--position-size", "2000"]


@pytest.fixture
def prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    random = Random(4)
    walk = accumulate((random.randint(-60, 60) for _ in range(2_000)), initial=10_000)
    rows = (f"{1_700_000_000 + 60 * row},{cents / 100}" for row, cents in enumerate(walk))
    Path("prices.csv").write_text("\n".join(["time,price", *rows]) + "\n")
    return "prices.csv"


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["backtest", *words]) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["backtest", *words]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert len(err.splitlines()) == 1
    return err


@pytest.mark.parametrize("content", [None, "price\n100\n"])
def test_what_cannot_be_walked_waits_for_no_compiler(
    prices: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    monkeypatch.setattr(compiled, "is_warm", lambda: False)
    if content is None:
        Path(prices).unlink()
    else:
        Path(prices).write_text(content)
    assert prices in refused(capsys, prices, *WALK, "--engine", "fast")


@pytest.mark.usefixtures("in_machine_code")
def test_both_tell_the_same(prices: str, capsys: pytest.CaptureFixture[str]) -> None:
    costs = ["--funding", "-0.00001", "--slippage", "0.0002"]
    told = {
        engine: json.loads(shown(capsys, prices, *WALK, *costs, "--json", "--engine", engine))
        for engine in ("exact", "fast")
    }
    for engine, summary in told.items():
        assert summary.pop("engine") == engine
        assert summary.pop("timing")["run_s"] > 0
    assert told["exact"]["steps"] > 100
    assert float(told["exact"]["funding"]) > 0
    assert told["fast"].keys() == told["exact"].keys()
    for name, figure in told["exact"].items():
        found = told["fast"][name]
        if name == "phase_pnl":
            assert found == pytest.approx(found | {phase: found[phase] for phase in figure})
        elif isinstance(figure, str) and name not in ("symbol", "phase"):
            assert float(found) == pytest.approx(float(figure), rel=1e-9, abs=1e-9), name
        else:
            assert found == figure, name


@pytest.mark.usefixtures("in_machine_code")
def test_the_words_name_the_engine_and_the_funding(prices: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = shown(capsys, prices, *WALK, "--funding", "0.00001", "--engine", "fast")
    assert ", fast engine\n" in words
    assert "USD at 0.001% an hour" in words
    words = shown(capsys, prices, *WALK)
    assert ", exact engine\n" in words, "a small file is walked before the fast one is loaded"
    assert "funding" not in words


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (
            ["--engine", "fast", "--trace", "t"],
            "--engine fast has no --trace: it is written with --engine exact",
        ),
        (["--engine", "fast", "--guards"], "--engine fast has no --guards: they watch with --engine exact"),
        (["--funding", "1"], "funding 1 is not between -1 and 1"),
        (["--funding", "much"], "funding much is not a number"),
    ],
)
def test_what_cannot_be_is_refused(
    prices: str, capsys: pytest.CaptureFixture[str], flags: list[str], said: str
) -> None:
    assert said in refused(capsys, prices, *WALK, *flags)
    assert not Path("t").exists()


def test_a_stop_that_trails_is_refused_by_the_fast_engine(
    prices: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("config.toml").write_text(
        '[trade]\nsymbol = "SOL"\nunit_size = 0.7\nposition_size = 2000\ntrailing_arm = "3.5%"\n'
    )
    said = refused(capsys, prices, "--only", "SOL", "--config", "config.toml", "--engine", "fast")
    assert "the fast engine has no trailing_stop: --engine exact has" in said


def test_without_numba_the_exact_engine_walks_and_the_fast_one_says_what_is_missing(
    prices: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hypertui.core.extras.find_spec", lambda name: None)
    said = refused(capsys, prices, *WALK, "--engine", "fast")
    assert "--engine fast needs numba: pip install 'hypertui[fast]'" in said
    assert ", exact engine\n" in shown(capsys, prices, *WALK)


def test_the_exact_engine_loads_neither_numba_nor_numpy(prices: str) -> None:
    program = (
        "import sys\nfrom hypertui.cli import main\n"
        f"status = main(['backtest', {prices!r}, *{WALK!r}])\n"
        "print([name for name in ('numba', 'numpy', 'polars') if name in sys.modules], status)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[] 0"
