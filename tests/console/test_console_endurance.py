"""The console in a real terminal for long, and in one whose window changes all the time."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from random import Random

from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]
REFRESHES = int(os.environ.get("REFRESHES", "500"))
MOST_GROWTH = min(10_000_000, 10_000 * REFRESHES)


def test_refreshes_do_not_grow_it(tmp_path: Path) -> None:
    result = tmp_path / "result"
    soak = [sys.executable, "-m", "tests.console.soak", str(result), str(REFRESHES)]
    # Textual is to read that when it is imported, so the process is started and not forked.
    with Terminal(soak, ROOT, {**os.environ, "TEXTUAL_FPS": "1000"}) as terminal:
        assert terminal.end(deadline=60 + REFRESHES / 20) == 0
        assert len(terminal.output) > REFRESHES * 20  # it was painted
    assert int(result.read_text()) <= MOST_GROWTH


def test_a_storm_of_resizes_leaves_a_whole_screen(tmp_path: Path) -> None:
    random = Random(4)
    command = [sys.executable, "-m", "tests.console.fake_run", str(tmp_path / "result")]
    with Terminal(command, ROOT, {**os.environ}) as terminal:
        terminal.read_until("heart beats")
        for number in range(20):
            for _ in range(15):
                terminal.resize(random.randint(1, 70), random.randint(1, 250))
                terminal.drain()
            terminal.resize(*((24, 81) if number % 2 else (45, 131)))
            terminal.read_until("Quit")
        terminal.signal(signal.SIGHUP)
        assert terminal.end() == 0
        assert (tmp_path / "result").read_text() == "0 True"
        assert terminal.modes == terminal.modes_before
