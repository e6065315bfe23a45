"""Candles that are fetched bit by bit: a CSV file of whole lines that goes on after any interruption."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

_COLUMNS = "time,open,high,low,close,volume,trades"
_LARGEST_TAIL = 4096  # bytes of the end that hold the last whole line


class FetchError(ValueError):
    """A file that candles cannot be added to; the text is one line that names it."""


class CandleFile:
    """Candles of `symbol` and `interval` at `path`, oldest first; made if need be. What is there is never
    changed, but for a last line without an end, which an interruption has left.

    Raises FetchError for a file of something else, and OSError.
    """

    def __init__(self, path: Path, symbol: str, interval: str) -> None:
        self.path = path
        self._head = f"# hypertui data fetch {symbol} --interval {interval}\n{_COLUMNS}\n".encode()
        self.last: int | None = None  # when the newest candle begins, ms
        try:
            self._file = path.open("r+b", buffering=0)
        except FileNotFoundError:
            self._file = path.open("xb", buffering=0)
        try:
            self._take_up()
        except BaseException:
            self._file.close()
            raise

    def add(self, rows: Iterable[Sequence[object]]) -> int:
        """Append candles that follow what is there: begin (ms), open, high, low, close, volume, trades. They
        are on the disk when this returns how many they were."""
        lines = []
        for row in rows:
            at = row[0]
            assert isinstance(at, int)
            if self.last is not None and at <= self.last:
                continue
            self.last = at
            lines.append(",".join(map(str, row)) + "\n")
        self._write("".join(lines).encode())
        return len(lines)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _take_up(self) -> None:
        size = self._file.seek(0, os.SEEK_END)
        self._file.seek(0)
        begins = self._file.read(len(self._head)) if self._file.readable() else b""
        if not self._head.startswith(begins):
            was = begins.partition(b"\n")[0].decode(errors="replace")[:60]
            raise FetchError(f"{self.path} is there already, and begins with {was!r}: choose another -o FILE")
        if size <= len(self._head):
            self._file.truncate(0)
            self._file.seek(0)
            self._write(self._head)
            return
        start = max(size - _LARGEST_TAIL, len(self._head))
        self._file.seek(start)
        tail = self._file.read()
        whole = tail.rfind(b"\n") + 1
        if whole == 0 and start > len(self._head):
            raise FetchError(f"{self.path} ends in a line of more than {_LARGEST_TAIL} bytes")
        self._file.truncate(start + whole)
        self._file.seek(0, os.SEEK_END)
        if lines := tail[:whole].split(b"\n")[:-1]:
            last = lines[-1].partition(b",")[0]
            if not last.isdigit():
                raise FetchError(f"{self.path}: its last line does not begin with a time")
            self.last = int(last)

    def _write(self, data: bytes) -> None:
        while data:
            data = data[self._file.write(data) :]
        os.fsync(self._file.fileno())
