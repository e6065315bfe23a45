"""The table panel: rows and columns with a cursor, a filter, and details of the current row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from textual.events import Click

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import (
    BLANK,
    Backdrop,
    Line,
    Span,
    TextTable,
    Tone,
    fit,
    line,
    over,
)
from hypertui.console.table_content import Row, TableContent
from hypertui.console.widgets.panel import Panel

_LEAST_ROOM = 4  # rows, for details and what they are of


Source = Callable[[Frame], TableContent]
Basis = Callable[[Frame], tuple[object, ...]]


@dataclass(slots=True)
class _Kept:
    """The content built last, what it was built from, and its rows as filtered and aligned."""

    basis: tuple[object, ...] | None = None
    content: TableContent = field(default_factory=lambda: TableContent((), (), ""))
    shape: tuple[object, ...] | None = None
    rows: list[Row] = field(default_factory=list)
    table: TextTable = field(default_factory=lambda: TextTable((), (), 0))


class TablePanel(Panel):
    """Shows a table. `basis` gives the objects that the content is built from: while they are identical the
    content is not rebuilt, so that a table of hundreds of rows costs nothing."""

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
        self._head = 0  # lines above the rows, and how many rows there is room for
        self._room = 0
        self._moved = False
        self._opened = False
        self.focused = False
        self.marked = False  # whether its title shows the focus
        self.filter = ""

    # Operator input

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
        """Drop the cursor and show the newest row again."""
        self._cursor, self._moved, self._opened = None, False, False

    def select(self, key: str) -> None:
        """Put the cursor on a row."""
        self._cursor, self._moved = key, True

    def open(self) -> str:
        """Show or hide the details of the row under the cursor; returns why there are none to be seen, in
        words."""
        self._moved, row = True, self.current
        if row is None or row.details is None:
            self._opened = False
            return "no row to open here" if row is None else "this row has no details"
        self._opened = not self._opened
        cramped = self._opened and self.content_size.height - self._head < _LEAST_ROOM
        return "no room for details here: z shows this list alone" if cramped else ""

    def back(self) -> bool:
        """Close details, else the filter, else the cursor; returns whether there was one."""
        if self._opened:
            self._opened = False
        elif self.filter:
            self.filter = ""
        elif self._moved:
            self.follow()
        else:
            return False
        return True

    async def on_click(self, event: Click) -> None:
        """A click on a row moves the cursor there, one on the cursor opens its details."""
        at = event.get_content_offset(self)
        rows = self._rows(self.app.frame)
        index = None if at is None else self._top + at.y - self._head
        if index is None or not 0 <= index - self._top < self._room or index >= len(rows):
            await super().on_click(event)
            return
        event.stop()
        if self._moved and self._cursor == rows[index].key and (why := self.open()):
            self.app.notice(why)
        self.select(rows[index].key)
        self.app.show_frame()

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        rows = self._rows(self.app.frame)
        return rows[self._at(rows)] if rows else None

    # Presentation

    def _content(self, frame: Frame) -> TableContent:
        basis, kept = self._basis(frame), self._kept
        same = kept.basis is not None and len(kept.basis) == len(basis)
        if not (same and all(a is b for a, b in zip(kept.basis or (), basis, strict=True))):
            self._kept = _Kept(basis, self._source(frame))
        return self._kept.content

    def _rows(self, frame: Frame) -> list[Row]:
        content, wanted = self._content(frame), self.filter.casefold()
        if not wanted:
            return list(content.rows)
        return [row for row in content.rows if wanted in row.text]

    def _at(self, rows: Sequence[Row]) -> int:
        for index, row in enumerate(rows):
            if row.key == self._cursor:
                return index
        return min(self._kept.content.start, len(rows) - 1) if self._cursor is None else 0

    def _table(self, frame: Frame, width: int) -> tuple[list[Row], TextTable]:
        """The filtered rows and their aligned table, kept until content, width or filter change."""
        self._content(frame)
        kept, shape = self._kept, (width, self.filter)
        if kept.shape != shape:
            kept.rows = self._rows(frame)
            rows = kept.rows
            cells, measures = [row.cells for row in rows], [row.measures for row in rows]
            kept.table = TextTable(kept.content.columns, cells, width, measures)
            kept.shape = shape
        return kept.rows, kept.table

    def _draw(self, frame: Frame, width: int, height: int) -> Sequence[Line]:
        rows, table = self._table(frame, width)
        above = [fit(row, width) for row in self._kept.content.above]
        head = [*above, table.head]
        if not rows:
            none = (
                f"nothing contains “{fmt.clean(self.filter, 40)}”"
                if self.filter
                else self._kept.content.empty
            )
            return [*head, line(Span(none, Tone.DIM))]
        at = self._at(rows)
        details = self._details(frame, rows[at], width, height - len(head))
        room = max(height - len(head) - len(details), 1)
        self._head, self._room = len(head), room
        self._top = max(0, min(self._top if self._moved else at - room // 3, at, len(rows) - room))
        self._top = max(self._top, at - room + 1)
        body = table.lines(self._top, self._top + room)
        if self._moved and self.focused:
            body[at - self._top] = over(body[at - self._top], Backdrop.CURSOR, width)
        body += [BLANK] * (room - len(body)) if details else []
        return [*head, *body, *details]

    def _details(self, frame: Frame, row: Row, width: int, room: int) -> list[Line]:
        if not self._opened or row.details is None or room < _LEAST_ROOM:
            return []
        rule = line(Span(f"── DETAILS {'─' * width}"[:width], Tone.DIM))
        return [rule, *row.details(frame, width)][: max(room * 2 // 3, room - 8)]

    def _headline(self, frame: Frame) -> str:
        filtered = f"  / {fmt.clean(self.filter, 30)}" if self.filter else ""
        return f"{'► ' if self.marked else ''}{self._words(frame)}{filtered}"
