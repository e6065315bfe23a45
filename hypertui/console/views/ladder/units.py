"""The position map's own page: every unit, and the order history of one."""

from __future__ import annotations

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Column, Line, Span, Tone, fit, line
from hypertui.console.table_content import Row, TableContent
from hypertui.console.views.ladder.orders import status_word
from hypertui.console.views.orders import kind
from hypertui.console.views.price import change_role
from hypertui.core.market import Side
from hypertui.port.views import MapRow, UnitOrder

_COLUMNS = (
    Column(""),
    Column("unit", right=True),
    Column("price", right=True, least=9),
    Column("order", least=6),
    Column("size", right=True, least=8),
    Column("status", least=12),
    Column("orders", right=True),
    Column("average", right=True, least=9, drop=3),
    Column("fees", right=True, least=7, drop=2),
    Column("realised", right=True, least=9),
    Column("client id", least=34, drop=4),
)


def basis(frame: Frame) -> tuple[object, ...]:
    """The objects that the table is built from."""
    snapshot = frame.snapshot
    return (snapshot.position_map, snapshot.unit, snapshot.instrument, snapshot.bracket is None)


def title(frame: Frame) -> str:
    """How far the map reaches."""
    if frame.snapshot.bracket is not None:
        return "POSITION MAP  a bracket has none"
    return f"POSITION MAP  {fmt.plural(len(frame.snapshot.position_map), 'unit')}"


def table(frame: Frame) -> TableContent:
    """Every unit that was ever touched or is near, highest first."""
    rows, unit = frame.snapshot.position_map, frame.snapshot.unit
    start = next((index for index, row in enumerate(rows) if row.unit == unit), 0)
    return TableContent(_COLUMNS, [_row(frame, row) for row in rows], _empty(frame), start=start)


def _empty(frame: Frame) -> str:
    if frame.snapshot.bracket is None:
        return "the ladder has no entry yet"
    return "a bracket has no units: its prices are on 1, its orders on 2, its exits on 9"


def _row(frame: Frame, row: MapRow) -> Row:
    instrument, here = frame.snapshot.instrument, row.unit == frame.snapshot.unit
    newest = row.history[0] if row.history else None
    rest = Tone.STRONG if here else Tone.TEXT if row.live else Tone.DIM
    average = None if newest is None else newest.average
    cells = (
        Span("►" if here else " ", rest),
        Span(fmt.unit(row.unit), rest),
        Span(fmt.price(row.price, instrument), rest),
        Span("" if row.side is None else _word(row.side), rest),
        Span("" if row.size is None else fmt.size(row.size, instrument), rest),
        Span(status_word(row), rest),
        Span(str(row.orders or ""), rest),
        Span("" if average is None else fmt.quote(average, instrument), rest),
        Span("" if newest is None or not newest.filled else fmt.usd(newest.fee), rest),
        Span(fmt.signed_usd(row.realized_pnl) if row.realized_pnl else "", change_role(row.realized_pnl)),
        Span("" if newest is None else fmt.clean(newest.client_id, 34), Tone.DIM),
    )
    copied = " ".join(cell.text for cell in cells[1:])
    return Row(str(row.unit), cells, copied, lambda now, width: history(now, row, width))


def _word(side: Side) -> str:
    return kind(side, "buy" if side is Side.BUY else "stop")


def history(frame: Frame, row: MapRow, width: int) -> list[Line]:
    """The orders of a unit, newest first, each with what became of it when."""
    if not row.history:
        return [line(Span("nothing was ever ordered here", Tone.DIM))]
    lines: list[Line] = []
    for order in row.history:
        lines.append(_order(frame, order))
        if order.why:
            lines.append(fit(line("  ", Span(fmt.signs(fmt.clean(order.why)), Tone.TEXT)), width))
        lines += _course(frame, order, width)
    return lines


def _order(frame: Frame, order: UnitOrder) -> Line:
    instrument = frame.snapshot.instrument
    parts: list[str | Span] = [
        Span(f"{_word(order.side)} {fmt.size(order.size, instrument)}", Tone.STRONG),
        Span("  client id ", Tone.DIM),
        fmt.clean(order.client_id, 34),
    ]
    if order.filled:
        parts += [
            Span("  filled ", Tone.DIM),
            f"{fmt.size(order.filled, instrument)} at {fmt.quote(order.average, instrument)}",
            Span("  fee ", Tone.DIM),
            fmt.usd(order.fee),
        ]
    if order.realized_pnl:
        parts += [
            Span("  realised ", Tone.DIM),
            Span(fmt.signed_usd(order.realized_pnl), change_role(order.realized_pnl)),
        ]
    return line(*parts)


def _course(frame: Frame, order: UnitOrder, width: int) -> list[Line]:
    """Statuses with their times, as many on a line as fit."""
    lines: list[Line] = []
    row: list[str | Span] = []
    used = 0
    for at, word in order.statuses:
        text = fmt.clean(word, 20)
        cells = len(text) + 17
        if row and used + cells > width - 2:
            lines.append(line("  ", *row))
            row, used = [], 0
        row += [Span(f"{frame.exact_time(at)[6:]} ", Tone.DIM), f"{text}   "]
        used += cells
    return [*lines, line("  ", *row)] if row else lines
