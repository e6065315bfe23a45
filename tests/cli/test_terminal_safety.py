"""However the terminal is lost, the position stays protected: engine and console on a real terminal."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.core.market import ZERO
from hypertui.venue.model.orders import VenueOrder
from tests.cli.breaking import SECRET as SHOWN
from tests.cli.operating import ADDRESS, SOL, command, held, sides, wait_for, working
from tests.support.local_venue import LocalVenue
from tests.support.terminal import DEADLINE, Terminal

ENTRY = Decimal("150.02")
STALL, STEPS = 4.0, 10


def console(venue: LocalVenue, *arguments: str) -> list[str]:
    return command("--base-url", venue.base_url, "--refresh-hz", "30", *SOL, *arguments)


def triggers(venue: LocalVenue) -> list[Decimal]:
    orders = venue.call(lambda: list(working(venue)))
    return sorted(order.request.trigger.price for order in orders if order.request.trigger is not None)


def covered(venue: LocalVenue) -> bool:
    orders = venue.call(lambda: list(working(venue)))
    stops = sum((order.remaining for order in orders if order.side == "sell"), ZERO)
    return stops == venue.call(lambda: held(venue, "SOL")) > 0


def placed(venue: LocalVenue) -> list[VenueOrder]:
    """All orders of the account that there ever were."""
    account = venue.core.account(ADDRESS)
    return [] if account is None else venue.call(lambda: list(account.orders.values()))


def with_a_buy(venue: LocalVenue) -> None:
    """Move the price so that three stops and a buy work."""
    wait_for(lambda: sides(venue) == "SSSS", "the trade")
    venue.set_price("SOL", "149.3")
    wait_for(lambda: sides(venue) == "BSSS", "a buy")


def test_seconds_without_a_reader_and_the_engine_steps_throughout(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    with Terminal(console(venue), tmp_path, home) as terminal:
        terminal.read_until("RUNNING")
        wait_for(lambda: sides(venue) == "SSSS", "the trade")
        unit, end = 0, time.monotonic() + STALL
        while time.monotonic() < end or unit < STEPS:  # nobody reads
            unit += 1
            venue.set_price("SOL", ENTRY + unit * Decimal("0.5") + Decimal("0.05"))
            wanted = [ENTRY + (unit - below) * Decimal("0.5") for below in (4, 3, 2, 1)]
            wait_for(lambda wanted=wanted: triggers(venue) == wanted, f"the stops of unit {unit}")  # type: ignore[misc]
        # Read again, the screen is at the newest step.
        terminal.read_until(f"+{unit}")
        terminal.signal(signal.SIGTERM)
        assert terminal.end() == 0
    assert covered(venue)


@pytest.mark.parametrize(("on_exit", "left"), [("buys", "SSS"), ("leave", "BSSS"), ("flatten", "")])
def test_a_lost_terminal_ends_as_was_chosen(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue, on_exit: str, left: str
) -> None:
    with Terminal(console(venue, "--on-exit", on_exit), tmp_path, home) as terminal:
        terminal.read_until("RUNNING")
        with_a_buy(venue)
        terminal.drain()
        terminal.signal(signal.SIGHUP)  # in the middle of a repaint, at 30 of them a second
        assert terminal.end() == 0
    assert sides(venue) == left
    assert covered(venue) or on_exit == "flatten"
    assert terminal_is_given_back(terminal)


def test_a_terminal_that_goes_without_a_signal_is_missed(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    with Terminal(console(venue), tmp_path, home) as terminal:
        terminal.read_until("RUNNING")
        with_a_buy(venue)
        terminal.drain()
        terminal.hang_up()
        assert terminal.process.wait(DEADLINE) == 0
    assert sides(venue) == "SSS"
    assert covered(venue)


def terminal_is_given_back(terminal: Terminal) -> bool:
    return b"\x1b[?1049l" in terminal.output and b"\x1b[?25h" in terminal.output


def test_a_widget_that_fails_ends_the_screen_and_protects_the_position(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    broken = [sys.executable, "-m", "tests.cli.breaking", *console(venue)[3:]]
    with Terminal(broken, tmp_path, home) as terminal:
        terminal.read_until("RUNNING")
        wait_for(lambda: sides(venue) == "SSSS", "the trade")
        venue.set_price("SOL", "149.3")
        # The buy that breaks the screen may be gone before anybody here has looked.
        assert terminal.end() == 70
    assert "buy" in {order.side for order in placed(venue)}
    assert sides(venue) == "SSS"
    assert covered(venue)
    assert b"the console failed: RuntimeError: a widget failed" in terminal.output
    assert SHOWN.encode() not in terminal.output
    assert SHOWN[2:20].encode() not in terminal.output


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not here")
def test_a_tmux_session_can_be_left_and_its_death_protects_the_position(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    tmux = ["tmux", "-S", str(tmp_path / "t"), "-f", os.devnull]
    outside = {name: value for name, value in home.items() if name != "TMUX"} | {"TERM": "xterm-256color"}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [*tmux, *arguments],
            env=outside, cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        return done.stdout

    run("new-session", "-d", "-s", "main", "-x", "120", "-y", "40", *console(venue))
    try:
        wait_for(lambda: "RUNNING" in run("capture-pane", "-p", "-t", "main"), "the console in tmux")
        with_a_buy(venue)
        # Nobody is attached, and it trades.
        venue.set_price("SOL", "148.7")
        wait_for(lambda: sides(venue) == "BBSS", "another step")
    finally:
        run("kill-server")
    wait_for(lambda: sides(venue) == "SS", "the wind-down to cancel the buys")
    assert covered(venue)
