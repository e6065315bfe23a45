"""Styled text lines: spans with a role, fitting to a width, and aligned tables; without Textual.

A view turns the engine's state into lines, a panel paints them. The role says what a span means, the style
sheet how it looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from hypertui.console.format import ELLIPSIS


class Tone(StrEnum):
    """What a span of text means to the operator."""

    TEXT = "text"
    DIM = "dim"  # labels, units of measure, what is at rest
    STRONG = "strong"  # what the eye should find first
    GAIN = "gain"
    LOSS = "loss"
    STALE = "stale"  # a value too old to be trusted
    WARNING = "warning"
    CRITICAL = "critical"  # alarms, and nothing else
    HEAD = "head"  # a table's head
    BAR = "bar"  # a line that divides the small screen
    FOCUS = "focus"  # what enter would do
    KEY = "key"
    OFF = "off"  # what cannot be done now
    BUY = "buy"  # orders that buy, and what they bought
    STOP = "stop"  # orders that sell, and what they sold
    COURSE = "course"  # the price as it went
    MARK = "mark"  # where the price is now
    PAPER = "paper"
    TESTNET = "testnet"
    MAINNET = "mainnet"
    OVER = "over"  # the modes, as badges in the bar
    HOLD = "hold"


class Backdrop(StrEnum):
    """What a whole row of text lies on."""

    HERE = "here"  # the current unit
    CURSOR = "cursor"  # the operator's


class Span(NamedTuple):
    """Some text with its role. It lies on the `ground` of its row, if that has one; a click on it `does` what
    a key would, by the action's name."""

    text: str
    role: Tone = Tone.TEXT
    ground: Backdrop | None = None
    does: str = ""


Line = tuple[Span, ...]

BLANK: Line = ()


def line(*parts: str | Span) -> Line:
    """A line of spans; bare strings are plain text."""
    return tuple([part if isinstance(part, Span) else Span(part) for part in parts])


def width_of(spans: Line) -> int:
    """How many cells a line takes."""
    cells = 0
    for text, *_ in spans:
        cells += len(text) if text.isascii() else cell_len(text)
    return cells


def cells_of(text: str) -> int:
    """How many cells a text takes. Most of what is drawn is plain, and is measured thousands of times a
    second."""
    return len(text) if text.isascii() else cell_len(text)


def fit(spans: Line, width: int) -> Line:
    """A line cut to `width` cells, with an ellipsis where something is missing; never padded."""
    if width_of(spans) <= width:
        return spans
    kept: list[Span] = []
    room = width - 1
    for span in spans:
        cells = cells_of(span.text)
        if cells >= room:
            kept.append(span._replace(text=set_cell_size(span.text, max(room, 0)) + ELLIPSIS))
            break
        kept.append(span)
        room -= cells
    return tuple(kept) if width > 0 else ()


def pad(spans: Line, width: int) -> Line:
    """A line cut or filled to exactly `width` cells."""
    spans = fit(spans, width)
    missing = width - width_of(spans)
    return (*spans, Span(" " * missing)) if missing > 0 else spans


def both_ends(left: Line, right: Line, width: int) -> Line:
    """Two lines on one, the right one against the right edge; the left one gives way."""
    room = width - width_of(right)
    if room <= 0:
        return fit(right, width)
    return (*pad(left, room), *right)


def joined(parts: Iterable[Line]) -> Line:
    """Lines one after the other on one, apart."""
    spans: Line = ()
    for part in parts:
        spans = (*spans, Span("   "), *part) if spans else part
    return spans


def tint(spans: Line, role: Tone) -> Line:
    """The same text, all in one role."""
    return tuple(span._replace(role=role) for span in spans)


def over(spans: Line, ground: Backdrop, width: int) -> Line:
    """A row of `width` cells that lies on a ground from end to end."""
    return tuple(span._replace(ground=ground) for span in pad(spans, width))


def wrap(text: str, width: int, indent: int = 0) -> list[str]:
    """Text broken at spaces to `width` cells, following lines indented; longer words are cut."""
    rows: list[str] = []
    row = ""
    for word in text.split():
        while cell_len(word) > width - indent:
            room = width - cell_len(row) - (1 if row.strip() else 0)
            if row.strip() and room < 8:
                rows.append(row)
                row = " " * indent
                continue
            head = _take(word, max(room, 1))
            rows.append(f"{row} {head}" if row.strip() else row + head)
            word = word[len(head) :]
            row = " " * indent
        if not row.strip():
            row += word
        elif cell_len(row) + 1 + cell_len(word) <= width:
            row = f"{row} {word}"
        else:
            rows.append(row)
            row = " " * indent + word
    if row.strip() or not rows:
        rows.append(row)
    return rows


def _take(word: str, cells: int) -> str:
    count = 0
    for index, char in enumerate(word):
        count += cell_len(char)
        if count > cells:
            # At least one character, or a narrow screen would wait for ever.
            return word[: max(index, 1)]
    return word


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `least` keeps it from breathing with its content; of columns that do not all fit,
    the one with the highest `drop` goes first, those with 0 never. One that `stretches` takes the room that
    the others leave, and is cut there."""

    title: str
    right: bool = False
    least: int = 0
    drop: int = 0
    stretches: bool = False


Cells = tuple[Span, ...]


def widths_of(cells: Cells) -> tuple[int, ...]:
    """How many terminal cells each cell of a row takes."""
    return tuple(cells_of(span.text) for span in cells)


class TextTable:
    """Rows under a head, aligned in `width` cells. Only what is asked for is put together, and rows whose
    `measures` are known are not measured anew, so that a table of hundreds of rows costs little more than the
    rows in sight."""

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Sequence[Cells],
        width: int,
        measures: Iterable[tuple[int, ...]] | None = None,
    ) -> None:
        self._columns = columns
        self._rows = rows
        self._width = width
        titles = [max(column.least, cell_len(column.title)) for column in columns]
        widths = [max(column) for column in zip(titles, *(measures or map(widths_of, rows)), strict=True)]
        full = list(widths)
        for index, column in enumerate(columns):
            if column.stretches:
                widths[index] = min(widths[index], max(column.least, cell_len(column.title)))
        shown = list(range(len(columns)))
        while sum(widths[index] for index in shown) + len(shown) - 1 > width:
            droppable = [index for index in shown if columns[index].drop]
            if not droppable:
                break
            shown.remove(max(droppable, key=lambda index: columns[index].drop))
        for index in shown:
            if columns[index].stretches:
                taken = sum(widths[other] for other in shown if other != index) + 2 * (len(shown) - 1)
                widths[index] = max(widths[index], min(full[index], width - taken))
        slack = width - sum(widths[index] for index in shown)
        self._gap = " " * max(1, min(3, slack // max(len(shown) - 1, 1)))
        self._widths, self._shown = widths, shown
        self._fits = sum(widths[index] for index in shown) + len(self._gap) * (len(shown) - 1) <= width

    @property
    def head(self) -> Line:
        """The columns' names."""
        return self._line(tuple(Span(column.title, Tone.HEAD) for column in self._columns))

    def lines(self, start: int, end: int) -> list[Line]:
        """Rows from `start` up to `end`; a row that is there more than once is put together once."""
        rows = self._rows[start:end]
        made = {id(row): self._line(row) for row in {id(row): row for row in rows}.values()}
        return [made[id(row)] for row in rows]

    def _line(self, cells: Cells) -> Line:
        row = _row(self._columns, cells, self._widths, self._shown, self._gap)
        return row if self._fits else fit(row, self._width)


def table(columns: Sequence[Column], rows: Sequence[Cells], width: int) -> list[Line]:
    """Head and all rows with aligned columns in `width` cells."""
    whole = TextTable(columns, rows, width)
    return [whole.head, *whole.lines(0, len(rows))]


def _row(
    columns: Sequence[Column],
    row: Cells,
    widths: Sequence[int],
    shown: Iterable[int],
    gap: str,
) -> Line:
    spans: list[Span] = []
    for index in shown:
        text, role = row[index].text, row[index].role
        cells = cells_of(text)
        if columns[index].stretches and cells > widths[index]:
            text, cells = set_cell_size(text, max(widths[index] - 1, 0)) + ELLIPSIS, widths[index]
        space = " " * (widths[index] - cells)
        # One blank span for the gap and what is missing on either side of a column.
        before = f"{gap if spans else ''}{space if columns[index].right else ''}"
        if before:
            spans.append(Span(before))
        if text:
            spans.append(Span(text, role))
        if space and not columns[index].right:
            spans.append(Span(space))
    return tuple(spans)
