"""What kind of price file lies at a path, by how it begins."""

from __future__ import annotations

import os
import zlib
from enum import Enum, auto
from pathlib import Path

from hypertui.core.files import open_regular


class FileKind(Enum):
    """How prices are kept."""

    TEXT = auto()  # CSV or JSON, packed or not; whatever cannot be told as well
    ARRAY = auto()  # .npy
    PARQUET = auto()
    FEATHER = auto()  # an Arrow IPC file
    RECORDING = auto()  # a folder that `hypertui record` has written, or one file of it

    @property
    def said(self) -> str:
        """What it is called in a message."""
        return {
            FileKind.ARRAY: "a NumPy array",
            FileKind.PARQUET: "a Parquet file",
            FileKind.FEATHER: "a Feather file",
        }.get(self, "a price file")


_BEGINNINGS = (
    (b"\x93NUMPY", FileKind.ARRAY),
    (b"PAR1", FileKind.PARQUET),
    (b"ARROW1", FileKind.FEATHER),
)

_HEAD = 4096  # bytes that tell
RECORDED = b'{"at":'  # how each line of a recording begins


def kind_of(path: Path) -> FileKind:
    """The kind of what lies there. What cannot be opened is a text: its reader says why."""
    if path.is_dir():
        return FileKind.RECORDING
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            begins = file.read(_HEAD)
    except (OSError, ValueError):
        return FileKind.TEXT
    if begins.startswith(b"\x1f\x8b") and _unzipped(begins).startswith(RECORDED):
        return FileKind.RECORDING
    return next((kind for mark, kind in _BEGINNINGS if begins.startswith(mark)), FileKind.TEXT)


def _unzipped(begins: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(begins, 64)
    except zlib.error:
        return b""
