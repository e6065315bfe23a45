"""How long until the command answers, and until the console shows its first picture, its page, a price."""

import os
import pty
import re
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.support.terminal import plain

RUNS = 7
COMMAND = str(Path(sys.executable).parent / "hypertui")
SIZE = {"COLUMNS": "120", "LINES": "40"}
DEADLINE = 20.0
_WORDS = re.compile(r"loads the engine")
_BARS = re.compile(r"PAPER +BTC.*Main.*Quit", re.DOTALL)  # network, market, tabs and keys
_PANELS = re.compile(r"EVENTS.*ALARMS", re.DOTALL)  # which only the page has
_PRICE = re.compile(r"EVENTS.*6[0-9],[0-9]{3}", re.DOTALL)  # the paper market begins at 64,000
_EMPTY = """
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("READY")

Empty().run()
"""


def help_text() -> dict[str, object]:
    """`hypertui --help` beside an interpreter that does nothing."""
    measured = statistics.median(_seconds([COMMAND, "--help"]) for _ in range(RUNS))
    bare = statistics.median(_seconds([sys.executable, "-c", "pass"]) for _ in range(RUNS))
    return {
        "seconds": round(measured, 4),
        "bare_python_seconds": round(bare, 4),
        "ratio": _ratio(measured, bare),
    }


def first_paint() -> dict[str, object]:
    """The console in a terminal of 120x40, beside an empty Textual app until its only word is there, one
    start of each in turn: until its first words; until its first picture, with network, market, tabs and
    keys; until the page with all its panels, which keys act on; until the market's live price is there."""
    runs, alone = [], []
    for _ in range(RUNS):
        alone.append(_empty_seconds())
        runs.append(_paint_seconds())
    told, painted, paged, priced = (statistics.median(times) for times in zip(*runs, strict=True))
    empty = statistics.median(alone)
    return {
        "seconds": round(painted, 4),
        "empty_app_seconds": round(empty, 4),
        "ratio": _ratio(painted, empty),
        "limit": 1.6,
        "first_words_seconds": round(told, 4),
        "page_seconds": round(paged, 4),
        "page_ratio": _ratio(paged, empty),
        "live_price_seconds": round(priced, 4),
    }


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _paint_seconds() -> list[float]:
    with tempfile.TemporaryDirectory() as state:
        return _milestones([COMMAND, "--state-dir", state], (_WORDS, _BARS, _PANELS, _PRICE))


def _empty_seconds() -> float:
    (painted,) = _milestones([sys.executable, "-c", _EMPTY], (re.compile(r"READY"),))
    return painted


def _milestones(command: list[str], milestones: Sequence[re.Pattern[str]]) -> list[float]:
    """Seconds until each of these has been shown in a terminal, one after the other."""
    began = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", **SIZE)
        os.execv(command[0], command)
    reached: list[float] = []
    try:
        _set_size(terminal)
        shown = b""
        while len(reached) < len(milestones):
            ready, _, _ = select.select([terminal], [], [], DEADLINE)
            if not ready:
                raise TimeoutError("nothing more was painted")
            shown += os.read(terminal, 65536)
            text = plain(shown)
            while len(reached) < len(milestones) and milestones[len(reached)].search(text):
                reached.append(time.perf_counter() - began)
    finally:
        os.kill(child, signal.SIGTERM)
        _drain(terminal)
        os.waitpid(child, 0)
        os.close(terminal)
    return reached


def _set_size(terminal: int) -> None:
    import fcntl
    import struct
    import termios

    rows, columns = int(SIZE["LINES"]), int(SIZE["COLUMNS"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def _drain(terminal: int) -> None:
    while True:
        try:
            if not os.read(terminal, 65536):
                return
        except OSError:  # the other side has left
            return


def _ratio(measured: float, bare: float) -> float:
    return round(measured / bare, 2)
