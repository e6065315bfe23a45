"""The text of a price file: UTF-8, UTF-16 or UTF-32 by their marks, else Windows-1252."""

from __future__ import annotations

import codecs
import re

from hypertui.core.price_series.errors import SeriesError

# UTF-32 first: its mark begins as that of UTF-16 does.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


def decoded(data: bytes, notes: list[str]) -> str:
    """The text. Raises SeriesError for what is not text, or empty."""
    text = _decoded(data, notes)
    if not text.strip():
        raise SeriesError("is empty")
    if _CONTROL.search(text):
        raise SeriesError("is not a text file")
    return text


def _decoded(data: bytes, notes: list[str]) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                raise SeriesError("is not a text file") from None
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        raise SeriesError("is not a text file") from None
    notes.append("not UTF-8, read as Windows-1252")
    return text
