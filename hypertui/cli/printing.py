"""The events of a headless run on standard output, one JSON object per line.

Whoever reads them may be slow, or stop reading, while the engine trades: the lines are written by a thread of
their own, and the engine waits for none of them. A reader that falls behind by more events than the engine
keeps gets one line that says how many are missing; one that has gone ends the run as a lost terminal does.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from hypertui.port import EnginePort, Event

_POLL = 0.05
_LAST_WORDS = 5.0  # seconds that a reader has for what is left at the end


class Printer:
    """A context manager: prints to a file descriptor while it is open. `gone` is called once, from its
    thread, when nobody can read any more."""

    def __init__(self, engine: EnginePort, output: int, gone: Callable[[], None]) -> None:
        self._engine = engine
        self._output = output
        self._gone = gone
        self._printed = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="printer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join(_LAST_WORDS)

    def _run(self) -> None:
        try:
            while not self._over.wait(_POLL):
                self._print()
            self._print()
        except OSError:
            self._gone()

    def _print(self) -> None:
        for event in self._engine.events_after(self._printed):
            missing = event.seq - self._printed - 1
            if missing:
                self._say({"event": "gap", "missing": missing})
            self._say(event_record(event))
            self._printed = event.seq

    def _say(self, record: dict[str, object]) -> None:
        # Not through the interpreter's own stdout: its lock, held by a write that never ends, would stand in
        # the way of the exit.
        line = f"{json.dumps(record)}\n".encode()
        while line:
            line = line[os.write(self._output, line) :]


def event_record(event: Event) -> dict[str, object]:
    """An event as it is printed."""
    moment = datetime.fromtimestamp(event.at / 1000, UTC).isoformat(timespec="milliseconds")
    return {
        "event": event.kind,
        "time": moment.replace("+00:00", "Z"),
        "severity": event.severity.value,
        "text": event.text,
        **event.data,
    }
