"""The lines of a recording, also of one whose last file was cut off."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from hypertui.core.price_series import SeriesError

ENDING = ".jsonl.gz"
_CHUNK = 256 * 1024
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
    number, rest, is_whole = 0, b"", False
    try:
        with path.open("rb") as file:
            unpacking = zlib.decompressobj(_GZIP)
            while data := file.read(_CHUNK):
                while data:
                    try:
                        plain = unpacking.decompress(data)
                    except zlib.error:
                        notes.append(f"{path.name} is damaged behind line {number}: read up to there")
                        return
                    is_whole, data = unpacking.eof, unpacking.unused_data
                    if unpacking.eof:
                        unpacking = zlib.decompressobj(_GZIP)
                    *lines, rest = (rest + plain).split(b"\n")
                    for line in lines:
                        number += 1
                        yield f"{path.name}, line {number}", line.decode(errors="replace")
    except OSError as error:
        raise SeriesError(f"{path.name} cannot be read: {error.strerror or error}") from None
    if not is_whole or rest:
        notes.append(f"{path.name} is cut off behind line {number}: read up to there")
