"""The progress of a sweep on standard error: a line that is drawn anew at a terminal, else one now and
then."""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress

from hypertui.cli import streams
from hypertui.sweep.progress import progress_line
from hypertui.sweep.sweeping import SweepCourse

_DRAWN_EVERY, _LINE_EVERY = 0.1, 5.0  # seconds


class ProgressLine:
    """Of a course that began at a time (s)."""

    def __init__(self, course: SweepCourse, began: float) -> None:
        self._course, self._began, self._last = course, began, began
        self._live = sys.stderr.isatty() and streams.can_move_its_cursor()

    def step(self, now: float) -> None:
        """Show how far it is, if it is time to."""
        if now - self._last < (_DRAWN_EVERY if self._live else _LINE_EVERY):
            return
        self._last = now
        line = progress_line(self._course, now - self._began)
        if self._live:
            self._draw(line[: shutil.get_terminal_size().columns - 1])
        else:
            streams.complain(line)

    def end(self, now: float) -> None:
        """The last one stays."""
        if self._live:
            self._draw("")
        streams.complain(progress_line(self._course, now - self._began))

    def _draw(self, line: str) -> None:
        with suppress(OSError, ValueError):
            print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)
