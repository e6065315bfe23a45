"""The result as it went, with its deepest fall; and what brought it, by reason, hour and unit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, both_ends, fit, line, pad, width_of
from hypertui.console.views import course
from hypertui.console.views.bar import bar
from hypertui.console.views.price import change_role

_BAR = 8  # cells
_NAME = 5  # cells
_WIDEST = 30  # cells: a reason in words, its sum and a bar
_AXIS = 11  # cells


def curve(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The sum of all sales over time, and now with what is held; the largest and the smallest at the left."""
    snapshot = frame.snapshot
    points = snapshot.result.course
    if not points:
        return [line(Span("Nothing has been sold yet", Tone.DIM))]
    first = snapshot.fills[-1].at if snapshot.fills else points[0][0]
    known = [course.Sample(min(first, points[0][0]) - 1, 0, 0.0, 0.0, 0.0)]
    known += [course.Sample(at, fmt.DAY, *(float(made),) * 3) for at, made in points]
    rows, cells = height - 1, width - _AXIS
    if rows < 2 or cells < 4:
        return [_fall(frame, width)]
    since, until = float(known[0].at), float(known[-1].at + 1)
    extents = course.columns(known, since, until, 2 * cells)
    low = min(0.0, *(sample.low for sample in known))
    high = max(0.0, *(sample.high for sample in known))
    each = (high - low) / rows or 1.0
    drawn = course.drawn(extents, rows, lambda made: (high - made) / each * (1 - 1e-9))
    labels = {0: high, rows - 1: low, int((high - 0.0) / each * (1 - 1e-9)): 0.0}
    lines = []
    for index, text in enumerate(drawn):
        made = labels.get(index)
        label = "" if made is None else fmt.signed_usd(Decimal(str(round(made, 2))))
        role = change_role(snapshot.realized_pnl)
        lines.append(line(Span(f"{label:>{_AXIS - 1}} ", Tone.DIM), Span(text, role)))
    return [*lines, _fall(frame, width)]


def _fall(frame: Frame, width: int) -> Line:
    result, snapshot = frame.snapshot.result, frame.snapshot
    parts = line(Span("realised ", Tone.DIM), fmt.signed_usd(snapshot.realized_pnl))
    fall = line(Span("deepest fall ", Tone.DIM), Span(fmt.usd(result.drawdown)))
    since = line(Span(f"since {frame.day(result.course[0][0])}", Tone.DIM))
    return fit(both_ends((*parts, Span("   "), *fall), since, width), width)


def shares(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """What brought the result: reasons, hours of the day and units beside each other; of each those that
    count for most, in their own order."""
    snapshot = frame.snapshot
    units = [(fmt.unit(row.unit), row.realized_pnl) for row in snapshot.position_map if row.realized_pnl]
    hours = [(f"{hour:02d}h", made) for hour, made in snapshot.result.hours]
    named = (("reason", snapshot.result.reasons), ("hour (UTC)", hours), ("unit", units))
    first = min(_WIDEST, width * 2 // 5)
    widths = (first, (width - first - 4) // 2, (width - first - 4) // 2)
    columns = [_column(*each, cells, height) for each, cells in zip(named, widths, strict=True)]
    if not snapshot.result.reasons:
        return [line(Span("Nothing has been sold yet", Tone.DIM))]
    lines = []
    for index in range(max(map(len, columns))):
        cells: list[Span] = []
        for column, room in zip(columns, widths, strict=True):
            cells += [*pad(column[index] if index < len(column) else (), room), Span("  ")]
        lines.append(fit(tuple(cells), width))
    return lines


def _column(title: str, rows: Sequence[tuple[str, Decimal | None]], width: int, height: int) -> list[Line]:
    known = [(name, made) for name, made in rows if made]
    largest = max((abs(made) for _, made in known), default=Decimal(1))
    kept = sorted(known, key=lambda row: -abs(row[1]))[: height - 1]
    lines = [line(Span(title, Tone.HEAD))]
    for name, made in (row for row in known if row in kept):
        amount = line(Span(f"{fmt.signed_usd(made):>9}", change_role(made)))
        room = min(width - _NAME - width_of(amount) - 1, _BAR)
        if room > 1:
            amount = (*amount, Span(f" {bar(abs(made) / largest, room):<{room}}", change_role(made)))
        lines.append(both_ends(line(Span(fmt.clean(name, 16), Tone.DIM)), amount, width))
    return lines
