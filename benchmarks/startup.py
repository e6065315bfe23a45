"""How long until the command answers, and until the console shows its first full screen."""

import os
import pty
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 7
COMMAND = str(Path(sys.executable).parent / "hypertui")
SIZE = {"COLUMNS": "120", "LINES": "40"}
DEADLINE = 20.0


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
    """The console in a terminal of 120x40, until its status bar and key bar are on the screen, beside an
    interpreter that only loads Textual's app."""
    measured = statistics.median(_paint_seconds() for _ in range(RUNS))
    load = [sys.executable, "-c", "import textual.app"]
    bare = statistics.median(_seconds(load) for _ in range(RUNS))
    return {
        "seconds": round(measured, 4),
        "textual_import_seconds": round(bare, 4),
        "ratio": _ratio(measured, bare),
    }


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _paint_seconds() -> float:
    with tempfile.TemporaryDirectory() as state:
        began = time.perf_counter()
        child, terminal = pty.fork()
        if child == 0:
            os.environ.update(TERM="xterm-256color", **SIZE)
            os.execv(COMMAND, [COMMAND, "--state-dir", state])
        try:
            _set_size(terminal)
            shown = b""
            while b"PAPER" not in shown or b"Quit" not in shown:
                ready, _, _ = select.select([terminal], [], [], DEADLINE)
                if not ready:
                    raise TimeoutError("the console painted nothing")
                shown += os.read(terminal, 65536)
            painted = time.perf_counter() - began
            os.kill(child, signal.SIGTERM)
            _drain(terminal)
        finally:
            os.waitpid(child, 0)
            os.close(terminal)
    return painted


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
