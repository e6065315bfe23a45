"""`hypertui attach` in real terminals, to an engine in another process."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hypertui.journal import Journal
from hypertui.server.client import ControlClient, engines
from hypertui.server.protocol import TradeNamed
from tests.cli.operating import DEADLINE, SOL, Engine, command, sides, trades, wait_for
from tests.support.local_venue import LocalVenue
from tests.support.prefork import run_to_end
from tests.support.terminal import Terminal


@pytest.fixture
def engine(home: dict[str, str], tmp_path: Path, venue: LocalVenue) -> Iterator[Engine]:
    with Engine(home, tmp_path, venue, *SOL) as engine:
        wait_for(lambda: trades(home) and sides(venue) == "SSSS", "the trade")
        yield engine


def attached(home: dict[str, str], tmp_path: Path, *arguments: str) -> Terminal:
    return Terminal(command("attach", *arguments), tmp_path, home)


def state_of(home: dict[str, str]) -> tuple[str, str]:
    """The mode of the trade, and who has the pen."""
    (found,) = engines(Path(home["XDG_STATE_HOME"]) / "hypertui" / "paper")
    with found:
        assert isinstance(found, ControlClient)
        view, _ = found.status()
        (named,) = found.hello.trades
    assert isinstance(named, TradeNamed)
    return view.first.mode.value, view.pen


def test_it_commands_and_leaves_the_engine_trading(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue, engine: Engine
) -> None:
    with attached(home, tmp_path) as console:
        console.read_until("you write")
        console.type("p")
        wait_for(lambda: state_of(home)[0] == "paused", "the pause")
        pid = console.process.pid
        console.type("q")
        shown = console.read_until("DETACH")
        assert "cancel the buys" not in shown

        def left() -> bool:
            # What is typed within the first moment of a dialog does not count, so it is typed until it does.
            if console.process.poll() is None:
                console.type("y")
                console.drain()
            return console.process.poll() is not None

        wait_for(left, "the console to leave")
        assert console.end() == 0
        assert b"detached: the engine trades on" in console.output
    assert engine.process.poll() is None and sides(venue) == "SSSS"
    file = Path(home["XDG_STATE_HOME"]) / "hypertui" / "paper" / "journal.db"
    with Journal.open(f"sqlite:///{file}") as journal:
        (trade,) = journal.trades()
        who = {row.who for row in journal.commands(trade.id) if row.verb == "pause"}
    assert len(who) == 1
    assert f"by attach (uid {os.getuid()}, pid {pid})" in who.pop()


def test_a_killed_writer_frees_the_pen_and_the_next_one_takes_it(
    home: dict[str, str], tmp_path: Path, engine: Engine
) -> None:
    with attached(home, tmp_path) as first, attached(home, tmp_path, "--read-only") as reader:
        first.read_until("you write")
        reader.read_until("writes")
        reader.type("p")
        reader.read_until("read only")
        assert state_of(home)[0] == "running"
        with attached(home, tmp_path) as second:
            second.read_until("writes")
            assert f"pid {first.process.pid})" in state_of(home)[1]
            first.process.send_signal(signal.SIGKILL)
            first.process.wait(DEADLINE)
            wait_for(lambda: state_of(home)[1] == "", "the pen to be free")
            second.read_until("nobody")
            second.type("p")
            second.read_until("TAKE THE PEN")

            def taken() -> bool:
                second.type("y")
                second.drain()
                return f"pid {second.process.pid})" in state_of(home)[1]

            wait_for(taken, "the pen to be taken")
            with attached(home, tmp_path, "--takeover") as third:
                third.read_until("you write")
                second.read_until("has the pen now")
    assert engine.process.poll() is None


def test_the_end_of_the_engine_is_said(home: dict[str, str], tmp_path: Path, engine: Engine) -> None:
    with attached(home, tmp_path) as console:
        console.read_until("you write")
        engine.process.send_signal(signal.SIGTERM)
        console.read_until("UNATTENDED")
        assert engine.process.wait(DEADLINE) == 0
        console.type("q")
        assert console.end() == 0


def test_without_an_engine_or_a_terminal_it_says_so(home: dict[str, str], tmp_path: Path) -> None:
    with attached(home, tmp_path) as console:
        assert console.end() == 4
        assert b"no engine of this description runs here" in console.output
    shown = run_to_end(
        command("attach"),
        env=home, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True,
        timeout=DEADLINE,
    )  # fmt: skip
    assert shown.returncode == 2 and "attach needs a terminal" in shown.stderr
    assert len(shown.stderr.splitlines()) == 1
