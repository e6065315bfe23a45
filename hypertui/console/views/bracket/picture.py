"""The picture of a bracket: the price as it went, and across it entry, average, stop and target."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.kept import Kept
from hypertui.console.lines import Line, Span, Tone, fit, line, pad
from hypertui.console.views import course
from hypertui.console.views.bracket.words import facts, sentence
from hypertui.core.market import Side
from hypertui.port.views import BracketView, PriceLine

_BESIDE = 34  # cells
_MARGIN = 0.05  # of what is shown, above and below
_GLYPH = {"live": "╌", "fired": "╌", "": "·"}


class BracketPicture:
    """Keeps the course of the price until it changes."""

    def __init__(self) -> None:
        self._samples = Kept(course.samples)
        self._columns = Kept(course.columns)

    def lines(self, frame: Frame, bracket: BracketView, width: int, height: int) -> Sequence[Line]:
        """Facts, the course with a line at each price that matters, and beside it what stands there."""
        head = fit(facts(frame, bracket), width)
        rows, cells = height - 2, width - _BESIDE - 1
        if rows < 3 or cells < 10:
            return [head, *bracket_rows(frame, bracket, width)][:height]
        each = frame.stretch.length(frame.snapshot, frame.now) / cells
        until = (frame.now // each + 1) * each
        known = self._samples.of(frame.snapshot.prices, frame.snapshot.series)
        extents = self._columns.of(known, until - cells * each, until, 2 * cells)
        prices = [float(each.price) for each in bracket.lines]
        prices += [price for extent in extents if extent is not None for price in (extent.low, extent.high)]
        if frame.snapshot.mark is not None:
            prices.append(float(frame.snapshot.mark))
        if not prices:
            return [head, line(Span("no price yet", Tone.DIM))]
        axis = _Axis(prices, rows)
        drawn = course.drawn(extents, rows, axis.down)
        named: dict[int, list[PriceLine]] = {}
        for each_line in sorted(bracket.lines, key=lambda one: one.side is None, reverse=True):
            named.setdefault(axis.row_at(float(each_line.price)), []).append(each_line)
        body = [_row(frame, drawn[row], named.get(row, []), cells) for row in range(rows)]
        return [head, *body, fit(line(Span(sentence(frame, bracket), Tone.DIM)), width)]


class _Axis:
    """Rows of equal height from the highest price to the lowest."""

    def __init__(self, prices: Sequence[float], rows: int) -> None:
        low, high = min(prices), max(prices)
        room = (high - low or abs(high) * 0.001) * _MARGIN
        self._top, self._rows = high + room, rows
        self._each = (high - low + 2 * room) / rows

    def down(self, price: float) -> float:
        """How many rows a price lies below the top edge."""
        return (self._top - price) / self._each

    def row_at(self, price: float) -> int:
        """The row in which a price lies."""
        return min(max(int(self.down(price)), 0), self._rows - 1)


def _row(frame: Frame, drawn: str, lines: Sequence[PriceLine], cells: int) -> Line:
    role = Tone.STALE if frame.mark_stale else Tone.COURSE
    if not lines:
        return pad(line(Span(drawn, role)), cells)
    one = lines[-1]
    glyph, tone = _GLYPH.get(one.state, "·"), _tone(one)
    spans = [Span(char, role) if char != " " else Span(glyph, tone) for char in drawn.ljust(cells)]
    more = f" +{len(lines) - 1} more" if len(lines) > 1 else ""
    return fit((*spans, Span(" "), *_words(frame, one), Span(more, Tone.DIM)), cells + 1 + _BESIDE)


def _tone(one: PriceLine) -> Tone:
    if one.side is None:
        return Tone.DIM
    return Tone.BUY if one.side is Side.BUY else Tone.STOP


def _words(frame: Frame, one: PriceLine) -> Line:
    snapshot = frame.snapshot
    away = "" if not snapshot.mark else f" {fmt.percent((one.price - snapshot.mark) / snapshot.mark)}"
    said = f"{one.name} {fmt.price(one.price, snapshot.instrument)}"
    return line(Span(said, _tone(one)), Span(away, Tone.STALE if frame.mark_stale else Tone.TEXT))


def bracket_rows(frame: Frame, bracket: BracketView, width: int) -> list[Line]:
    """A row for each price that matters, the highest first: what stands there, of how much, and how."""
    rows = []
    for one in sorted(bracket.lines, key=lambda each: -each.price):
        what = f"{fmt.size(one.size, frame.snapshot.instrument)} " if one.size else "all " if one.side else ""
        state = one.state if frame.out_of_sight is None else f"{one.state}?"
        rows.append(fit((*_words(frame, one), *line("  ", Span(f"{what}{state}", Tone.DIM))), width))
    return rows or [line(Span("no order is live", Tone.DIM))]


def title(frame: Frame) -> str:
    """The market, the strategy, and how much of the past is shown."""
    symbol = fmt.clean(frame.snapshot.instrument.symbol, 12)
    return f"{symbol}  bracket  {frame.stretch.words} [ ]"
