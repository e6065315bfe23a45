"""Records a console on its paper market as asciinema plays it: asciicast v2, a JSON line for each output."""

from __future__ import annotations

import codecs
import json
import os
import select
import signal
import sys
import time
from pathlib import Path

from tests.support.terminal import Terminal

_ROWS, _COLUMNS = 40, 120
_STARTS = 40.0  # seconds for a first screen


def record(path: Path, seconds: float, folder: Path) -> None:
    """Write what a terminal shows of a first run, `seconds` of it, whose engine keeps its state in `folder`.
    Raises AssertionError where nothing is shown."""
    env = {**os.environ, "COLORTERM": "truecolor"}
    command = [sys.executable, "-m", "hypertui", "--state-dir", str(folder)]
    outputs: list[tuple[float, str]] = []
    with Terminal(command, folder, env, _ROWS, _COLUMNS) as terminal:
        text = codecs.getincrementaldecoder("utf-8")("replace")
        began = time.monotonic()
        while (now := time.monotonic() - began) < seconds:
            if select.select([terminal.master], [], [], 0.1)[0]:
                outputs.append((now, text.decode(os.read(terminal.master, 65_536))))
            assert outputs or now < _STARTS, "nothing is shown"
        terminal.signal(signal.SIGTERM)
        terminal.end()
    first = outputs[0][0]  # nobody wants to watch an interpreter start
    head = {"version": 2, "width": _COLUMNS, "height": _ROWS, "env": {"TERM": "xterm-256color"}}
    rows = [head, *([round(at - first, 3), "o", shown] for at, shown in outputs)]
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
