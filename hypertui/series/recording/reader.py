"""The lines of a recording, also of one whose last file was cut off."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hypertui.core.price_series import SeriesError

ENDING = ".jsonl.gz"
_CHUNK = 8 * 1024
_GZIP = 31  # of zlib: the header and the end are those of gzip


def lines_of(recording: Path, notes: list[str]) -> Iterator[tuple[str, str]]:
    """Each line of a folder or of one file with its place in words, oldest first. What is cut off or damaged
    is read up to the last whole line, and noted. Raises SeriesError for a folder that is no recording."""
    if not recording.is_dir():
        yield from _lines(recording, notes)
        return
    try:
        files = sorted(path for path in recording.iterdir() if path.name.endswith(ENDING))
    except OSError as error:
        raise SeriesError(f"cannot be read: {error.strerror or error}") from None
    if not files:
        raise SeriesError(f"cannot be read: is a folder without a file of a recording, *{ENDING}")
    for path in files:
        yield from _lines(path, notes)


def _lines(path: Path, notes: list[str]) -> Iterator[tuple[str, str]]:
    number, rest = 0, b""
    pieces = _Pieces(path)
    try:
        for plain in pieces:
            *lines, rest = (rest + plain).split(b"\n")
            for line in lines:
                number += 1
                yield f"{path.name}, line {number}", line.decode(errors="replace")
    except OSError as error:
        raise SeriesError(f"{path.name} cannot be read: {error.strerror or error}") from None
    if pieces.trouble or rest:
        notes.append(f"{path.name} is {pieces.trouble or 'cut off'} behind line {number}: read up to there")


class _Pieces:
    """What a gzip file holds, in pieces. `trouble` says afterwards how it ended, but for a proper end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.trouble = "cut off"

    def __iter__(self) -> Iterator[bytes]:
        unpacking = zlib.decompressobj(_GZIP)
        with self._path.open("rb") as file:
            while data := file.read(_CHUNK):
                while data:
                    before = unpacking.copy()
                    try:
                        yield unpacking.decompress(data)
                    except zlib.error:
                        self.trouble = "damaged"
                        yield from _as_far_as_it_goes(before, data)
                        return
                    data = unpacking.unused_data
                    if unpacking.eof:
                        unpacking = zlib.decompressobj(_GZIP)
                        self.trouble = ""
                    else:
                        self.trouble = "cut off"


def _as_far_as_it_goes(unpacking: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    """What comes out before the byte at which no more does."""
    with suppress(zlib.error):
        for byte in data:
            yield unpacking.decompress(bytes((byte,)))
