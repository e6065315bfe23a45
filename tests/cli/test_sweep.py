"""`hypertui sweep` from its flags to its last line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hypertui.cli import main
from hypertui.cli.sweep_progress import ProgressLine
from hypertui.core import extras
from hypertui.evidence.trials import TrialLedger
from hypertui.series.loading import load_ticks
from hypertui.sweep.results import read_results
from hypertui.sweep.store import EvaluationStore
from tests.sweep.helpers import walk

_PATIENCE = 60.0  # seconds
_LOOK = 0.01


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    ticks = walk(1_500, seed=3)
    assert ticks.times is not None
    file = tmp_path / "prices.csv"
    rows = (f"{at},{price / 100:.2f}\n" for at, price in zip(ticks.times, ticks.prices, strict=True))
    file.write_text("time,price\n" + "".join(rows))
    return file


def command(prices: Path, *more: str, units: str = "0.3%:1%:0.1%") -> list[str]:
    usual = ["--symbol", "SOL", "--unit-size", units, "--position-size", "2000", "--engine", "exact"]
    return ["sweep", str(prices), *usual, *more]


def test_it_says_what_the_best_is_worth(prices: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(prices, "--jobs", "1", "--folds", "2", "--holdout", "20%")) == 0
    out, err = capsys.readouterr()
    for words in (
        "of 8 settings",
        "after costs (fee 0.045%, slippage 0.020%)",
        "best by",
        "neighbours",
        "walk-forward",
        "out of sample together",
        "buy and hold",
        "settings tried on this series so far",
        "the last 300 rows stay sealed: --open-holdout walks them, once",
        "verdict",
    ):
        assert words in out
    assert "26 of 26 walks" in err and "tick-settings/s · done" in err


def test_every_try_is_counted_once_and_the_rows_are_kept(
    prices: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "results.parquet"
    for more in ([], ["--force"]):
        assert main(command(prices, "--jobs", "1", "--json", "-o", str(out), *more)) == 0
    text, err = capsys.readouterr()
    said = [json.loads(line) for line in text.splitlines()]
    assert [each["evidence"]["tries"] for each in said] == [8, 8]
    assert "8 of 8 walks (8 known already)" in err
    ledger = TrialLedger(tmp_path / "state" / "hypertui" / "trials", load_ticks(prices).digest)
    assert ledger.tries == 8
    results = read_results(out)
    assert [row.setting.unit_size for row in results.rows] == [f"0.{n}%" for n in range(3, 10)] + ["1%"]
    best = max(results.rows, key=lambda row: row.found.net_pnl)
    assert said[0]["best"]["net-pnl"]["unit_size"] == best.setting.unit_size
    assert said[0]["best"]["net-pnl"]["net_pnl"] == f"{best.found.net_pnl:.8f}".rstrip("0")
    assert main(command(prices, "-o", str(out))) == 2
    assert f"results file {out} is there already: --force overwrites it" in capsys.readouterr().err


@pytest.mark.parametrize(("ends_by", "status"), [(KeyboardInterrupt(), 130), (ValueError("no room"), 2)])
@pytest.mark.parametrize("where", ["the line of progress", "the store"])
def test_whatever_ends_it_what_was_walked_counts_as_tried(
    prices: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    ends_by: BaseException,
    status: int,
) -> None:
    calls: list[object] = []

    def end(*given: object) -> None:
        calls.append(given)
        if len(calls) == 4:
            raise ends_by
        if where == "the store":
            add(*given)

    add: Callable[..., None] = EvaluationStore.add
    if where == "the store":
        monkeypatch.setattr(EvaluationStore, "add", end)
    else:
        monkeypatch.setattr(ProgressLine, "step", end)
    assert main(command(prices, "--jobs", "1")) == status
    state, digest = tmp_path / "state" / "hypertui", load_ticks(prices).digest
    kept = (state / "sweeps" / digest[:32] / "evaluations.jsonl").read_text().splitlines()
    assert 0 < len(kept) < 8
    assert TrialLedger(state / "trials", digest).tries == len(kept)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--trials", "5"], "--trials goes with --search sobol or optuna"),
        (["--jobs", "0"], "jobs 0 is not above 0"),
        (["--jobs", "2", "--scheduler", "tcp://127.0.0.1:1"], "--jobs and --scheduler: give one of them"),
        (["--folds", "900"], "folds 900 is not from 1 to 749"),
        (["--open-holdout"], "--open-holdout goes with --holdout"),
        (["--holdout", "100%"], "holdout 100% is no percentage above 0% and below 100%"),
        (["--unit-size", "0.1%:9%"], "neither a figure nor a range start:stop:step"),
        (["--unit-size", "0.0001%:20%:0.0001%", "--position-size", "10:99:1"], "above 1,000,000"),
        (["--slippage", "1"], "slippage 1 is not between 0 and 1"),
        (["-o", "results.csv"], "ends with neither .parquet nor .jsonl"),
        (["-o", "nowhere/results.jsonl"], "there is no folder nowhere"),
        (["--position-size", "30"], "none of 8 settings can be walked: position size 30 makes buy sizes"),
        (["--symbol", "DOGE"], "symbol DOGE is not one of"),
    ],
)
def test_bad_input_is_one_line(
    prices: Path, more: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(prices, "--jobs", "1", *more)) == 2
    err = capsys.readouterr().err.splitlines()
    assert said in err[-1] and err[-1].startswith("hypertui: ")


def test_without_its_libraries_it_says_what_installs_them(
    prices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = extras.has
    monkeypatch.setattr("hypertui.cli.sweep_run.has", lambda name: name != "polars" and there(name))
    monkeypatch.setattr(
        extras, "has", lambda name: name[:6] not in ("scipy.", "optuna", "distri") and there(name)
    )
    assert main(command(prices, "--jobs", "1", "-o", str(tmp_path / "all.parquet"))) == 0
    assert "pip install 'hypertui[data]'" in capsys.readouterr().err
    assert len(read_results(tmp_path / "all.jsonl").rows) == 8
    for more, install in (
        (["--search", "sobol"], "hypertui[search]"),
        (["--search", "optuna"], "hypertui[search]"),
        (["--scheduler", "tcp://127.0.0.1:1"], "hypertui[cluster]"),
    ):
        assert main(command(prices, *more)) == 2
        assert f"pip install '{install}'" in capsys.readouterr().err


def started(argv: list[str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hypertui", *argv, "--state-dir", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("number", "jobs"), [(signal.SIGKILL, "2"), (signal.SIGINT, "1")])
def test_one_that_is_killed_goes_on_by_the_same_command(
    prices: Path, tmp_path: Path, number: signal.Signals, jobs: str
) -> None:
    argv = command(prices, "--jobs", jobs, "-o", str(tmp_path / "all.jsonl"), units="0.15%:1%:0.02%")
    running = started(argv, tmp_path / "kept")
    store = tmp_path / "kept" / "sweeps" / load_ticks(prices).digest[:32] / "evaluations.jsonl"
    deadline = _PATIENCE / _LOOK
    while not (store.exists() and store.read_bytes().count(b"\n") >= 3) and deadline:
        deadline -= 1
        try:
            running.wait(_LOOK)
        except subprocess.TimeoutExpired:
            continue
        break
    running.send_signal(number)
    out, err = running.communicate(timeout=_PATIENCE)
    assert out == ""
    if number is signal.SIGINT:
        assert running.returncode == 130
        assert err.splitlines()[-1].endswith("walks: the same command goes on from there")
    kept = store.read_bytes().count(b"\n")
    assert 0 < kept < 43
    again = started(argv, tmp_path / "kept")
    out, err = again.communicate(timeout=_PATIENCE)
    assert again.returncode == 0, err
    assert f"({kept} known already)" in err
    keys = [json.loads(line)["key"] for line in store.read_text().splitlines()]
    assert len(keys) == len(set(keys)) == 43
    assert len({row.setting for row in read_results(tmp_path / "all.jsonl").rows}) == 43
    assert sorted(each.name for each in store.parent.iterdir()) == ["evaluations.jsonl"]


def test_a_start_of_the_console_loads_none_of_it() -> None:
    program = (
        "import sys, hypertui, hypertui.cli.trade, hypertui.console.app, hypertui.cli.arguments as a\n"
        "a.parser()\n"
        "heavy = 'numba numpy polars optuna scipy dask distributed resvg_py'.split()\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_the_values_of_a_series_survive_being_shared(tmp_path: Path) -> None:
    from hypertui.sweep.work import SeriesFiles

    ticks = walk(500)
    files = SeriesFiles.keep(ticks, tmp_path)
    again = files.opened()
    assert again.digest == ticks.digest
    assert isinstance(again.prices.base, np.memmap)
    files.remove()
    assert not list(tmp_path.iterdir())
