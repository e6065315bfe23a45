"""`hypertui data` and `hypertui record` as they are typed."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import hypertui.core.extras
from hypertui.cli import main
from hypertui.series.recording.writer import RecordingWriter
from tests.support.local_venue import LocalVenue

CLEAN = "time,price\n" + "".join(f"{1_735_689_600 + n},{100 + n % 7}.5\n" for n in range(100))
HOLED = CLEAN + "1735700000,101\n"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str) -> tuple[int, str, str]:
        try:
            status = main(words)
        except SystemExit as left:
            status = int(left.code or 0)
        out, err = capfd.readouterr()
        return status, out, err

    return run


def test_check_says_what_it_finds_and_by_its_status(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(CLEAN)
    status, out, _ = run("data", "check", str(path))
    assert status == 0
    assert out.splitlines() == [
        f"{path}: 100 prices, 2025-01-01 00:00:00 to 2025-01-01 00:01:39 UTC",
        "clean: no gaps, duplicates, outliers or flat stretches",
    ]
    path.write_text(HOLED)
    status, out, _ = run("data", "check", str(path))
    assert status == 1
    assert out.splitlines()[-1].startswith(
        "gaps: 1 gap of more than 1 min; the longest, 2 h 51 min, from 2025"
    )
    status, out, _ = run("data", "check", str(path), "--json")
    found = json.loads(out)
    assert (status, found["rows"], found["first"]) == (1, 101, 1_735_689_600_000)
    assert [(fault["kind"], fault["count"]) for fault in found["findings"]] == [("gaps", 1)]
    path.write_text(HOLED + "1735699999,101\n")
    status, out, _ = run("data", "check", str(path))
    assert status == 1
    assert "order: " in out
    assert "line 103: time 1735699999000 is before that of the row above" in out


def test_generate_writes_what_check_reads_and_writes_nothing_over(run: Run, tmp_path: Path) -> None:
    out, other = tmp_path / "a.parquet", tmp_path / "b.csv"
    status, said, _ = run("data", "generate", "--ticks", "3000", "--seed", "5", "-o", str(out))
    assert status == 0
    assert "3,000 prices, two-factor stochastic volatility with jumps, seed 5" in said
    assert run("data", "check", str(out))[0] == 0
    before = out.read_bytes()
    status, _, err = run("data", "generate", "-o", str(out))
    assert (status, out.read_bytes()) == (2, before)
    assert err == f"hypertui: {out} is there already: --force overwrites it\n"
    words = (
        "data",
        "generate",
        "--like",
        str(out),
        "--method",
        "bootstrap",
        "--ticks",
        "500",
        "-o",
        str(other),
    )
    assert run(*words, "--block", "30")[0] == 0
    first = other.read_bytes()
    assert run(*words, "--block", "30", "--force")[0] == 0
    assert other.read_bytes() == first  # by its seed
    assert run(*words, "--block", "30", "--force", "--seed", "2")[0] == 0
    assert other.read_bytes() != first


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["check", "absent.csv"], "absent.csv: cannot be read: No such file"),
        (["generate", "-o", "x.txt"], "out x.txt ends in none of .npy, .parquet, .feather, .csv"),
        (["generate", "-o", "x.npy", "--ticks", "1"], "ticks 1 are fewer than 2"),
        (["generate", "-o", "x.npy", "--ticks", "many"], "ticks many is not a whole number"),
        (["generate", "-o", "x.npy", "--seed", "-1"], "seed -1 is below 0"),
        (["generate", "-o", "x.npy", "--method", "bootstrap"], "say --like PRICES"),
        (["generate", "-o", "x.npy", "--block", "5"], "--block goes with --method bootstrap"),
        (["generate", "-o", "absent/x.npy", "--ticks", "5"], "absent/x.npy cannot be written: No such file"),
        (["fetch", "SOL", "-o", "x.csv", "--interval", "7m"], "interval 7m is not one of 1m, 3m"),
        (["fetch", "SOL", "-o", "x.csv", "--from", "soon"], "--from soon is no time, such as 2026-11-01"),
        (["fetch", "SOL", "-o", "x.csv", "--from", "2026-02-01", "--to", "2026-01-01"], "is after --to"),
        (["fetch", "SOL", "-o", "x.csv", "--base-url", "nowhere"], "not the address of an exchange"),
        (["fetch", "SOL", "-o", "x.csv", "--testnet", "--mainnet"], "not allowed with argument"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run("data", *words)
    assert (status, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["data", "check", "x.csv"], "hypertui data check needs numpy: pip install 'hypertui[data]'"),
        (["data", "generate", "-o", "x.npy"], "hypertui data generate needs numpy: pip install"),
    ],
)
def test_without_the_extra_one_line_says_how_to_get_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.setattr(hypertui.core.extras, "find_spec", lambda name: None)
    status, _, err = run(*words)
    assert status == 2
    assert says in err
    assert err.count("\n") == 1


@contextmanager
def interrupted_once_something_is_in(folder: Path) -> Iterator[None]:
    """Ctrl-C as soon as a file there has something in it."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            if folder.is_dir() and any(path.stat().st_size for path in folder.iterdir()):
                os.kill(os.getpid(), signal.SIGINT)
                return

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()


def test_a_recording_ends_by_itself_where_that_is_said(run: Run, venue: LocalVenue, tmp_path: Path) -> None:
    words = ("record", "SOL", "--base-url", venue.base_url, "--out", str(tmp_path / "rec"))
    status, out, _ = run(*words, "--for", "0.05")
    assert status == 0
    assert out.startswith(f"{tmp_path / 'rec'}: ")
    assert run(*words, "--for", "0")[0] == run(*words, "--rotate-mb", "0")[0] == 2


def test_fetch_and_record_from_an_exchange(run: Run, venue: LocalVenue, tmp_path: Path) -> None:
    venue.set_price("SOL", 151)
    there = ("--base-url", venue.base_url)
    status, out, err = run("data", "fetch", "SOL", *there, "-o", str(tmp_path / "sol.csv"))
    assert (status, err) == (0, "")
    assert out.startswith(f"{tmp_path / 'sol.csv'}: 0 candles added, it is empty")  # a minute has not passed
    with interrupted_once_something_is_in(tmp_path / "rec"):
        status, out, err = run("record", "SOL", *there, "--out", str(tmp_path / "rec"))
    assert status == 0
    assert " frames in 1 file\n" in out
    assert err == "hypertui: records SOL; Ctrl-C ends it\n"
    status, out, _ = run("data", "check", str(tmp_path / "rec"), "--price", "mid")
    assert status == 2  # the price has stood still: one of them
    status, _, err = run("record", "SOL", "NONE", *there, "--out", str(tmp_path / "none"))
    assert (status, err) == (2, "hypertui: the exchange has no market 'NONE'\n")
    assert not (tmp_path / "none").exists()
    status, _, err = run("record", "SOL", *there, "--out", str(tmp_path / "sol.csv" / "x"))
    assert status == 2
    assert err.splitlines()[-1].endswith("cannot be written: Not a directory")


def test_an_exchange_that_is_not_there_is_status_4(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hypertui.exchange.hyperliquid.public_data._TRIES", 1)
    there = ("--base-url", "http://127.0.0.1:9")
    status, _, err = run("data", "fetch", "SOL", *there, "-o", str(tmp_path / "x.csv"))
    assert status == 4
    assert err == (
        "hypertui: http://127.0.0.1:9: no connection to the exchange: Connection refused; nothing came, the "
        "same command goes on\n"
    )
    assert run("record", "SOL", *there, "--out", str(tmp_path / "rec"))[0] == 4


def test_a_recording_and_a_table_are_walked_as_any_price_file(run: Run, tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "rec", 10**6)
    for number, mark in enumerate(["100", "101", "102", "99", "98"]):
        context = {"coin": "SOL", "ctx": {"markPx": mark, "midPx": f"{mark}.5"}}
        writer.frame(1_764_500_000_000 + number, json.dumps({"channel": "activeAssetCtx", "data": context}))
    writer.close()
    table = tmp_path / "prices.csv"
    table.write_text("price\n100\n101\n102\n99\n98\n")
    ladder = ("--symbol", "SOL", "--unit-size", "1", "--position-size", "2000", "--json", "--engine", "exact")
    results = []
    for words in ([str(tmp_path / "rec")], [str(table)], [str(tmp_path / "rec"), "--price", "mid"]):
        status, out, err = run("backtest", *words, *ladder)
        assert (status, err) == (0, "")
        results.append(json.loads(out))
    of_recording, of_table, of_mids = results
    assert of_recording["realized_pnl"] == of_table["realized_pnl"] != of_mids["realized_pnl"]
    assert of_recording["steps"] == 6
    status, _, err = run("backtest", str(tmp_path / "rec"), "--price", "last", *ladder)
    assert (status, err) == (2, f"hypertui: {tmp_path / 'rec'}: has no last prices: it has mark and mid\n")
