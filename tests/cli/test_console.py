"""The console as a newcomer starts it: a real terminal, the real engine, a paper market of its own."""

import os
import re
import signal
import sqlite3
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.exchange.hyperliquid import SigningKey
from tests.support.live_engine import wait_until
from tests.support.local_venue import LocalVenue
from tests.support.terminal import Terminal, plain


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYPERTUI_")}
    return clean | {"XDG_STATE_HOME": str(tmp_path / "state")}


def console(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hypertui", *arguments]


def test_it_trades_and_quits(home: dict[str, str], tmp_path: Path) -> None:
    with Terminal(console("--speed", "600"), tmp_path, home) as terminal:
        terminal.read_until("RUNNING")
        terminal.read_until("step")
        terminal.type("q")
        terminal.read_until("QUIT")
        # What is typed within the first moment of a dialog does not count, so it is typed until it does.
        wait_until(lambda: _typed(terminal, "F"), "the console to leave flat")
        assert terminal.end() == 0
    assert (tmp_path / "state" / "hypertui" / "paper" / "venue.log").read_text() == ""


def test_a_journal_of_another_version_is_refused_with_the_terminal_given_back(
    home: dict[str, str], tmp_path: Path
) -> None:
    _journal_of_another_version(tmp_path)
    with Terminal(console(), tmp_path, home) as terminal:
        assert terminal.end() == 2
        # What has to be loaded to know that is loaded behind the first picture.
        said, _, after = terminal.output.rpartition(b"\x1b[?1049l")
        assert b"\x1b[?1049h" in said
        (words,) = re.findall(r"hypertui: the journal .*", plain(after))
        assert "is of version 9.9.9, this hypertui reads" in words
        assert terminal.modes == terminal.modes_before


def test_no_market_is_moved_aside_where_the_journal_is_refused(home: dict[str, str], tmp_path: Path) -> None:
    folder = _journal_of_another_version(tmp_path)
    market = folder / "venue.json"
    market.write_text("{}")
    with Terminal(console("--fresh"), tmp_path, home) as terminal:
        assert terminal.end() == 2
        assert "is of version 9.9.9, this hypertui reads" in plain(terminal.output)
        assert terminal.modes == terminal.modes_before
    assert market.read_text() == "{}"
    assert not [*folder.glob("venue.json.*")]


def _journal_of_another_version(home: Path) -> Path:
    """One in the folder that is returned."""
    folder = home / "state" / "hypertui" / "paper"
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "journal.db")) as journal, journal:
        journal.execute("CREATE TABLE alembic_version (version_num TEXT)")
        journal.execute("INSERT INTO alembic_version VALUES ('9.9.9')")
    return folder


def _typed(terminal: Terminal, key: str) -> bool:
    if terminal.process.poll() is None:
        try:
            terminal.type(key)
            terminal.read_until("\x00", deadline=0.3)
        except (AssertionError, OSError):
            pass
    return terminal.process.poll() is not None


SOL = ["--symbol", "SOL", "--unit-size", "0.5", "--position-size", "2000", "--leverage", "20"]
SECRET = "0x" + "34" * 32


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_terminal_that_nobody_reads_stops_the_screen_and_nothing_else(
    home: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    address = SigningKey.parse(SECRET).address
    with LocalVenue({"SOL": Decimal(150)}) as venue:

        def working() -> list[tuple[str, Decimal]]:
            account = venue.core.account(address)
            orders = [] if account is None else account.open_orders.values()
            return sorted(
                (order.side.value, order.request.trigger.price)
                for order in orders
                if order.request.trigger is not None
            )

        def wait_for(side: str, *prices: str) -> None:
            wanted = [(side, Decimal(price)) for price in prices]
            wait_until(lambda: venue.call(working) == wanted, f"{side} orders at {prices}")

        environment = home | {"HYPERTUI_SECRET_KEY": SECRET}
        command = console("--base-url", venue.base_url, "--refresh-hz", "30", *SOL)
        with Terminal(command, tmp_path, environment) as terminal:
            terminal.read_until("RUNNING")
            wait_for("sell", "148.02", "148.52", "149.02", "149.52")
            # From here on nobody reads. Prices go on, and every step has to be taken all the same.
            for tenth in range(1, 60):
                venue.set_price("SOL", Decimal(150) + Decimal(tenth) / 10)
            wait_for("sell", "153.52", "154.02", "154.52", "155.02")
            for tenth in range(60):
                venue.set_price("SOL", Decimal(156) - Decimal(tenth) / 10)
            wait_for("buy", "151.02", "151.52", "152.02", "152.52")
            terminal.signal(number)
            wait_until(lambda: venue.call(working) == [], "the wind-down to cancel the buys")
            assert terminal.end() in (0, 70)


def test_without_a_screen_a_terminal_gets_plain_lines(home: dict[str, str], tmp_path: Path) -> None:
    with Terminal(console("run", "--headless", "--for", "4", "--speed", "600"), tmp_path, home) as terminal:
        shown = terminal.read_until("left with")
        assert terminal.end() == 0
    lines = shown.splitlines()
    assert any(re.fullmatch(r"\d\d:\d\d:\d\d order   stop -1 .* live", line) for line in lines)
    assert any(re.match(r"\d\d:\d\d:\d\d fill    bought ", line) for line in lines)
    assert not any(line.startswith("{") for line in lines)
