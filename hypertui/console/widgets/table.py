"""A list to walk through: rows with columns, a cursor, a filter, and details of the row under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import (
    BLANK,
    Cells,
    Column,
    Line,
    Span,
    TextTable,
    Tone,
    fit,
    line,
    pad,
    tint,
    widths_of,
)
from hypertui.console.widgets.panel import Panel

Details = Callable[[Frame, int], list[Line]]

_UNTINTED = frozenset({Tone.CRITICAL, Tone.WARNING, Tone.HOLD, Tone.STALE})


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its cells, what is copied, and what its details say. `key` is the same for the same thing in the
    next frame."""

    key: str
    cells: Cells
    copied: str = ""
    details: Details | None = None
    measures: tuple[int, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        # Measured once: a row stays, while the list around it is made anew with each that is added.
        object.__setattr__(self, "measures", widths_of(self.cells))

    @property
    def text(self) -> str:
        """What a filter looks at."""
        return " ".join(cell.text for cell in self.cells).casefold()


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list shows: its columns and rows, the words for no rows, and lines that stand still above."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    empty: str
    above: Sequence[Line] = ()
    start: int = 0  # the row that is shown first, until the cursor is moved


Source = Callable[[Frame], Listing]
Basis = Callable[[Frame], tuple[object, ...]]


@dataclass(slots=True)
class _Kept:
    """What was made last, and from what."""

    basis: tuple[object, ...] | None = None
    listing: Listing = field(default_factory=lambda: Listing((), (), ""))
    shape: tuple[object, ...] | None = None
    rows: list[Row] = field(default_factory=list)
    table: TextTable = field(default_factory=lambda: TextTable((), (), 0))


class ListPanel(Panel):
    """Shows a listing. `basis` is what the listing is made from: while those are the same objects it is not
    made anew, and a list of hundreds of rows costs nothing."""

    def __init__(
        self, source: Source, basis: Basis, *, id: str, title: Callable[[Frame], str], ascii: bool = False
    ) -> None:
        super().__init__(self._draw, id=id, title=self._headline, ascii=ascii)
        self._source = source
        self._basis = basis
        self._words = title
        self._kept = _Kept()
        self._cursor: str | None = None
        self._top = 0
        self._moved = False
        self._opened = False
        self.focused = False
        self.marked = False  # whether its title says so
        self.filter = ""

    # What the operator does

    def move(self, rows: int, *, pages: bool = False) -> None:
        """Move the cursor by rows, or by pages of them."""
        shown = self._rows(self.app.frame)
        if not shown:
            return
        step = rows * max(self.content_size.height - 4, 1) if pages else rows
        at = self._at(shown)
        # The first key press only shows where the cursor is.
        target = at if not self._moved and abs(step) == 1 and self._cursor is None else at + step
        self._cursor = shown[max(0, min(target, len(shown) - 1))].key
        self._moved = True

    def follow(self) -> None:
        """Let go of the row, and show the newest again."""
        self._cursor, self._moved, self._opened = None, False, False

    def select(self, key: str) -> None:
        """Put the cursor on a row."""
        self._cursor, self._moved = key, True

    def open(self) -> None:
        """Show the details of the row under the cursor, or put them away."""
        self._opened = not self._opened
        self._moved = True

    def back(self) -> bool:
        """Undo the last of details, filter and cursor; returns whether there was one."""
        if self._opened:
            self._opened = False
        elif self.filter:
            self.filter = ""
        elif self._moved:
            self.follow()
        else:
            return False
        return True

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        rows = self._rows(self.app.frame)
        return rows[self._at(rows)] if rows else None

    # What is shown

    def _listing(self, frame: Frame) -> Listing:
        basis, kept = self._basis(frame), self._kept
        same = kept.basis is not None and len(kept.basis) == len(basis)
        if not (same and all(a is b for a, b in zip(kept.basis or (), basis, strict=True))):
            self._kept = _Kept(basis, self._source(frame))
        return self._kept.listing

    def _rows(self, frame: Frame) -> list[Row]:
        listing, wanted = self._listing(frame), self.filter.casefold()
        if not wanted:
            return list(listing.rows)
        return [row for row in listing.rows if wanted in row.text]

    def _at(self, rows: Sequence[Row]) -> int:
        for index, row in enumerate(rows):
            if row.key == self._cursor:
                return index
        return min(self._kept.listing.start, len(rows) - 1) if self._cursor is None else 0

    def _table(self, frame: Frame, width: int) -> tuple[list[Row], TextTable]:
        """The rows that pass the filter, and their table, kept for as long as they stay true."""
        self._listing(frame)
        kept, shape = self._kept, (width, self.filter)
        if kept.shape != shape:
            kept.rows = self._rows(frame)
            rows = kept.rows
            cells, measures = [row.cells for row in rows], [row.measures for row in rows]
            kept.table = TextTable(kept.listing.columns, cells, width, measures)
            kept.shape = shape
        return kept.rows, kept.table

    def _draw(self, frame: Frame, width: int, height: int) -> Sequence[Line]:
        rows, table = self._table(frame, width)
        above = [fit(row, width) for row in self._kept.listing.above]
        head = [*above, table.head]
        if not rows:
            none = (
                f"nothing contains “{fmt.clean(self.filter, 40)}”"
                if self.filter
                else self._kept.listing.empty
            )
            return [*head, line(Span(none, Tone.DIM))]
        at = self._at(rows)
        details = self._details(frame, rows[at], width, height - len(head))
        room = max(height - len(head) - len(details), 1)
        self._top = max(0, min(self._top if self._moved else at - room // 3, at, len(rows) - room))
        self._top = max(self._top, at - room + 1)
        body = table.lines(self._top, self._top + room)
        if self._moved and self.focused:
            body[at - self._top] = _under_cursor(body[at - self._top], width)
        body += [BLANK] * (room - len(body)) if details else []
        return [*head, *body, *details]

    def _details(self, frame: Frame, row: Row, width: int, room: int) -> list[Line]:
        if not self._opened or row.details is None or room < 4:
            return []
        rule = line(Span(f"── DETAILS {'─' * width}"[:width], Tone.DIM))
        return [rule, *row.details(frame, width)][: max(room * 2 // 3, room - 8)]

    def _headline(self, frame: Frame) -> str:
        filtered = f"  / {fmt.clean(self.filter, 30)}" if self.filter else ""
        return f"{'► ' if self.marked else ''}{self._words(frame)}{filtered}"


def _under_cursor(spans: Line, width: int) -> Line:
    spans = pad(spans, width)
    rest = tuple(Span(text, role if role in _UNTINTED else Tone.FOCUS) for text, role in spans)
    return rest or tint(spans, Tone.FOCUS)


def facts(pairs: Sequence[tuple[str, Span]], width: int) -> list[Line]:
    """Labels and values in as many columns as have room."""
    label = max((len(name) for name, _ in pairs), default=0) + 1
    value = max((len(span.text) for _, span in pairs), default=0)
    columns = max(1, width // (label + value + 3)) if value < width else 1
    rows = -(-len(pairs) // columns)
    lines = []
    for index in range(rows):
        parts: list[Span] = []
        for name, span in pairs[index::rows]:
            cell = line(Span(f"{name:<{label}}", Tone.DIM), span)
            parts += pad(cell, width // columns)
        lines.append(fit(tuple(parts), width))
    return lines
