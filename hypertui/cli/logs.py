"""The log: one JSON object per line in a file that is turned over, for machines and for the day after.

The engine's events are in it as everywhere else, and what libraries and defects say. Nobody waits for its
disk: lines are written by a thread of their own. Where they cannot be written, they are counted, the engine
is told so, and the log itself when it can be written again.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from queue import Full, Queue

from hypertui.cli.printing import event_record
from hypertui.core.files import append_private
from hypertui.core.redaction import without_secrets
from hypertui.port.engine import Event
from hypertui.port.snapshot import Severity

_BYTES = 5_000_000
_KEPT = 3  # older files
_WAITING = 10_000  # lines that may wait for the disk
_LAST_WORDS = 2.0  # seconds that the last lines have
_TOLD = "hypertui_event"  # where a log record of an event has it

_LEVELS = {
    Severity.INFO: logging.INFO,
    Severity.WARNING: logging.WARNING,
    Severity.CRITICAL: logging.CRITICAL,
}


class ProcessLog:
    """The log of one process, in `folder`. Raises OSError where there can be no file."""

    def __init__(self, folder: Path) -> None:
        self._file = LogFile(folder / "hypertui.log")
        queue: Queue[logging.LogRecord | None] = Queue(_WAITING)
        self._entrance = _Entrance(queue, self._file)
        self._writer = _Writer(queue, self._file)
        root = logging.getLogger()
        root.addHandler(self._entrance)
        root.setLevel(logging.WARNING)
        self._events = logging.getLogger("hypertui.events")
        self._events.setLevel(logging.INFO)
        self._writer.start()

    def event(self, event: Event) -> None:
        """Write an event down, as it is printed. Waits for nothing and raises nothing."""
        # As one value: an event's data may have any name, those of a log record too.
        told = {_TOLD: event_record(event) | {"text": event.text}}
        self._events.log(_LEVELS[event.severity], "%s", event.text, extra=told)

    def trouble(self) -> str:
        """Why lines are being lost, in words; empty while none are."""
        return self._file.trouble

    def close(self) -> None:
        """Write what waits, for a moment, and let go of the file."""
        logging.getLogger().removeHandler(self._entrance)
        self._writer.stop()


class LogFile(RotatingFileHandler):
    """Writes whole lines or nothing, and never fails whoever logs. What it could not write it counts."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8")
        self.trouble = ""
        self._lost = 0

    def _open(self) -> TextIOWrapper:
        """For its owner alone, whatever the umask, and not at the end of a link."""
        return os.fdopen(append_private(Path(self.baseFilename)), "a", encoding=self.encoding)

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record; what makes it is loaded with the first one, which no start waits for."""
        if self.formatter is None:
            from hypertui.cli.log_lines import formatter

            self.formatter = formatter(_TOLD)
        return super().format(record)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, after one that says what was lost, if anything was."""
        try:
            if self.shouldRollover(record):
                self.doRollover()
            self._write(self.format(record))
            if self._lost:
                self._write(without_secrets(json.dumps(_loss(self._lost, self.trouble))))
                self._lost, self.trouble = 0, ""
        except Exception:  # noqa: BLE001 - whatever is wrong with the log must not end what is traded
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Count a line that is lost, instead of printing a traceback over somebody's screen."""
        error = sys.exc_info()[1]
        reason = getattr(error, "strerror", None) or type(error).__name__
        self.lose(str(reason))

    def lose(self, reason: str) -> None:
        """A line is lost."""
        self._lost += 1
        self.trouble = f"{self._lost} lines of the log {self.baseFilename} are lost: {reason}"

    def _write(self, line: str) -> None:
        if self.stream is None:
            self.stream = self._open()
        # Past the stream's own buffer: what did not fit on the disk must not come out of it later, in halves.
        file = self.stream.fileno()
        end = os.fstat(file).st_size
        whole = f"{line}\n".encode("utf-8", "replace")
        if os.write(file, whole) < len(whole):
            os.ftruncate(file, end)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class _Entrance(QueueHandler):
    """Hands records over as they are; where too many wait, the newest is lost."""

    def __init__(self, queue: Queue[logging.LogRecord | None], file: LogFile) -> None:
        super().__init__(queue)
        self._file = file

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Everything stays in this process, so nothing has to be turned into text yet."""
        return record

    def handleError(self, record: logging.LogRecord) -> None:
        """The queue is full."""
        self._file.lose(f"more than {_WAITING} wait for its disk")


class _Writer(QueueListener):
    """The thread that writes. A disk that hangs holds up nobody's exit."""

    def __init__(self, lines: Queue[logging.LogRecord | None], file: LogFile) -> None:
        super().__init__(lines, file)
        self._lines = lines

    def stop(self) -> None:
        """Let it write what waits, for a moment, and close the file if that was enough."""
        thread = self._thread
        if thread is None:
            return
        with suppress(Full):
            self._lines.put(None, timeout=_LAST_WORDS)  # what ends the thread, behind all that waits
        thread.join(_LAST_WORDS)
        if not thread.is_alive():
            self._thread = None
            for handler in self.handlers:
                handler.close()


def _loss(count: int, trouble: str) -> dict[str, object]:
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    severity = Severity.WARNING.value
    return {"event": "log", "time": moment, "severity": severity, "text": trouble, "lost": count}
