"""Reports and pages of backtests and sweeps, by their commands: what is written, what is refused and when."""

from __future__ import annotations

import json
import os
import sys
from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.cli import main
from hypertui.sweep.results import SweepHead, SweepResults, SweepRow, write_results
from hypertui.sweep.stretches import whole
from tests.backtest.walks import random_candles, random_prices
from tests.support.terminal import Terminal
from tests.sweep.tried import tried

PNG = b"\x89PNG\r\n\x1a\n"
TERMS = ("--symbol", "SOL", "--unit-size", "0.5", "--position-size", "2000")


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HYPERTUI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def candles(tmp_path: Path) -> Path:
    """A file of candles."""
    series = random_candles(120, 3)
    rows = ["time,open,high,low,close"]
    for row in range(120):
        opened, one, two, close = series.prices[4 * row : 4 * row + 4]
        rows.append(f"{series.times[4 * row]},{opened},{max(one, two)},{min(one, two)},{close}")
    path = tmp_path / "candles.csv"
    path.write_text("\n".join(rows))
    return path


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """What a sweep has written."""
    series = random_prices(400, 2)
    head = SweepHead(
        series="ab" * 32,
        file="prices.csv",
        symbol="SOL",
        sz_decimals=2,
        rows=400,
        fee_rate="0.00045",
        slippage="0.0002",
        funding="0",
        engine="exact",
        search="grid",
        began=series.times[0],
        ended=series.times[-1],
    )
    path = tmp_path / "results.jsonl"
    write_results(SweepResults(head, tuple(tried(series, ["0.5%", "1%", "2%"]))), path)
    return path


def test_a_backtest_writes_its_report_and_says_so(
    candles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, picture = tmp_path / "report.html", tmp_path / "report.PNG"
    assert main(["backtest", str(candles), *TERMS, "--report", str(page)]) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    size = round(len(page.read_bytes()) / 1000)
    assert said == f"wrote {page} ({size:,} kB)"
    assert "the farther one first" in page.read_text("utf-8")
    assert main(["backtest", str(candles), *TERMS, "--report", str(picture), "--json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["symbol"] == "SOL"
    assert shown.err.startswith(f"wrote {picture} (")
    assert picture.read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["--report", "report.pdf"], "report report.pdf is neither .html nor .png"),
        (["--report", "there.html"], "report there.html is there already: --force overwrites it"),
        (["--report", "no/such/report.html"], "report no/such/report.html cannot be written: No such file"),
        (["--tui"], "--tui needs a terminal"),
        (["--tui", "--trace", "x"], "--trace and --tui: give one of them"),
    ],
)
def test_what_cannot_be_written_or_shown_is_refused_in_one_line(
    candles: Path, given: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("there.html").write_text("mine")
    assert main(["backtest", str(candles), *TERMS, *given]) == 2
    line = capsys.readouterr().err.rstrip("\n")
    assert line.startswith(f"hypertui: {why}")
    assert "\n" not in line
    assert Path("there.html").read_text() == "mine"


def test_the_price_file_is_never_the_report(candles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prices = candles.rename(candles.with_suffix(".html"))
    before = prices.read_bytes()
    assert main(["backtest", str(prices), *TERMS, "--report", str(prices), "--force"]) == 2
    assert "is the price file" in capsys.readouterr().err
    assert prices.read_bytes() == before


def test_a_report_has_the_verdict_where_that_is_asked_for(candles: Path, tmp_path: Path) -> None:
    page = tmp_path / "judged.html"
    assert main(["backtest", str(candles), *TERMS, "--evidence", "--report", str(page)]) == 0
    text = page.read_text("utf-8")
    assert "Verdict: " in text
    assert "traded more simply" in text
    assert "random entries" in text


def test_results_are_read_again_and_drawn(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "sweep.html"
    assert main(["swept", str(results), "--report", str(page)]) == 0
    assert "best by" in (said := capsys.readouterr().out)
    assert said.splitlines()[-1].startswith(f"wrote {page} (")
    text = page.read_text("utf-8")
    assert "SOL, 3 settings over prices.csv" in text
    assert "it was chosen for that" in text
    assert main(["swept", str(page)]) == 2
    assert capsys.readouterr().err.startswith(f"hypertui: results {page}: ")


def test_a_sweep_of_which_nothing_could_be_walked_has_no_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "none.jsonl"
    head = SweepHead("ab", "x", "SOL", 2, 1, "0", "0", "0", "exact", "grid")
    rows = [SweepRow(each.setting, whole(1), each.found) for each in tried(random_prices(9, 1), ["30%"])]
    assert rows[0].found.refused
    write_results(SweepResults(head, tuple(rows)), path)
    assert main(["swept", str(path), "--report", str(tmp_path / "x.html")]) == 2
    assert "no setting could be walked" in capsys.readouterr().err
    assert not (tmp_path / "x.html").exists()


def test_a_backtest_is_watched_in_a_terminal(candles: Path, tmp_path: Path) -> None:
    """A real terminal: the page comes up, q leaves it, and the figures are printed."""
    command = [sys.executable, "-m", "hypertui", "backtest", str(candles), *TERMS, "--tui"]
    with Terminal(command, tmp_path, os.environ, rows=30, columns=100) as terminal:
        terminal.read_until("DONE")
        os.write(terminal.master, b"q")
        shown = terminal.read_until("exact engine")
        assert terminal.process.wait() == 0
    assert "walked the other way" in shown.rpartition("net PnL")[2]


def test_a_page_that_is_left_early_stops_the_walk_and_writes_nothing(tmp_path: Path) -> None:
    prices = tmp_path / "long.csv"
    series = random_prices(60_000, 5, "0.02")
    rows = zip(series.times, series.prices, strict=True)
    prices.write_text("time,price\n" + "\n".join(f"{at},{price}" for at, price in rows))
    command = [
        sys.executable,
        "-m",
        "hypertui",
        "backtest",
        str(prices),
        *TERMS,
        "--tui",
        "--report",
        "x.html",
    ]
    with Terminal(command, tmp_path, os.environ) as terminal:
        terminal.read_until("RUNNING")
        os.write(terminal.master, b"q")
        terminal.read_until("stopped before its end")
        assert terminal.process.wait() == 0
    assert not (tmp_path / "x.html").exists()


def test_amounts_of_the_results_are_those_that_were_found(results: Path) -> None:
    lines = results.read_text().splitlines()
    assert len(lines) == 4
    assert D(json.loads(lines[1])["position_size"]) == 2_000
