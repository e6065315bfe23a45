"""The picture of the ladder: the price as it went, on an axis that is the ladder, each order at its price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.kept import Kept
from hypertui.console.lines import Backdrop, Line, Span, Tone, fit, line, over, pad
from hypertui.console.views import chart, course
from hypertui.console.views.canvas import LIQUIDATION, LIVE, NOT_YET, SIDE_TONE, Canvas, Ruling
from hypertui.console.views.ladder import labels
from hypertui.console.views.ladder.orders import lamp
from hypertui.console.views.ladder.scale import Scale, scale
from hypertui.console.views.price import facts, no_entry
from hypertui.port.views import FillView, SlotState

_LABELS = (54, 42, 34)  # cells, the widest that leaves the course its share
_SHARE = 2  # of which the labels take one at most


class _Widths(NamedTuple):
    """The cells of a row: unit and price, the course, the mark's tag, what stands beside it."""

    axis: int
    course: int
    tag: int
    labels: int


class Picture:
    """Keeps the course of the price until it changes; all else is put together for each frame."""

    def __init__(self) -> None:
        self._samples = Kept(course.samples)
        self._columns = Kept(course.columns)
        self._drawn = Kept(_drawn)
        self._axis: Scale | None = None
        self._fills: dict[tuple[int, int], FillView] = {}

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Line]:
        """Facts, the picture, the times below it, and what the orders come to."""
        snapshot = frame.snapshot
        head = fit(facts(frame, width), width)
        if snapshot.entry_price is None or not snapshot.position_map or height < 6:
            return [head, line(Span(f"The {no_entry(frame)}", Tone.DIM))]
        widths = _widths(frame, width)
        since, until = chart.moments(frame, widths.course)
        known = self._samples.of(snapshot.prices, snapshot.series)
        extents = self._columns.of(known, since, until, 2 * widths.course)
        self._axis = axis = _axis(frame, extents, height - 3)
        drawn = self._drawn.of(extents, axis)
        canvas = Canvas(frame, axis, drawn, widths.course, _rulings(frame))
        drawn_fills = canvas.fills(since, until)
        self._fills = {(widths.axis + x, 1 + y): fill for (x, y), fill in drawn_fills.items()}
        beside = labels.table(frame, axis, widths.labels)
        mark = None if snapshot.mark is None else axis.row_at(float(snapshot.mark))
        rows = [
            _row(
                frame, axis, index, canvas, chart.tag(frame, index == mark, widths.tag), beside[index], widths
            )
            for index in range(axis.height)
        ]
        foot = lamp(frame) if frame.story is None else chart.story(frame, frame.story)
        return [head, *rows, chart.times(frame, since, until, widths.axis, widths.course), fit(foot, width)]

    def unit_at(self, y: int) -> int | None:
        """The unit of a row of the newest picture; None where there is none."""
        axis = self._axis
        return None if axis is None or not 1 <= y <= axis.height else axis.unit_at(y - 1)

    def fill_at(self, x: int, y: int) -> FillView | None:
        """The fill that is drawn in a cell of the newest picture, or beside it."""
        near = ((x, y), (x - 1, y), (x + 1, y))
        return next((self._fills[place] for place in near if place in self._fills), None)


def _rulings(frame: Frame) -> Iterator[Ruling]:
    """Entry and liquidation, and over them the orders."""
    snapshot = frame.snapshot
    if snapshot.entry_price is not None:
        yield Ruling(float(snapshot.entry_price), NOT_YET, Tone.DIM)
    if snapshot.liquidation_price is not None:
        yield Ruling(float(snapshot.liquidation_price), LIQUIDATION, Tone.WARNING)
    for slot in snapshot.slots:
        glyph = LIVE if slot.state is SlotState.LIVE else NOT_YET
        yield Ruling(float(slot.trigger), glyph, SIDE_TONE[slot.side])


def _drawn(extents: Sequence[course.Extent | None], axis: Scale) -> list[str]:
    return course.drawn(extents, axis.height, axis.down)


def title(frame: Frame) -> str:
    """The step, the entry, and how much of the past is shown."""
    snapshot = frame.snapshot
    symbol = fmt.clean(snapshot.instrument.symbol, 12)
    entry = fmt.quote(snapshot.entry_price, snapshot.instrument)
    return f"{symbol}  1 unit = {fmt.step(snapshot.unit_size)}  entry {entry}  {frame.stretch.words} [ ]"


def _widths(frame: Frame, width: int) -> _Widths:
    snapshot = frame.snapshot
    ends = (snapshot.position_map[0], snapshot.position_map[-1])
    axis = 6 + max(len(fmt.price(row.price, snapshot.instrument)) for row in ends) + 1
    tag = chart.tag_width(frame)
    rest = width - axis - tag - 1
    beside = next((cells for cells in _LABELS if cells <= rest // _SHARE), min(_LABELS[-1], rest // 2))
    return _Widths(axis, max(rest - beside, 2), tag, beside)


def _axis(frame: Frame, extents: Sequence[course.Extent | None], rows: int) -> Scale:
    snapshot = frame.snapshot
    inside = [float(slot.trigger) for slot in snapshot.slots]
    inside += [price for extent in extents if extent is not None for price in (extent.low, extent.high)]
    if snapshot.mark is not None:
        inside.append(float(snapshot.mark))
    entry, unit = float(snapshot.entry_price or 0), float(snapshot.unit_size)
    return scale(entry, unit, rows, snapshot.unit, inside, frame.cursor)


def _row(
    frame: Frame, axis: Scale, index: int, canvas: Canvas, tag: Line, beside: Line, widths: _Widths
) -> Line:
    snapshot = frame.snapshot
    spans = line(*_place(frame, axis, index, widths.axis), *canvas.row(index), *tag, " ", *beside)
    unit = axis.unit_at(index)
    width = sum(widths) + 1
    if unit is not None and unit == frame.cursor:
        return over(spans, Backdrop.CURSOR, width)
    return over(spans, Backdrop.HERE, width) if unit == snapshot.unit else spans


def _place(frame: Frame, axis: Scale, index: int, width: int) -> Iterator[Span]:
    """Unit and price of a row, if it is that of a unit."""
    snapshot, unit = frame.snapshot, axis.unit_at(index)
    if unit is None:
        yield Span(" " * width)
        return
    here, known = unit == snapshot.unit, labels.unit_row(snapshot, unit)
    price = "" if known is None else fmt.price(known.price, snapshot.instrument)
    text = f"{'►' if here else ' '}{fmt.unit(unit):>4} {price} "
    yield from pad(line(Span(text.ljust(width), Tone.STRONG if here else Tone.DIM)), width)
