"""The position map of the main page: every unit with its newest order."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.kept import Kept
from hypertui.console.lines import Backdrop, Column, Line, Span, TextTable, Tone, line, over, pad, tint
from hypertui.console.views.canvas import SIDE_TONE
from hypertui.console.views.ladder.orders import kind, status_word
from hypertui.console.views.price import change_role
from hypertui.port.views import MapRow

_COLUMNS = (
    Column(""),
    Column("unit", right=True),
    Column("price", right=True, least=8),
    Column("order", least=6, drop=1),
    Column("size", right=True, least=7),
    Column("status", least=9),
    Column("all", right=True, drop=2),
    Column("realised", right=True, least=8),
)


def here(rows: Sequence[MapRow], unit: int) -> int:
    """The row of a unit."""
    return next((index for index, row in enumerate(rows) if row.unit == unit), 0)


def title(frame: Frame) -> str:
    """The panel's name and how far it reaches."""
    rows = frame.snapshot.position_map
    if not rows:
        return "POSITION MAP"
    moved = "  ↕ home returns" if frame.cursor is not None else ""
    return f"POSITION MAP  {fmt.plural(len(rows), 'unit')}{moved}"


class MapView:
    """The map's lines. The table is kept for as long as the map is the same: a long trade's has hundreds of
    rows, of which a few are in sight."""

    def __init__(self) -> None:
        self._basis: tuple[object, ...] = ()
        self._table = TextTable((), (), 0)
        self._shown = Kept(_shown)

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Line]:
        """Head and the rows around the current unit, or where they were scrolled to."""
        snapshot = frame.snapshot
        rows = snapshot.position_map
        whole = self._whole(frame, width)
        if not rows:
            return [whole.head, line(Span("no unit has been touched yet", Tone.DIM))]
        room = height - 1
        middle = snapshot.unit if frame.cursor is None else frame.cursor
        start = max(0, min(here(rows, middle) - room // 2, len(rows) - room))
        return self._shown.of(whole, rows, (start, start + room), snapshot.unit, frame.cursor, width)

    def compact(self, frame: Frame, width: int, height: int) -> Sequence[Line]:
        """The same with a cell of margin and its head as a bar."""
        lines = self.lines(frame, width - 2, height)
        return [
            tint(pad(line(" ", *lines[0]), width), Tone.BAR),
            *(line(" ", *spans) for spans in lines[1:]),
        ]

    def _whole(self, frame: Frame, width: int) -> TextTable:
        """All rows: columns are measured over all of them, so that scrolling does not move them."""
        snapshot = frame.snapshot
        basis = (snapshot.position_map, snapshot.unit, snapshot.instrument, width)
        if basis != self._basis:
            rows = [_cells(frame, row) for row in snapshot.position_map]
            self._basis, self._table = basis, TextTable(_COLUMNS, rows, width)
        return self._table


def _shown(
    whole: TextTable, rows: Sequence[MapRow], of: tuple[int, int], unit: int, cursor: int | None, width: int
) -> Sequence[Line]:
    """Head and the rows from the first `of` them up to the second."""
    shown = [whole.head]
    for row, spans in zip(rows[slice(*of)], whole.lines(*of), strict=True):
        if row.unit == cursor:
            spans = over(spans, Backdrop.CURSOR, width)
        elif row.unit == unit:
            spans = over(spans, Backdrop.HERE, width)
        elif not row.live:
            spans = _tinted(spans, Tone.DIM)
        shown.append(spans)
    return shown


def _tinted(spans: Line, role: Tone) -> Line:
    """Plain text in a role; what has one of its own keeps it."""
    return tuple(span._replace(role=role) if span.role is Tone.TEXT else span for span in spans)


def _cells(frame: Frame, row: MapRow) -> tuple[Span, ...]:
    instrument = frame.snapshot.instrument
    side = Tone.TEXT if row.side is None or not row.live else SIDE_TONE[row.side]
    return (
        Span("►" if row.unit == frame.snapshot.unit else " "),
        Span(fmt.unit(row.unit)),
        Span(fmt.price(row.price, instrument)),
        Span("" if row.side is None else kind(row.side), side),
        Span("" if row.size is None else fmt.size(row.size, instrument), side),
        Span(status_word(row), side),
        Span(str(row.orders or "")),
        Span(fmt.signed_usd(row.realized_pnl) if row.realized_pnl else "", change_role(row.realized_pnl)),
    )
