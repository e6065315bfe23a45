"""The bytes of a price file, out of what they are packed in: gzip, zip, bzip2, xz or zstd, or several."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Protocol

from hypertui.core.extras import has, require
from hypertui.core.price_series.errors import SeriesError, quoted

# More is no price file but a mistake; the prices of 512 MiB would already take all of a machine's memory.
LARGEST = 512 * 1024 * 1024
_LAYERS = 3
_CHUNK = 64 * 1024


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


_OPENERS: Mapping[bytes, tuple[str, Callable[[io.BytesIO], _Readable]]] = {
    b"\x1f\x8b": ("gzip", lambda file: gzip.GzipFile(fileobj=file)),
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\xfd7zXZ\x00": ("xz", lzma.LZMAFile),
    b"\x28\xb5\x2f\xfd": ("zstd", lambda file: _Zstd(file)),
}
_ZIP = b"PK\x03\x04"
_DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
# What else zipfile meets in an archive that lies about itself, a locked or an unknown one.
_ODD_ZIP = (ValueError, LookupError, RuntimeError, OverflowError, struct.error)
# What people have instead, and what they can do about it.
_FOREIGN: Mapping[bytes, str] = {
    b"\x04\x22\x4d\x18": "is compressed with LZ4, which is not understood; unpack it first with unlz4",
    b"7z\xbc\xaf\x27\x1c": "is a 7z archive, which is not understood; unpack it first",
    b"Rar!": "is a RAR archive, which is not understood; unpack it first",
    b"PAR1": "is a Parquet file, which is not understood; save it as CSV",
    b"ARROW1": "is an Arrow file, which is not understood; save it as CSV",
    b"\x89HDF": "is an HDF5 file, which is not understood; save it as CSV",
    b"\xd0\xcf\x11\xe0": "is an Excel workbook, which is not understood; save it as CSV",
}


def unpacked(path: Path, most: int | None = None) -> bytes:
    """What the file holds. Raises SeriesError for one that cannot be read, is damaged, or is larger than
    `most` bytes (512 MiB)."""
    most = LARGEST if most is None else most
    data = _read(path, most)
    for _ in range(_LAYERS):
        for magic, (name, opener) in _OPENERS.items():
            if data.startswith(magic):
                data = _unpack(data, name, opener, most)
                break
        else:
            if not data.startswith(_ZIP):
                break
            data = _only_member(data, most)
    for magic, text in _FOREIGN.items():
        if data.startswith(magic):
            raise SeriesError(text)
    return data


def _read(path: Path, most: int) -> bytes:
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise SeriesError("cannot be read: Is a directory")
        if not stat.S_ISREG(found.st_mode):
            raise SeriesError("cannot be read: is not a regular file")
        if found.st_size > most:
            raise SeriesError(_too_large(most))
        return path.read_bytes()
    except OSError as error:
        raise SeriesError(f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a name that no file can have
        raise error if isinstance(error, SeriesError) else SeriesError(f"cannot be read: {error}") from None


def _unpack(data: bytes, name: str, opener: Callable[[io.BytesIO], _Readable], most: int) -> bytes:
    damaged = (*_DAMAGED, _zstd().ZstdError) if name == "zstd" else _DAMAGED
    try:
        return _limited(opener(io.BytesIO(data)), most)
    except damaged:
        raise SeriesError(f"the {name} data is damaged") from None


class _Zstd:
    """Frames of zstd. Its own reader takes one that is cut off for a whole one."""

    def __init__(self, file: io.BytesIO) -> None:
        self._file = file

    def read(self, size: int, /) -> bytes:
        found = bytearray()
        frame, data = None, b""
        while (data := data or self._file.read(_CHUNK)) and len(found) < size:
            frame = frame or _zstd().ZstdDecompressor().decompressobj()
            found += frame.decompress(data)
            data, frame = (frame.unused_data, None) if frame.eof else (b"", frame)
        if frame is not None and len(found) < size:
            raise EOFError
        return bytes(found[:size])


def _zstd() -> ModuleType:
    if not has("zstandard"):
        raise SeriesError("is compressed with zstd, which needs zstandard: pip install 'hypertui[data]'")
    return require("zstandard", "data", "zstd")


def _only_member(data: bytes, most: int) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if any(member.filename == "[Content_Types].xml" for member in members):
                raise SeriesError(_FOREIGN[b"\xd0\xcf\x11\xe0"])
            files = [member for member in members if not _is_beside_the_point(member)]
            if len(files) != 1:
                names = ", ".join(quoted(member.filename) for member in files[:5])
                raise SeriesError(f"is a zip of {len(files)} files, one is wanted{names and f': {names}'}")
            if files[0].flag_bits & 1:
                raise SeriesError("is a zip that is locked with a password")
            with archive.open(files[0]) as member_file:
                return _limited(member_file, most)
    except SeriesError:
        raise
    except (*_DAMAGED, *_ODD_ZIP):
        raise SeriesError("the zip data is damaged") from None


def _is_beside_the_point(member: zipfile.ZipInfo) -> bool:
    name = member.filename.rsplit("/", 1)[-1]
    return member.is_dir() or name.startswith(".") or member.filename.startswith("__MACOSX/")


def _limited(file: _Readable, most: int) -> bytes:
    data = file.read(most + 1)
    if len(data) > most:
        raise SeriesError(_too_large(most))
    return data


def _too_large(most: int) -> str:
    return f"holds more than {most // 1024 // 1024} MiB"
