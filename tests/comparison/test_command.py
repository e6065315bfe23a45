"""`hypertui backtest` with a journal: what it prints, writes and refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.cli import main
from hypertui.journal import Journal
from tests.comparison.conftest import HOUR
from tests.ledger.helpers import ID, TRADE

Journals = Callable[[str], Path]


@pytest.fixture
def journal(journals: Journals) -> str:
    return str(journals(HOUR))


@pytest.fixture
def prices(tmp_path: Path) -> str:
    """A fall through two units and back, a row each 100 ms."""
    file = tmp_path / "prices.csv"
    walk = [100 - abs(n % 40 - 20) / 8 for n in range(-20, 200)]
    rows = (f"{1_700_000_000_000 + n * 100},{price:.2f}" for n, price in enumerate(walk))
    file.write_text("time,price\n" + "\n".join(rows) + "\n")
    return str(file)


def _walked(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert main(["backtest", *arguments, "--json"]) == 0
    told: dict[str, object] = json.loads(capsys.readouterr().out)
    return told


def _refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line that a refusal says."""
    assert main(["backtest", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def _ladder(prices: str, *more: str) -> tuple[str, ...]:
    flags = ("--symbol", "BTC", "--sz-decimals", "2", "--unit-size", "1", "--position-size", "2000")
    return (prices, *flags, *more)


def test_a_session_is_compared(journal: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "fills.jsonl"
    told = _walked(capsys, "--journal", journal, "--trace", str(file))
    assert (told["same_steps"], told["same_pnl"], told["not_decided_anew"]) == (True, True, [])
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert rows == told["fills"]
    difference = told["difference"]
    assert isinstance(difference, dict)
    assert sum(Decimal(row["difference"]) for row in rows) == Decimal(difference["total"])
    assert main(["backtest", "--journal", journal, "--slippage", "0.0005"]) == 0
    words = capsys.readouterr().out
    assert "decided anew by the recorded prices and fills all the same" in words
    assert "walked the same to the last digit" in words
    assert _refused(capsys, "--journal", journal, "--trace", str(file)).endswith("--force overwrites it\n")


def test_a_model_of_its_own_is_named_and_drawn_by_its_seed(
    journal: str, prices: str, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = ("--latency", "journal", "--slippage", "journal", "--journal", journal)
    first = _walked(capsys, *_ladder(prices, *measured))
    again, other = (_walked(capsys, *_ladder(prices, *measured, "--seed", seed)) for seed in ("1", "2"))
    file = first["file"]
    assert isinstance(file, dict)
    assert [note.split(" of ")[0] for note in file["notes"]] == ["latency", "slippage"]
    assert first["realized_pnl"] == again["realized_pnl"] != other["realized_pnl"]
    usual = _walked(capsys, *_ladder(prices))
    assert first["realized_pnl"] != usual["realized_pnl"]
    assert first["steps"] == usual["steps"]


def test_a_fixed_latency_needs_no_journal(prices: str, capsys: pytest.CaptureFixture[str]) -> None:
    usual, at_once, late = (
        _walked(capsys, *_ladder(prices, *more)) for more in ((), ("--latency", "0ms"), ("--latency", "0.3s"))
    )
    assert at_once["realized_pnl"] == usual["realized_pnl"] != late["realized_pnl"]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--latency", "250"], "latency 250 is neither a time, such as 250ms or 1.5s, nor journal"),
        (["--latency", "2h"], "latency 2h is neither a time"),
        (["--latency", "3601s"], "latency 3601s is above an hour"),
        (["--slippage", "1.5"], "slippage 1.5 is not between 0 and 1, nor journal"),
        (["--journal", "x.db"], "--journal goes with --latency journal or --slippage journal, or without"),
        (["--engine", "fast", "--latency", "250ms"], "--engine fast fills at the touch: --latency and"),
        (["--seed", "3"], "--seed goes with --latency journal or --slippage journal"),
        (["--trade", "BTC"], "--trade goes with --latency journal or --slippage journal"),
        (["--latency", "journal", "--journal", "/nowhere.db"], "there is no journal at /nowhere.db"),
    ],
)
def test_what_means_nothing_is_refused(
    prices: str, flags: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in _refused(capsys, *_ladder(prices, *flags))


def test_what_no_journal_can_say_is_refused(
    journal: str, prices: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ("--symbol", "SOL", "--unit-size", "1", "--position-size", "2000")
    said = _refused(capsys, prices, *flags, "--latency", "journal", "--journal", journal)
    assert "has no trade in SOL to measure" in said
    untimed = tmp_path / "untimed.csv"
    untimed.write_text("price\n100\n99\n98\n")
    said = _refused(capsys, *_ladder(str(untimed), "--latency", "250ms"))
    assert said == "hypertui: latency is a time, and the price file has no times\n"
    assert "--unit-size goes with PRICES" in _refused(capsys, "--journal", journal, "--unit-size", "5")
    for flags in (
        ["--report", "r.html"],
        ["--evidence"],
        ["--holdout", "20%"],
        ["--open-holdout"],
        ["--tui"],
    ):
        assert f"{flags[0]} goes with PRICES" in _refused(capsys, "--journal", journal, *flags)
    assert "PRICES; or --journal" in _refused(capsys)
    assert "has no trade SOL" in _refused(capsys, "--journal", journal, "--trade", "SOL")


def test_a_trade_that_never_began_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "journal.db"
    with Journal.open(f"sqlite:///{file}") as opened:
        opened.begin(TRADE)
    assert f"trade {ID} was never opened: there is nothing to walk" in _refused(
        capsys, "--journal", str(file)
    )
    empty = "--state-dir", str(tmp_path / "nowhere"), "--journal"
    assert "there is no journal at" in _refused(capsys, *empty)
