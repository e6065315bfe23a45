"""`hypertui leaderboard` as it is typed."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.cli import main
from hypertui.journal import Journal
from tests.ledger.stays import add_stays, bracket

DAY = 86_400_000


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A journal in which nothing has happened."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYPERTUI_STATE_DIR", str(tmp_path))
    (tmp_path / "paper").mkdir()
    url = f"sqlite:///{tmp_path / 'paper' / 'journal.db'}"
    Journal.open(url).close()
    return url


def rows(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    assert main(["leaderboard", *words, "--json"]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def test_what_it_says(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    add_stays(url, bracket(1, "SOL"), [3, 4] * 10, before=DAY)
    add_stays(url, bracket(2, "ETH"), [3, -9], before=DAY)
    add_stays(url, bracket(3, "BTC"), [3], before=31 * DAY)
    # Of another network in the same journal, and better than all: it is not of this one.
    add_stays(url, bracket(4, "SOL", "testnet"), [90] * 30, before=DAY)
    sol, eth = rows(capsys)
    assert (sol["rank"], sol["symbol"], sol["n"], sol["proven"], sol["why"]) == (1, "SOL", 20, True, "")
    assert (sol["net"], sol["fees"], sol["profit_factor"], sol["max_drawdown"]) == (
        "68",
        "2",
        "Infinity",
        "0",
    )
    assert (eth["rank"], eth["wins"], eth["losses"], eth["proven"]) == (None, 1, 1, False)
    assert [row["n"] for row in rows(capsys, "--by", "source")] == [22]
    assert [row["n"] for row in rows(capsys, "--by", "settings")] == [20, 2]
    assert [row["symbol"] for row in rows(capsys, "--days", "32")] == ["SOL", "ETH", "BTC"]
    assert [row["symbol"] for row in rows(capsys, "--symbol", "ETH")] == ["ETH"]
    assert rows(capsys, "--account", "0x" + "b2" * 20) == []
    assert rows(capsys, "--days", "0.5") == []
    assert main(["leaderboard"]) == 0
    out = capsys.readouterr().out
    assert "∞" in out and "proven" in out and "it takes 20 samples" in out and "100.00 %" in out


def test_the_half_life_is_what_is_asked_for(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    add_stays(url, bracket(1, "SOL"), ["1"] * 10, before=20 * DAY)
    add_stays(url, replace(bracket(2, "SOL"), account="0xb2"), ["5"] * 10, before=0)
    means = [D(str(rows(capsys, "--half-life", days)[0]["mean"])) for days in ("1", "7", "3650")]
    assert means[0] > means[1] > means[2]
    assert means[0] > D("4.89") and means[2] < D("2.92")


def test_where_nothing_has_ended(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["leaderboard", "--paper"]) == 0
    place = url.removeprefix("sqlite:///")
    said = f"nothing has ended in the last 30 days in the journal {place} for paper\n"
    assert capsys.readouterr().out == said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--days", "0"], "--days 0 is not from 0.1 to 3650 days"),
        (["--days", "4000"], "--days 4000 is not from 0.1 to 3650 days"),
        (["--half-life", "soon"], "--half-life soon is not a number"),
        (["--testnet"], "there is no journal at"),
        (["--by", "luck"], "luck"),
    ],
)
def test_bad_input_is_one_line(
    url: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(["leaderboard", *words])
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else 0
    error = capsys.readouterr().err
    assert status == 2
    assert said in error and error.count("\n") == 1


def test_the_report_has_it_too(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    add_stays(url, bracket(1, "SOL"), [3, 4] * 10, before=DAY)
    assert main(["ledger", "report"]) == 0
    page = capsys.readouterr().out
    section = page.partition("How surely it earns")[2].partition("</section>")[0]
    assert section.count(">proven<") == 3, "by symbol, source and settings"
    assert "webhook:tv" in section and "∞" in section
