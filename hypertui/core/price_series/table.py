"""Delimited text as a table: which character separates the cells, where the header is, which rows count."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TypeAlias

from hypertui.core.price_series.columns import Layout, PriceKind, layout_of
from hypertui.core.price_series.errors import SeriesError, quoted

_DELIMITERS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_REMARKS = ("#", "//", "http://", "https://")

Row: TypeAlias = Sequence[str]


@dataclass(frozen=True, slots=True)
class SeriesTable:
    """Rows of as many cells each, what the cells are, and where each row is in the file."""

    layout: Layout
    rows: Sequence[Row]
    numbers: Sequence[int]
    noun: str = "line"
    comma_is_free: bool = False  # whether a comma in a cell is no separator of cells

    def place(self, index: int) -> str:
        """What a message calls a row."""
        return f"{self.noun} {self.numbers[index]}"

    def column(self, index: int) -> list[str]:
        """The cells of one column."""
        return list(map(itemgetter(index), self.rows))

    def only(self, wanted: Callable[[Row], bool]) -> SeriesTable:
        """The same with the rows that are wanted."""
        kept = [index for index, row in enumerate(self.rows) if wanted(row)]
        return replace(
            self, rows=[self.rows[index] for index in kept], numbers=[self.numbers[index] for index in kept]
        )


@dataclass(frozen=True, slots=True)
class TextHead:
    """What the first lines of a text say: how many stand before the first row, a header among them, what
    separates the cells, what these are, and how many."""

    skipped: int
    delimiter: str
    layout: Layout
    width: int


def opening(head: str, kind: PriceKind | None = None) -> TextHead:
    """How a text begins, of which `head` is the beginning. Raises SeriesError for one whose columns are not
    understood."""
    first, skipped, candidates = _first_line(io.StringIO(head, newline=None))
    delimiter, layout = _columns(first, skipped + 1, candidates, kind)
    width = len(next(csv.reader([first], delimiter=delimiter, skipinitialspace=delimiter != "\t")))
    return TextHead(skipped + layout.is_header, delimiter, layout, width)


def delimited(text: str, notes: list[str], kind: PriceKind | None = None) -> SeriesTable:
    """The table in a text, with prices of one `kind` where that is given. Raises SeriesError for one whose
    columns are not understood, and for a row that has not as many cells as the header."""
    stream = io.StringIO(text, newline=None)
    first, skipped, candidates = _first_line(stream)
    delimiter, layout = _columns(first, skipped + 1, candidates, kind)
    reader = csv.reader(stream, delimiter=delimiter, skipinitialspace=delimiter != "\t")
    try:
        rows: list[Row] = list(reader)
    except csv.Error as error:
        raise SeriesError(f"line {skipped + reader.line_num}: is not CSV: {error}") from None
    width = len(rows[0])
    if layout.is_header:
        header, rows, skipped = rows[0], rows[1:], skipped + 1
    else:
        header = []
    table = SeriesTable(layout, rows, range(skipped + 1, skipped + 1 + len(rows)), "line", delimiter != ",")
    if not all(len(row) == width for row in rows):
        table = _evened(table, width)
    return _without_repeated_headers(table, header, notes) if header else table


def _first_line(stream: io.StringIO) -> tuple[str, int, Sequence[str]]:
    """The first line that is no remark, how many are before it, and what may separate its cells. The stream
    goes on with that line."""
    skipped = 0
    candidates: Sequence[str] = _DELIMITERS
    while line := stream.readline():
        bare = line.strip()
        if separator := _SEPARATOR_LINE.fullmatch(line.strip("\n")):
            candidates = (separator[1],)
        elif bare and not bare.startswith(_REMARKS):
            stream.seek(stream.tell() - len(line))
            return line, skipped, candidates
        skipped += 1
    raise SeriesError("has 0 rows of prices, at least 2 are needed")


def _columns(line: str, number: int, candidates: Sequence[str], kind: PriceKind | None) -> tuple[str, Layout]:
    found: list[tuple[str, list[str]]] = []
    try:
        for delimiter in candidates:
            cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=delimiter != "\t"))
            layout = layout_of(cells, kind, comma_is_free=delimiter != ",")
            if isinstance(layout, Layout):
                return delimiter, layout
            found.append((layout.text, cells))
    except csv.Error as error:
        raise SeriesError(f"line {number}: is not CSV: {error}") from None
    except SeriesError as error:
        raise SeriesError(f"line {number}: {error}") from None
    text, cells = max(found, key=lambda each: len(each[1]))
    raise SeriesError(f"line {number}: {text}, but {quoted(','.join(cells).lower())}")


def _evened(table: SeriesTable, width: int) -> SeriesTable:
    """Rows without content left out, and empty cells beyond the last column cut off."""
    rows, numbers = [], []
    for row, number in zip(table.rows, table.numbers, strict=True):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > width and not any(cell.strip() for cell in row[width:]):
            row = row[:width]
        if len(row) != width:
            whose = "the header" if table.layout.is_header else "the first row"
            raise SeriesError(f"line {number}: {len(row)} cells, {whose} has {width}")
        rows.append(row)
        numbers.append(number)
    return replace(table, rows=rows, numbers=numbers)


def _without_repeated_headers(table: SeriesTable, header: Row, notes: list[str]) -> SeriesTable:
    """Files that were put one after the other have their headers between the rows."""
    price = table.layout.prices[0]
    if header[price] not in table.column(price) and "" not in table.column(price):
        return table
    kept = table.only(lambda row: row != header and any(cell.strip() for cell in row))
    repeated = sum(row == header for row in table.rows)
    if repeated:
        notes.append(f"the header is there {repeated + 1} times: left out between the rows")
    return kept
