"""`hypertui ledger` as it is typed: tables, JSON and CSV of a journal that is only read."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.cli import main
from hypertui.core.market import Side
from hypertui.journal import Journal
from hypertui.journal.records import TransferRecord
from tests.ledger.facts import fill, told
from tests.ledger.helpers import ID, TRADE

EXAMPLE = told(
    [
        fill(Side.BUY, "1", 50_000, at=TRADE.started_at + 1),
        fill(Side.BUY, "1", 55_000, at=TRADE.started_at + 2),
        fill(Side.SELL, "1.5", 60_000, at=TRADE.started_at + 3),
    ]
)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder with a journal in which nothing has happened."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYPERTUI_STATE_DIR", str(tmp_path))
    (tmp_path / "paper").mkdir()
    Journal.open(f"sqlite:///{tmp_path / 'paper' / 'journal.db'}").close()
    return tmp_path


@pytest.fixture
def traded(state: Path) -> Path:
    """The same with the example of first in, first out."""
    with Journal.open(f"sqlite:///{state / 'paper' / 'journal.db'}") as journal:
        journal.begin(TRADE)
        journal.add(*EXAMPLE)
    return state


def test_the_example(traded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "allocations", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["size"], row["buy_price"], row["pnl"]) for row in rows] == [
        ("1", "50000", "10000"),
        ("0.5", "55000", "2500"),
    ]
    assert main(["ledger", "pnl", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["realized_pnl"], found["unrealized_pnl"]) == ("12500", "2500")
    assert (found["capital"], found["max_drawdown_share"]) == (None, None)  # nobody has said
    assert main(["ledger", "lots"]) == 0
    text = capsys.readouterr().out
    assert "0.50000" in text
    assert "55,000" in text
    assert "27,500.00" in text


def test_people_read_cents_and_words(traded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "exits"]) == 0
    text = capsys.readouterr().out
    assert "ladder stop" in text
    assert "+12,500.00" in text
    assert "LADDER_STOP" not in text
    assert main(["ledger", "pnl", "--by", "reason"]) == 0
    assert "ladder buy" in capsys.readouterr().out
    assert main(["ledger", "pnl"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split()[:4] == ["net", "result", "+15,000.00", "USD,"] for line in lines)
    (share,) = [line for line in lines if "win share" in line]
    assert share.endswith("100.00 % of those that won or lost, since 2023-11-14 22:13 UTC")
    assert main(["ledger", "check"]) == 0
    assert "flat points  0" in capsys.readouterr().out


def test_by_the_hour_of_the_day(traded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "pnl", "--by", "hour", "--json"]) == 0
    (hour,) = json.loads(capsys.readouterr().out)
    assert (hour["hour"], hour["pnl"], hour["net"]) == (22, "12500", "12500")
    assert main(["ledger", "pnl", "--by", "hour", "--csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("22,3,1,195000,12500,")
    assert main(["ledger", "pnl", "--by", "hour"]) == 0
    assert "22:00" in capsys.readouterr().out


def test_a_narrow_terminal_gets_every_figure(
    traded: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal.open(f"sqlite:///{traded / 'paper' / 'journal.db'}") as journal:
        journal.live_trade(TRADE.network, TRADE.account, TRADE.symbol)
        journal.add(TransferRecord(ID, 1, "0x1", 1, "new\x1b[2Jkind", {}))
        journal.commit()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["ledger", "allocations"]) == 0
    text = capsys.readouterr().out
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("cost basis") == 2
    assert "closed UTC         2023-11-14 22:13:20" in text
    monkeypatch.setenv("COLUMNS", "400")
    assert main(["ledger", "allocations"]) == 0
    text = capsys.readouterr().out
    assert text.count("cost basis") == 1
    for columns in ("40", "400"):
        monkeypatch.setenv("COLUMNS", columns)
        assert main(["ledger", "cash"]) == 0
        text = capsys.readouterr().out
        assert "kind" in text
        assert "\x1b[2J" not in text


@pytest.mark.parametrize("report", ["fills", "lots", "allocations", "exits", "cash", "review", "export"])
@pytest.mark.parametrize("how", [[], ["--json"], ["--csv"]])
def test_a_journal_without_anything_says_so(
    state: Path, capsys: pytest.CaptureFixture[str], report: str, how: list[str]
) -> None:
    assert main(["ledger", report, *how]) == 0
    out, error = capsys.readouterr()
    assert f"no {report} in the journal {state / 'paper' / 'journal.db'} for paper" in (error if how else out)
    assert out == "[]\n" if how == ["--json"] else how != ["--csv"] or out == ""


@pytest.mark.parametrize("report", ["pnl", "cycles", "check", "report"])
def test_an_empty_journal_is_no_error(state: Path, capsys: pytest.CaptureFixture[str], report: str) -> None:
    assert main(["ledger", report]) == 0
    assert capsys.readouterr().out


def test_a_spreadsheet_gets_exact_figures(traded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "export", "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["proceeds"], row["cost_basis"], row["gain"]) for row in rows] == [
        ("60000", "50000", "10000"),
        ("30000", "27500", "2500"),
    ]
    assert main(["ledger", "pnl", "--by", "day", "--csv"]) == 0
    (day,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (day["day"], day["pnl"]) == ("2023-11-14", "12500")


def test_the_page_goes_where_it_is_told_to(traded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "report", "--out", "page.html"]) == 0
    text = (traded / "page.html").read_text()
    assert text.startswith("<!doctype html>")
    assert capsys.readouterr().out == f"wrote page.html ({round(len(text.encode()) / 1000)} kB)\n"
    assert main(["ledger", "report"]) == 0
    assert capsys.readouterr().out.startswith("<!doctype html>"), "without --out it goes where it is piped"
    assert main(["ledger", "report", "--out", "none/page.html"]) == 2
    assert "report none/page.html cannot be written" in capsys.readouterr().err


def test_the_check_has_a_status_of_its_own(traded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "check"]) == 0
    with Journal.open(f"sqlite:///{traded / 'paper' / 'journal.db'}") as journal:
        journal.live_trade(TRADE.network, TRADE.account, TRADE.symbol)
        journal.add(replace(EXAMPLE[2], time=TRADE.started_at + 9, start_position=D("1.5"), order_id=8))
    capsys.readouterr()
    assert main(["ledger", "check"]) == 1
    assert "gap: expected 0.5, found 1.5" in capsys.readouterr().out
    assert main(["ledger", "review", "--json"]) == 0
    assert [row["matter"] for row in json.loads(capsys.readouterr().out)] == ["gap", "unmatched"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fills", "--network", "testnet"], "there is no journal at"),
        (["fills", "--trade", "00"], "trade 00 is not in the journal"),
        (["fills", "--since", "yesterday"], "--since yesterday is neither a day"),
    ],
)
def test_bad_input_is_one_line(
    traded: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert main(["ledger", *arguments]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not (traded / "testnet").exists()


def test_filters(traded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for flags, count in (
        (["--symbol", "BTC", "--trade", ID, "--account", TRADE.account.upper().replace("X", "x")], 3),
        (["--since", "2023-11-15"], 0),
        (["--until", "2023-11-15"], 3),
        (["--symbol", "ETH"], 0),
    ):
        assert main(["ledger", "fills", "--json", *flags]) == 0
        assert len(json.loads(capsys.readouterr().out)) == count
