"""The position map of the main page: every unit with its newest order."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Column, Line, Span, TextTable, Tone, line, pad, tint
from hypertui.console.views.price import change_role
from hypertui.core.market import Side
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


def window(count: int, here: int, height: int, shift: int) -> int:
    """The first row shown of `count`, when row `here` is centred and then moved by `shift`."""
    return max(0, min(here - height // 2 + shift, count - height))


def here(rows: Sequence[MapRow], unit: int) -> int:
    """The row of the current unit."""
    return next((index for index, row in enumerate(rows) if row.unit == unit), 0)


def clamp_shift(count: int, at: int, height: int, shift: int) -> int:
    """The nearest shift that still moves anything, so that scrolling back answers at once."""
    return window(count, at, height, shift) - (at - height // 2) if shift else 0


def title(frame: Frame) -> str:
    """The panel's name and how far it reaches."""
    rows = frame.snapshot.position_map
    if not rows:
        return "POSITION MAP"
    moved = "  ↕ home returns" if frame.scroll else ""
    return f"POSITION MAP  {fmt.plural(len(rows), 'unit')}{moved}"


class MapView:
    """The map's lines. The table is kept for as long as the map is the same: a long trade's has hundreds of
    rows, of which a few are in sight."""

    def __init__(self) -> None:
        self._basis: tuple[object, ...] = ()
        self._table = TextTable((), (), 0)

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Line]:
        """Head and the rows around the current unit, or where they were scrolled to."""
        snapshot = frame.snapshot
        rows = snapshot.position_map
        whole = self._whole(frame, width)
        if not rows:
            return [whole.head, line(Span("no unit has been touched yet", Tone.DIM))]
        room = height - 1
        start = window(len(rows), here(rows, snapshot.unit), room, frame.scroll)
        shown = [whole.head]
        end = start + room
        for row, spans in zip(rows[start:end], whole.lines(start, end), strict=True):
            if row.unit == snapshot.unit:
                spans = _tinted(pad(spans, width), Tone.HERE)
            elif not row.live:
                spans = _tinted(spans, Tone.DIM)
            shown.append(spans)
        return shown

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


def _tinted(spans: Line, role: Tone) -> Line:
    """Plain text in a role; what has one of its own keeps it."""
    return tuple(Span(text, role if own is Tone.TEXT else own) for text, own in spans)


def _cells(frame: Frame, row: MapRow) -> tuple[Span, ...]:
    instrument = frame.snapshot.instrument
    status = fmt.clean(row.status or fmt.UNKNOWN, 14)
    glyph = {Side.BUY: "▲ buy", Side.SELL: "▼ stop", None: fmt.UNKNOWN}[row.side]
    return (
        Span("►" if row.unit == frame.snapshot.unit else " "),
        Span(fmt.unit(row.unit)),
        Span(fmt.price(row.price, instrument)),
        Span(glyph),
        Span(fmt.size(row.size, instrument)),
        Span(status.upper() if row.live else status),
        Span(str(row.orders) if row.orders else fmt.UNKNOWN),
        Span(fmt.signed_usd(row.realized_pnl), change_role(row.realized_pnl)),
    )
