"""How an engine without a screen is left: by which signals, by which not, and as what was chosen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.cli.operating import DEADLINE, SOL, command, sides, wait_for
from tests.support.local_venue import LocalVenue
from tests.support.terminal import Terminal

_AS_NOHUP = """import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])"""


def test_nohup_is_respected_a_quit_signal_winds_down_and_further_ones_are_harmless(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    run = command("run", "--headless", "--base-url", venue.base_url, "--on-exit", "flatten", *SOL)
    with subprocess.Popen(
        [sys.executable, "-c", _AS_NOHUP, *run],
        env=home, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        wait_for(lambda: sides(venue) == "SSSS", "the trade")
        process.send_signal(signal.SIGHUP)
        venue.set_price("SOL", "149.3")
        wait_for(lambda: sides(venue) == "BSSS", "a step after the signal")
        process.send_signal(signal.SIGQUIT)
        # Until it has gone: while the engine winds down, while all is closed, while the interpreter ends.
        while process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGINT)
            os.sched_yield()
        errors = process.communicate(timeout=DEADLINE)[1]
    assert process.returncode == 0, errors
    assert sides(venue) == ""
    assert errors.startswith("hypertui: ") and len(errors.splitlines()) == 1


def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    run = command("--base-url", venue.base_url, *SOL)
    with Terminal(run, tmp_path, home, kind="dumb") as terminal:
        terminal.read_until("a terminal of the kind 'dumb' shows no console")
        wait_for(lambda: sides(venue) == "SSSS", "the trade")
        terminal.signal(signal.SIGTERM)
        assert terminal.end() == 0
    assert b"\x1b" not in terminal.output
