"""The console in a real terminal: signals, failures, and what is left of the terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Terminal:
    """A console started in a terminal of its own."""

    def __init__(self, result: Path, *args: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.output = b""
        self.result = result
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.console.fake_run", str(result), *args],
            cwd=ROOT,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "COLUMNS": "33", "LINES": "7"},
        )

    def read(self, wanted: bytes = b"") -> None:
        """Read until something is on the screen, or until the process has ended."""
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self.master], [], [], 0.05)
            if ready:
                self.output += os.read(self.master, 65_536)
                if wanted and wanted in self.output:
                    return
            elif self.process.poll() is not None:
                return
        raise AssertionError(f"not in time: {wanted!r} in {self.output[-2000:]!r}")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_winds_the_engine_down(tmp_path: Path, number: signal.Signals) -> None:
    terminal = Terminal(tmp_path / "result")
    try:
        # The bar's last word fits into 80 columns only: what the environment says does not count.
        terminal.read(b" Quit")
        terminal.read(b"heart beats")
        terminal.process.send_signal(number)
        terminal.read()
        assert terminal.process.wait() == 0
        assert terminal.result.read_text() == "0 True"
        assert b"\x1b[?1049l" in terminal.output
        assert b"\x1b[?25h" in terminal.output
        assert termios.tcgetattr(terminal.slave) == terminal.before
    finally:
        terminal.close()


def test_a_console_that_fails_says_where_and_nothing_else(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "result", "--broken")
    try:
        terminal.read()
        assert terminal.process.wait() == 70
        assert terminal.result.read_text().startswith("70")
        assert b"the console failed: AttributeError" in terminal.output
        assert b"locals" not in terminal.output
        assert b"0x8f3c2a9d1be4570f" not in terminal.output
        assert termios.tcgetattr(terminal.slave) == terminal.before
    finally:
        terminal.close()


def test_the_launcher_loads_no_textual() -> None:
    code = "import sys, hypertui.console.launch; raise SystemExit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
