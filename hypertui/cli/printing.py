"""The events of a headless run on standard output: one JSON object per line, plain words on a terminal.

Whoever reads them may be slow, or stop reading, while the engine trades: the lines are written by a thread of
their own, and the engine waits for none of them. A reader that falls behind by more events than the engine
keeps gets one line that says how many are missing; one that has gone ends the run as a lost terminal does.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import select
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from hypertui.console.format import to_ascii
from hypertui.core.redaction import harmless
from hypertui.port.engine import EnginePort, Event
from hypertui.port.snapshot import Severity

_LOG = logging.getLogger(__name__)

_POLL = 0.05
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LAST_WORDS = 5.0  # seconds that a reader has for what is left at the end


class Printer:
    """A context manager: prints to a file descriptor while it is open, `in_words` for a person, in ASCII
    without `utf8`. `gone` is called once, from its thread, when nobody can read any more."""

    def __init__(
        self,
        engine: EnginePort,
        output: int,
        gone: Callable[[], None],
        in_words: bool = False,
        utf8: bool = True,
    ) -> None:
        self._engine = engine
        self._several = len(engine.view.trades) > 1
        self._output = output
        self._gone = gone
        self._in_words = in_words
        self._utf8 = utf8
        self._printed = 0
        self._rest = b""
        self._full = False
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
        """Print what is new, or what is left of it. On a full disk it stays for the next look: the engine
        keeps the newest events, and how many were lost is told when there is room again."""
        try:
            self._write()
            for event in self._engine.events_after(self._printed):
                missing = event.seq - self._printed - 1
                if missing:
                    gap: dict[str, object] = {"event": "gap", "missing": missing}
                    self._say(f"{missing} events are missing" if self._in_words else json.dumps(gap))
                self._printed = event.seq
                words = event_line(event, self._several) if self._in_words else ""
                self._say(words or json.dumps(event_record(event)))
        except OSError as error:
            if error.errno not in _FULL:
                raise
            if not self._full:
                _LOG.warning("events cannot be printed: %s", error.strerror)
            self._full = True
        else:
            self._full = False

    def _say(self, text: str) -> None:
        line = text if self._utf8 else to_ascii(text)
        self._rest += f"{line}\n".encode("utf-8", "replace")
        self._write()

    def _write(self) -> None:
        # Not through the interpreter's own stdout: its lock, held by a write that never ends, would stand in
        # the way of the exit.
        while self._rest:
            try:
                self._rest = self._rest[os.write(self._output, self._rest) :]
            except BlockingIOError:  # somebody shares the pipe or terminal, and has set it so
                select.select([], [self._output], [])


def event_line(event: Event, several: bool = False) -> str:
    """An event for a person, in one line that does nothing to a terminal; with its trade where there are
    several."""
    moment = datetime.fromtimestamp(event.at / 1000, UTC)
    word = "" if event.severity is Severity.INFO else f"{event.severity.upper()} "
    trade = f"{event.trade:<8} " if event.trade and several else ""
    return f"{moment:%H:%M:%S} {trade}{event.kind.value:<8}{word}{harmless(event.text)}"


def event_record(event: Event) -> dict[str, object]:
    """An event as it is printed."""
    moment = datetime.fromtimestamp(event.at / 1000, UTC).isoformat(timespec="milliseconds")
    return {
        "event": event.kind,
        **({"trade": event.trade} if event.trade else {}),
        "time": moment.replace("+00:00", "Z"),
        "severity": event.severity.value,
        "text": event.text,
        **event.data,
    }
