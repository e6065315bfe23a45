"""The picture of a bracket: the price as it went, and across it entry, average, stop, target, liquidation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.kept import Kept
from hypertui.console.lines import Line, Span, Tone, fit, line
from hypertui.console.views import chart, course
from hypertui.console.views.bracket import lines as price_lines
from hypertui.console.views.bracket.axis import PriceAxis
from hypertui.console.views.bracket.words import facts, told_now
from hypertui.console.views.canvas import LIQUIDATION, LIVE, NOT_YET, Canvas, Ruling
from hypertui.console.views.ladder.orders import lamp
from hypertui.port.views import BracketView, FillView, PriceLine, SlotState

_BESIDE = (48, 40, 33, 26)  # cells, the widest that leaves the course its share
_SHARE = 2  # of which they take one at most
_LEAST_ROWS = 3
_PRICE_EVERY = 4  # rows between two prices of the axis
_SIGHT = 2  # how far from what is shown, in its own height, a line without an order still counts


class _BracketCells(NamedTuple):
    """The cells of a row: price, the course, the mark's tag, what stands beside it."""

    axis: int
    course: int
    tag: int
    beside: int


class BracketPicture:
    """Keeps the course of the price until it changes."""

    def __init__(self) -> None:
        self._samples = Kept(course.samples)
        self._columns = Kept(course.columns)
        self._drawn = Kept(_drawn)
        self._fills: dict[tuple[int, int], FillView] = {}

    def lines(self, frame: Frame, bracket: BracketView, width: int, height: int) -> Sequence[Line]:
        """Facts, the course with a line at each price that matters and what stands there beside it, the times
        below it, and whether all is as it should be."""
        snapshot, rows = frame.snapshot, height - 3
        head = fit(facts(frame, bracket, width), width)
        foot = lamp(frame) if frame.story is None else chart.story(frame, frame.story)
        if frame.story is None and (plan := told_now(frame, bracket, width)):
            foot = line(Span(plan, Tone.DIM))
        self._fills = {}
        if snapshot.mark is None:
            return [head, line(Span("no price yet", Tone.DIM))][:height]
        widths = _widths(frame, width)
        if rows < _LEAST_ROWS or widths.course < _PRICE_EVERY:
            return [head, *price_lines.rows(frame, bracket, width)][:height]
        since, until = chart.moments(frame, widths.course)
        known = self._samples.of(snapshot.prices, snapshot.series)
        extents = self._columns.of(known, since, until, 2 * widths.course)
        found = price_lines.all_lines(frame, bracket)
        axis = _axis(frame, found, extents, rows)
        drawn = self._drawn.of(extents, axis)
        canvas = Canvas(frame, axis, drawn, widths.course, _rulings(found))
        self._fills = {(widths.axis + x, 1 + y): fill for (x, y), fill in canvas.fills(since, until).items()}
        placed = [(int(axis.down(float(one.price)) // 1), one) for one in found]
        beside = price_lines.beside(frame, placed, widths.beside, rows)
        mark = axis.row_at(float(snapshot.mark))
        body = [
            line(
                _place(frame, axis, row, widths.axis),
                *canvas.row(row),
                *chart.tag(frame, row == mark, widths.tag),
                " ",
                *beside[row],
            )
            for row in range(rows)
        ]
        times = chart.times(frame, since, until, widths.axis, widths.course)
        return [head, *body, times, fit(foot, width)]

    def fill_at(self, x: int, y: int) -> FillView | None:
        """The fill that is drawn in a cell of the newest picture, or beside it."""
        near = ((x, y), (x - 1, y), (x + 1, y))
        return next((self._fills[place] for place in near if place in self._fills), None)


def _drawn(extents: Sequence[course.Extent | None], axis: PriceAxis) -> list[str]:
    return course.drawn(extents, axis.height, axis.down)


def _widths(frame: Frame, width: int) -> _BracketCells:
    axis = len(fmt.price(frame.snapshot.mark, frame.snapshot.instrument)) + 1
    tag = chart.tag_width(frame)
    rest = width - axis - tag - 1
    beside = next((cells for cells in _BESIDE if cells <= rest // _SHARE), max(rest // _SHARE, 0))
    return _BracketCells(axis, max(rest - beside, 0), tag, beside)


def _axis(
    frame: Frame, found: Sequence[PriceLine], extents: Sequence[course.Extent | None], rows: int
) -> PriceAxis:
    """It shows the course and every order; a line that is none only where it is not far away."""
    prices = [price for extent in extents if extent is not None for price in (extent.low, extent.high)]
    prices += [float(one.price) for one in found if one.side is not None]
    if frame.snapshot.mark is not None:
        prices.append(float(frame.snapshot.mark))
    low, high = min(prices), max(prices)
    room = _SIGHT * (high - low)
    near = (float(one.price) for one in found if low - room <= one.price <= high + room)
    return PriceAxis.over([*prices, *near], rows)


def _rulings(found: Sequence[PriceLine]) -> Iterator[Ruling]:
    """The orders lie over the rest."""
    for one in sorted(found, key=lambda each: each.side is not None):
        glyph = LIVE if one.state == SlotState.LIVE else NOT_YET
        if one.name == price_lines.LIQUIDATION:
            glyph = LIQUIDATION
        yield Ruling(float(one.price), glyph, price_lines.tone(one))


def _place(frame: Frame, axis: PriceAxis, row: int, width: int) -> Span:
    """The price of every fourth row."""
    text = ""
    if row % _PRICE_EVERY == _PRICE_EVERY // 2:
        instrument = frame.snapshot.instrument
        text = fmt.price(instrument.round_price(axis.decimal_at(row)), instrument)
    return Span(f"{text:>{width - 1}} ", Tone.DIM)


def title(frame: Frame) -> str:
    """The market, the strategy, and how much of the past is shown."""
    symbol = fmt.clean(frame.snapshot.instrument.symbol, 12)
    return f"{symbol}  bracket  {frame.stretch.words} [ ]"
