"""`hypertui replay` from the shell: what it refuses, and a real terminal over a recorded hour."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from hypertui.cli import main
from hypertui.cli.replay import chosen
from hypertui.journal import Journal
from hypertui.journal.database import find
from tests.ledger.helpers import ID, OTHER, TRADE
from tests.replay.recorded import record
from tests.support.terminal import Terminal

_README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal with a trade that never began."""
    file = tmp_path / "journal.db"
    with Journal.open(f"sqlite:///{file}") as opened:
        opened.begin(TRADE)
    return file


def _refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line that a refusal says."""
    assert main(["replay", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def test_what_is_no_journal_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no journal at" in _refused(capsys, str(tmp_path / "nowhere.db"))
    words = tmp_path / "words.db"
    words.write_text("these are only words, and more of them than a header has bytes" * 20)
    assert "file is not a database" in _refused(capsys, str(words))
    empty = tmp_path / "empty.db"
    empty.touch()
    assert "there is no journal in" in _refused(capsys, str(empty))
    assert "ledger.url must begin with" in _refused(capsys, "mysql://somewhere/else")


def test_a_journal_of_another_version_is_refused(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with find(f"sqlite:///{journal}").engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9.9.9'"))
    assert "is of version 9.9.9, this hypertui reads" in _refused(capsys, str(journal))


def test_what_cannot_be_replayed_is_refused(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"trade {ID} was never opened" in _refused(capsys, str(journal))
    assert f"has no trade SOL; the newest are {ID} (BTC)" in _refused(capsys, str(journal), "--trade", "SOL")
    for speed in ("0", "-1", "1001", "fast"):
        assert f"--speed {speed}" in _refused(capsys, str(journal), f"--speed={speed}")


def test_a_trade_is_chosen_by_id_or_symbol() -> None:
    trades = [TRADE, OTHER]
    assert chosen(trades, None) is OTHER
    assert chosen(trades, "btc") is TRADE
    assert chosen(trades, OTHER.id.upper()) is OTHER
    with pytest.raises(ValueError, match="no trade"):
        chosen([], None)


def test_the_example_of_the_readme_works(home: dict[str, str], tmp_path: Path) -> None:
    record("hour 231", tmp_path)
    command = [sys.executable, "-m", "hypertui", "replay", "journal.db", "--trade", "BTC", "--speed", "20"]
    assert f"hypertui {' '.join(command[3:4])} JOURNAL --trade BTC --speed 20" in _README.read_text()
    with Terminal(command, tmp_path, home) as terminal:
        terminal.read_until("REPLAY")
        terminal.type("e")
        terminal.read_until("end")
        terminal.type("F")
        terminal.read_until("this is a replay")
        terminal.type("N")
        terminal.read_until("stands")
        terminal.type("q")
        assert terminal.end() == 0
