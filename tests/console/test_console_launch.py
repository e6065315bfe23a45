"""The console in a real terminal: signals, failures, and what is left of the terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]


def start(result: Path, *arguments: str) -> Terminal:
    """A console over the fake engine, in 80x24 whatever the environment says."""
    command = [sys.executable, "-m", "tests.console.fake_run", str(result), *arguments]
    return Terminal(command, ROOT, {**os.environ, "COLUMNS": "33", "LINES": "7"}, rows=24, columns=80)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_winds_the_engine_down(tmp_path: Path, number: signal.Signals) -> None:
    with start(tmp_path / "result") as terminal:
        # The bar's last word fits into 80 columns only.
        if "heart beats" not in terminal.read_until(" Quit"):
            terminal.read_until("heart beats")
        terminal.signal(number)
        assert terminal.end() == 0
        assert (tmp_path / "result").read_text() == "0 True"
        assert b"\x1b[?1049l" in terminal.output
        assert b"\x1b[?25h" in terminal.output
        assert terminal.modes == terminal.modes_before


def test_a_console_that_fails_says_where_and_nothing_else(tmp_path: Path) -> None:
    with start(tmp_path / "result", "--broken") as terminal:
        assert terminal.end() == 70
        assert (tmp_path / "result").read_text().startswith("70")
        assert b"the console failed: AttributeError" in terminal.output
        assert b"locals" not in terminal.output
        assert b"0x8f3c2a9d1be4570f" not in terminal.output
        assert terminal.modes == terminal.modes_before


def test_the_launcher_loads_no_textual() -> None:
    code = "import sys, hypertui.console.launch; raise SystemExit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
