"""A console over the fake engine in a real terminal, for the test of signals."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

from hypertui.console.launch import run_console
from hypertui.port.commands import Stop
from hypertui.port.snapshot import Snapshot
from tests.console import fakes, states


class LiveEngine(fakes.FakeEngine):
    """The fake engine with a heart that beats."""

    started = False

    @property
    def snapshot(self) -> Snapshot:
        now = time.time_ns() // 1_000_000
        holds = "heart beats" if self.started else ""
        return replace(self._snapshot, at=now, mark_at=now, known_at=now, sources=(), holds=holds)

    @snapshot.setter
    def snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot


def main() -> int:
    engine = LiveEngine(states.running())
    if "--broken" in sys.argv:
        engine.snapshot = replace(states.running(), slots=(None,))  # type: ignore[arg-type]
    reason = run_console(engine, Stop())
    Path(sys.argv[1]).write_text(f"{reason.status} {engine.wound_down}", encoding="utf-8")
    return reason.status


if __name__ == "__main__":
    raise SystemExit(main())
