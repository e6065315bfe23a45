"""Writes a recording: a line for each frame, in files that are closed by size and by the hour."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from hypertui.series.recording.reader import ENDING

_GZIP = 31  # of zlib: with the header and the end of gzip
_HOUR = 3_600_000  # ms
_SPACES = {ord("\n"): " ", ord("\r"): " "}  # between the parts of JSON, where alone they may stand
_FLUSH_EVERY = 250  # ms: what a process that is killed loses at most


class RecordingWriter:
    """A recording in `folder`, which is made if need be. A file ends after `most` compressed bytes and with
    each hour (UTC) of the times that are given. Every method but the first may raise OSError."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self._file: FileIO | None = None
        self._packing = zlib.compressobj(wbits=_GZIP)
        self._size = 0
        self._began = self._flushed = self._at = 0
        self._is_due = False
        self.lines = 0
        self.files = 0

    def frame(self, at: int, text: str) -> None:
        """A frame that was received `at` (ms). What is not JSON on one line is kept as a text."""
        try:
            json.loads(text)
            shown = text.translate(_SPACES)
        except (ValueError, RecursionError):
            shown = json.dumps(text)
        self._write(at, f'"frame":{shown}')

    def gap(self, at: int, reason: str) -> None:
        """From the frame before to the next one nothing is known."""
        self._write(at, f'"gap":{json.dumps(reason)}')

    def flush(self) -> None:
        """Hand all that is written to the system, so that the end of this process loses none of it."""
        if self._file is not None and self._is_due:
            self._put(self._packing.flush(zlib.Z_SYNC_FLUSH))
            self._flushed, self._is_due = self._at, False

    def close(self) -> None:
        """End the file that is open. The next frame begins another one."""
        if self._file is not None:
            self._put(self._packing.flush())
            self._file.close()
            self._file = None

    def _write(self, at: int, rest: str) -> None:
        at = self._at = max(at, self._at)  # a clock that is set back turns no frame round
        if self._file is None or self._size >= self._most or at // _HOUR != self._began // _HOUR:
            self._begin(at)
        self._put(self._packing.compress(f'{{"at":{at},{rest}}}\n'.encode()))
        self.lines += 1
        self._is_due = True
        if at >= self._flushed + _FLUSH_EVERY:
            self.flush()

    def _begin(self, at: int) -> None:
        self.close()
        self._folder.mkdir(parents=True, exist_ok=True)
        for free in range(at, at + 1000):
            moment = datetime.fromtimestamp(free / 1000, UTC)
            name = f"{moment:%Y%m%dT%H%M%S}.{free % 1000:03d}Z{ENDING}"
            try:
                self._file = (self._folder / name).open("xb", buffering=0)
                break
            except FileExistsError:
                continue  # of another process that records into the same folder
        else:
            raise FileExistsError(f"{self._folder} has a file for every millisecond of this second")
        self._packing = zlib.compressobj(wbits=_GZIP)
        self._began, self._size, self._flushed = at, 0, 0
        self.files += 1

    def _put(self, data: bytes) -> None:
        assert self._file is not None, "a file is open"
        while data:
            written = self._file.write(data)
            self._size += written
            data = data[written:]
