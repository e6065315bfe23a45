"""The position map: every unit with its newest order."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Column, Line, Role, Span, line, pad, table, tint
from hypertui.console.views.price import change_role
from hypertui.market import Side
from hypertui.port import MapRow

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


def position_map(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """Head and the rows around the current unit, or where they were scrolled to."""
    snapshot = frame.snapshot
    rows = snapshot.position_map
    if not rows:
        return [*table(_COLUMNS, [], width), line(Span("no unit has been touched yet", Role.DIM))]
    room = height - 1
    start = window(len(rows), here(rows, snapshot.unit), room, frame.scroll)
    # Columns are measured over all rows, so that scrolling does not move them.
    lines = table(_COLUMNS, [_cells(frame, row) for row in rows], width)
    shown = [lines[0]]
    for row, spans in list(zip(rows, lines[1:], strict=True))[start : start + room]:
        if row.unit == snapshot.unit:
            spans = tuple(
                Span(text, Role.HERE if role is Role.TEXT else role) for text, role in pad(spans, width)
            )
        elif not row.live:
            spans = tuple(Span(text, Role.DIM if role is Role.TEXT else role) for text, role in spans)
        shown.append(spans)
    return shown


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


def position_map_compact(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The same with a cell of margin and its head as a bar."""
    lines = position_map(frame, width - 2, height)
    return [
        tint(pad(line(" ", *lines[0]), width), Role.BAR),
        *(line(" ", *spans) for spans in lines[1:]),
    ]
