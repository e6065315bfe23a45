"""The chart of a whole course: price with units and fills, phases, net PnL and drawdown over the same time.

It is a picture by itself; the page's script (`charts.js`) draws it anew for a part of the time, from the same
columns, and says what they are under the pointer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from hypertui.charts import drawing
from hypertui.charts.curve import Curve
from hypertui.charts.document import data
from hypertui.charts.drawing import Drawing, DrawnArea
from hypertui.charts.figures import gain, second
from hypertui.charts.price_chart import FILL_KEYS, fill_mark, unit_lines, units_apart
from hypertui.charts.price_track import TrackedFill
from hypertui.core import phrases
from hypertui.core.market import Instrument

_TOP, _BETWEEN, _BELOW = 16.0, 28.0, 30.0
_PRICE, _NET, _UNDER = 300.0, 190.0, 84.0  # heights
_ROW = 11.0  # of a phase
_LETTER = 5.9  # how wide one is, more or less
_FIGURES = 9  # of a float in the page: more than anybody sees


@dataclass(frozen=True, slots=True)
class CourseChart:
    """What is drawn of a course in the market `instrument`. `units` are prices (USD) of units that the curve
    may come to; of many fills every `nth` is drawn, of `count`. `others` are net PnLs to compare it with, at
    the same moments, by what they are; None where one has ended. Without `timed` the moments only count."""

    curve: Curve
    fills: Sequence[TrackedFill]
    units: Mapping[int, Decimal]
    phases: Sequence[str]
    instrument: Instrument
    others: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    nth: int = 1
    count: int = 0
    timed: bool = True

    @property
    def drawing(self) -> Drawing:
        """The picture. Needs two moments at least."""
        curve, areas = self.curve, self._areas()
        price, net, under = areas
        parts = [
            *_axis(price, 0),
            *self._unit_lines(price),
            _line(price, curve.at, (curve.low, curve.high), "line price"),
            '<g class="fills">',
            *(fill_mark(fill, price, self.instrument, timed=self.timed) for fill in self.fills),
            "</g>",
            drawing.text(drawing.LEFT + 6, price.top - 5, "price (USD)"),
            *self._phase_rows(price.bottom + _BETWEEN - 8),
            *_axis(net, 1),
            drawing.text(drawing.LEFT + 6, net.top - 5, "net PnL (USD)"),
            *self._samples(net.top - 5),
            *(
                drawing.polyline(net, _known(curve.at, values), f"line drawn{number} other other{number}")
                for number, values in enumerate(self.others.values())
            ),
            _line(net, curve.at, (curve.worst, curve.best), "line net"),
            *_axis(under, 2),
            drawing.text(drawing.LEFT + 6, under.top - 5, "drawdown (USD)"),
            drawing.filled(
                under, [(at, -fall) for at, fall in zip(curve.at, curve.drawdown, strict=True)], "deep"
            ),
            '<g class="times">',
            *(drawing.times_axis(under) if self.timed else drawing.counts_axis(under)),
            "</g>",
        ]
        symbol = self.instrument.symbol
        title = f"{symbol}: price with units and fills, phases, net PnL and drawdown"
        return Drawing(title, self._about(), under.bottom + _BELOW, "".join(parts), self._legend())

    @property
    def html(self) -> str:
        """The figure of a page, with what its script needs."""
        return self.drawing.html("course", data(self._columns()))

    def _areas(self) -> tuple[DrawnArea, DrawnArea, DrawnArea]:
        curve = self.curve
        times = curve.at[0], curve.at[-1]
        nets = [*curve.worst, *curve.best]
        nets += [value for values in self.others.values() for value in values if value is not None]
        price = drawing.area(_TOP, _PRICE, times, _ends([*curve.low, *curve.high]), zero=False)
        top = price.bottom + 2 * _BETWEEN + _ROW * len(self.phases)
        net = drawing.area(top, _NET, times, _ends(nets), zero=True)
        falls = [-fall for fall in curve.drawdown]
        return price, net, drawing.area(net.bottom + _BETWEEN, _UNDER, times, _ends(falls), zero=True)

    def _about(self) -> str:
        curve = self.curve
        when = f"{second(curve.at[0])} to {second(curve.at[-1])} UTC" if self.timed else f"{len(curve)} parts"
        net, deepest = Decimal(curve.net[-1]), Decimal(max(curve.drawdown))
        return f"Net PnL {gain(net)} USD, deepest fall {gain(-deepest)} USD, {when}"

    def _unit_lines(self, where: DrawnArea) -> Iterator[str]:
        seen = sum(where.low < price < where.high for price in self.units.values())
        yield '<g class="units">'
        yield from unit_lines(self.units, where, units_apart([seen], where), (where.begin, where.end))
        yield "</g>"

    def _phase_rows(self, top: float) -> Iterator[str]:
        """A row for each phase, with a bar for as long as the ladder was in it."""
        at = self.curve.at
        where = DrawnArea(top, _ROW * len(self.phases), at[0], at[-1], 0, 1)
        yield '<g class="phases">'
        for row, phase in enumerate(self.phases):
            y = top + row * _ROW
            yield drawing.text(drawing.LEFT - 6, y + _ROW - 2.5, phase, "y")
            ends = [(where.x(begin), where.x(end)) for begin, end in self._spans(phase)]
            bars = "".join(f"M{x:.1f},{y + 2:.1f}H{to:.1f}V{y + _ROW - 2:.1f}H{x:.1f}Z" for x, to in ends)
            yield f'<path class="phase" d="{bars or "M0,0"}"/>'
        yield "</g>"

    def _spans(self, phase: str) -> Iterator[tuple[int, int]]:
        """From when to when it was in a phase."""
        before, index = self.curve.at[0], 0
        for name, group in groupby(self.curve.phase):
            index += len(list(group))
            end = self.curve.at[index - 1]
            if name == phase:
                yield before, end
            before = end

    def _samples(self, y: float) -> Iterator[str]:
        """What each line of the net PnL is, from the right."""
        x = float(drawing.WIDTH - drawing.RIGHT)
        for number, name in reversed(list(enumerate(self.others))):
            x -= len(name) * _LETTER
            yield f'<g class="other{number}">{drawing.text(x, y, name)}'
            yield f'<path class="line other other{number}" d="M{x - 28:.1f},{y - 3.5:.1f}h24"/></g>'
            x -= 44

    def _legend(self) -> str:
        few = f" Every {phrases.ordinal(self.nth)} of {self.count:,} fills is drawn." if self.nth > 1 else ""
        return f"{FILL_KEYS}{few}"

    def _columns(self) -> dict[str, object]:
        """What the script draws from: columns, and where they are drawn."""
        curve = self.curve
        names = ("low", "high", "price", "worst", "best", "net", "drawdown")
        columns: dict[str, object] = {name: _rounded(getattr(curve, name)) for name in names}
        others = {f"other{number}": _rounded(each) for number, each in enumerate(self.others.values())}
        price, net, under = self._areas()
        first = curve.at[0]
        return {
            "first": first,
            "at": [at - first for at in curve.at],
            **columns,
            **others,
            "unit": curve.unit,
            "phase": [self.phases.index(phase) for phase in curve.phase],
            "phases": list(self.phases),
            "others": list(self.others),
            "timed": self.timed,
            "left": drawing.LEFT,
            "right": drawing.WIDTH - drawing.RIGHT,
            "rows": {"top": price.bottom + _BETWEEN - 8, "height": _ROW},
            "areas": [{"top": each.top, "height": each.height} for each in (price, net, under)],
            "units": [[unit, float(value)] for unit, value in self.units.items()],
            "fills": [[fill.at - first, float(fill.price)] for fill in self.fills],
        }


def _axis(where: DrawnArea, number: int) -> Iterator[str]:
    yield f'<g class="values values{number}">'
    yield from drawing.values_axis(where)
    yield "</g>"


def _line(
    where: DrawnArea, at: Sequence[int], ends: tuple[Sequence[float], Sequence[float]], kind: str
) -> str:
    """Through both ends of each stretch, the nearer one first."""
    points: list[tuple[int, float]] = []
    for moment, low, high in zip(at, *ends, strict=True):
        pair = [low, high] if low != high else [low]
        if points and abs(points[-1][1] - low) > abs(points[-1][1] - high):
            pair.reverse()
        points += ((moment, each) for each in pair)
    return drawing.polyline(where, points, kind)


def _known(at: Sequence[int], values: Sequence[float | None]) -> list[tuple[int, float]]:
    return [(moment, value) for moment, value in zip(at, values, strict=True) if value is not None]


def _ends(values: Sequence[float]) -> Iterable[Decimal]:
    return Decimal(min(values)), Decimal(max(values))


def _rounded(values: Sequence[float | None]) -> list[float | None]:
    return [value if value is None else _short(value) for value in values]


def _short(value: float) -> float:
    if not value:
        return 0.0
    places = _FIGURES - 1 - math.floor(math.log10(abs(value)))
    return round(value, max(2, min(places, 12)))
