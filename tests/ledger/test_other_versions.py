"""A journal of another version, older or newer, is refused by whatever opens it, and stays as it is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from hypertui.exchange.hyperliquid import SigningKey
from hypertui.journal import Journal
from hypertui.journal.backup import back_up
from hypertui.journal.database import find
from hypertui.journal.errors import OtherVersion
from hypertui.journal.history import History
from hypertui.journal.pruning import prune
from hypertui.journal.schema import VERSION
from hypertui.venue.accounts.accounts import Account
from tests.ledger.helpers import TRADE, Child, input_of
from tests.support.local_venue import LocalVenue
from tests.support.prefork import run_to_end

DEADLINE = 60
SOL = ["--symbol", "SOL", "--unit-size", "0.5", "--position-size", "2000", "--leverage", "20"]
HEADLESS = ["--headless", "--for", "2", "--on-exit", "leave"]
KEY = "0x" + "12" * 32
VERSIONS = ["0003", "9.9.9"]

# Leaves the last rows in the log that SQLite keeps beside the file: whoever opens it to write moves them.
KILLED = """
import sys
from sqlalchemy import text
from hypertui.journal import Journal
journal = Journal.open(sys.argv[1])
def change(connection):
    connection.execute(text("DROP TABLE steps"))
    connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": sys.argv[2]})
journal._session.run(change)
"""


def other(url: str, version: str) -> None:
    """A journal with a trade, of another version and with other tables, left by a process that was killed."""
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        journal.add(input_of(1))
    Child(KILLED, url, version).kill()


def content(url: str) -> object:
    """All bytes of a file and of its log, or all rows on a server."""
    database = find(url, make=False)
    if not database.is_postgresql:
        files = (Path(database.place), Path(f"{database.place}-wal"))
        return [file.read_bytes() for file in files]
    with database.engine.connect() as connection:
        names = sorted(inspect(connection).get_table_names())
        return [(name, connection.execute(text(f'SELECT * FROM "{name}"')).all()) for name in names]


def refusal(url: str, version: str) -> str:
    place = find(url, make=False).place
    another = "--state-dir or ledger.url" if url.startswith("sqlite") else "ledger.url"
    return (
        f"the journal {place} is of version {version}, this hypertui reads {VERSION} only: export it with the"
        f" version that wrote it (hypertui ledger export --csv), and start with another {another} (--adopt"
        " imports a position that is held)"
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("opens", [Journal.open, History.open, lambda url: prune(url, 1)])
def test_whoever_opens_it_refuses(url: str, version: str, opens: Callable[[str], object]) -> None:
    other(url, version)
    before = content(url)
    with pytest.raises(OtherVersion, match=f"^{re.escape(refusal(url, version))}$"):
        opens(url)
    assert content(url) == before


def test_it_is_not_copied(file_url: str, tmp_path: Path) -> None:
    other(file_url, "0003")
    before = content(file_url)
    with pytest.raises(OtherVersion):
        back_up(file_url, tmp_path / "copy.db")
    assert content(file_url) == before
    assert not (tmp_path / "copy.db").exists()


@pytest.fixture
def env(url: str, tmp_path: Path) -> Mapping[str, str]:
    """Settings under which every command uses the journal at `url`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYPERTUI_")}
    return clean | {"XDG_STATE_HOME": str(tmp_path / "state"), "HYPERTUI_LEDGER__URL": url}


def run(env: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_to_end(
        [sys.executable, "-m", "hypertui", *arguments],
        env=env, cwd=Path(env["XDG_STATE_HOME"]).parent,
        capture_output=True, timeout=DEADLINE,
    )  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
def test_each_command_refuses_in_one_line(url: str, env: Mapping[str, str], version: str) -> None:
    other(url, version)
    before = content(url)
    with LocalVenue() as venue:
        start = ["run", "--headless", "--base-url", venue.base_url, *SOL]
        commands = [["status"], ["ledger", "pnl"], ["ledger", "why", "1"], start]
        commands.append(["ledger", "prune", "--before", "2999-01-01"])
        for command in commands:
            shown = run(env, *command)
            assert shown.stderr == f"hypertui: {refusal(url, version)}\n", command
            assert shown.returncode == 2, command
            # A journal on a server is asked when the engine has begun, and its last event is printed too.
            assert shown.stdout.count("\n") == (url.startswith("postgresql") and command is start), command
        assert venue.core.accounts == {}, "nothing was begun"
        shown = run(env, "doctor", "--json", "--base-url", venue.base_url, *SOL)
        (finding,) = (each for each in json.loads(shown.stdout)["findings"] if each["name"] == "journal")
        assert (shown.returncode, finding["level"]) == (2, "red")
        assert finding["text"] == refusal(url, version)
    assert content(url) == before


def test_a_paper_market_is_not_started_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "hypertui" / "paper"
    other(f"sqlite:///{folder}/journal.db", "0003")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYPERTUI_")}
    shown = run(clean | {"XDG_STATE_HOME": str(tmp_path / "state")}, "run", "--headless", "--fresh", *SOL)
    assert (shown.returncode, shown.stdout, shown.stderr.count("\n")) == (2, "", 1)
    assert {path.name.partition("-")[0] for path in folder.iterdir()} == {"journal.db"}


@dataclass
class Left:
    """What an engine of another version has left behind."""

    venue: LocalVenue
    env: Mapping[str, str]
    journal: str

    @property
    def file(self) -> Path:
        return Path(find(self.journal, make=False).place)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run(self.env, *arguments, "--base-url", self.venue.base_url, *SOL)

    @property
    def account(self) -> Account:
        return self.venue.core.accounts[SigningKey.parse(KEY).address]

    def cancel(self, *orders: int) -> None:
        core = self.venue.core
        for order in orders:
            self.venue.call(partial(core.cancel, self.account, core.by_symbol["SOL"], order))


@pytest.fixture
def left(tmp_path: Path) -> Iterator[Left]:
    """A position with its stops at a venue, and in the state folder the journal of another version."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYPERTUI_")}
    env = clean | {"XDG_STATE_HOME": str(tmp_path / "state"), "HYPERTUI_SECRET_KEY": KEY}
    journal = f"sqlite:///{tmp_path}/state/hypertui/paper/journal.db"
    with LocalVenue() as venue:
        left = Left(venue, env, journal)
        assert left.run("run", *HEADLESS).returncode == 0
        with find(journal, make=False).engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
        yield left


def test_safe_protects_without_it(left: Left) -> None:
    left.cancel(min(left.account.open_orders))
    before = left.file.read_bytes()
    shown = left.run("safe", "--stop-distance", "1")
    assert shown.returncode == 0, shown
    assert f"goes on without the journal: {refusal(left.journal, '0003')}" in shown.stdout
    covered = sum(order.remaining for order in left.account.open_orders.values())
    assert covered == left.account.size("SOL") > 0
    assert left.file.read_bytes() == before


@pytest.mark.parametrize(("stops", "role"), [(True, "entry"), (False, "adopted")])
def test_a_start_with_another_journal_takes_the_position_over(
    left: Left, tmp_path: Path, stops: bool, role: str
) -> None:
    """With its own stops the trade is rebuilt, without them its position is adopted."""
    held, before = left.account.size("SOL"), left.file.read_bytes()
    if not stops:
        left.cancel(*left.account.open_orders)
    shown = left.run("run", *HEADLESS, "--adopt", "--state-dir", str(tmp_path / "other"))
    assert shown.returncode == 0, shown
    assert left.account.size("SOL") == held > 0
    assert len(left.account.open_orders) == 4
    with History.open(f"sqlite:///{tmp_path}/other/paper/journal.db") as reader:
        (trade,) = reader.trades()
        assert [(fill.role, fill.size) for fill in reader.fills(trade.id)] == [(role, held)]
    assert left.file.read_bytes() == before
