"""Charts as SVG text, without script or network: an area with its axes, and what is drawn in it.

Colours are classes of the page's style sheet, and nothing is said by a colour alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from hypertui.charts.typeset import escaped

WIDTH = 900
LEFT, RIGHT = 76, 52  # of the area; beside it stand the labels

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000
# Distances between two times that are easy to count by.
_TIMES = (
    *(_SECOND * count for count in (1, 2, 5, 10, 15, 30)),
    *(_MINUTE * count for count in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * count for count in (1, 2, 3, 6, 12)),
    *(_DAY * count for count in (1, 2, 7, 14, 28, 91, 182, 364)),
)
_MOST_TIMES, _MOST_VALUES = 8, 6


@dataclass(frozen=True, slots=True)
class DrawnArea:
    """Where time and values lie: `top` and `height` in units of the drawing, the rest in ms and USD."""

    top: float
    height: float
    begin: int
    end: int
    low: float
    high: float

    def x(self, at: float) -> float:
        """Of a time."""
        return LEFT + (at - self.begin) / max(1, self.end - self.begin) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float | Decimal) -> float:
        """Of a value."""
        return self.top + (self.high - float(value)) / (self.high - self.low) * self.height

    @property
    def bottom(self) -> float:
        """Below the area."""
        return self.top + self.height


def area(
    top: float, height: float, times: tuple[int, int], values: Iterable[Decimal], *, zero: bool
) -> DrawnArea:
    """One that holds all of the values, and 0 where `zero` says so, with a little room around them."""
    found = [float(value) for value in values] + ([0.0] if zero else [])
    low, high = min(found), max(found)
    room = (high - low) * 0.04 or max(abs(high), 1.0) * 0.01
    if low or low == high:
        low -= room
    if high:
        high += room
    return DrawnArea(top, height, *times, low, high)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with its title, `height` in units of the drawing; `about` says in words what is to be seen, for
    who cannot see it. `inner` is SVG, `legend` HTML."""

    title: str
    about: str
    height: float
    inner: str
    legend: str = ""

    @property
    def svg(self) -> str:
        """The picture alone."""
        return (
            f'<svg viewBox="0 0 {WIDTH} {self.height:.0f}" role="img" aria-label="{escaped(self.about)}">'
            f"{self.inner}</svg>"
        )

    def html(self, kind: str = "", after: str = "") -> str:
        """A figure of a page; `kind` is a class of the style sheet, `after` what stands below the picture."""
        which = f' class="{kind}"' if kind else ""
        below = f'<p class="legend">{self.legend}</p>' if self.legend else ""
        caption = f"<figcaption>{escaped(self.title)}</figcaption>"
        return f'<figure{which}>{caption}<div class="scroll">{self.svg}</div>{after}{below}</figure>'


def polyline(where: DrawnArea, points: Sequence[tuple[int, float | Decimal]], kind: str) -> str:
    """A line through (ms, USD)."""
    return f'<path class="{kind}" d="{_way(where, points)}"/>'


def filled(where: DrawnArea, points: Sequence[tuple[int, float | Decimal]], kind: str) -> str:
    """The ground between 0 and a line through (ms, USD)."""
    zero = where.y(0)
    first = where.x(points[0][0])
    return f'<path class="{kind}" d="M{first:.1f},{zero:.1f}L{_way(where, points)[1:]}V{zero:.1f}Z"/>'


def level(where: DrawnArea, value: float | Decimal, kind: str, span: tuple[int, int] | None = None) -> str:
    """A line at a value, all the way or from time to time (ms)."""
    begin, end = (where.begin, where.end) if span is None else span
    y = where.y(value)
    return f'<path class="{kind}" d="M{where.x(begin):.1f},{y:.1f}H{where.x(end):.1f}"/>'


def text(x: float, y: float, words: str, kind: str = "") -> str:
    """Words that begin at x, or end there (`kind` "y"), or have it in their middle ("x")."""
    which = f' class="{kind}"' if kind else ""
    return f'<text{which} x="{x:.1f}" y="{y:.1f}">{escaped(words)}</text>'


def values_axis(where: DrawnArea) -> Iterator[str]:
    """Round values at the left, each with a faint line."""
    step = _round_step((where.high - where.low) / (_MOST_VALUES if where.height > 150 else 3))
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    for number in range(math.ceil(where.low / step), math.floor(where.high / step) + 1):
        yield level(where, number * step, "zero" if number == 0 else "grid")
        yield text(LEFT - 6, where.y(number * step) + 4, f"{number * step:,.{decimals}f}", "y")


def times_axis(where: DrawnArea) -> Iterator[str]:
    """Round times (UTC) below, with the day at the first one and where one begins."""
    span = where.end - where.begin
    step = next((each for each in _TIMES if span / each <= _MOST_TIMES), _TIMES[-1])
    step *= max(1, math.ceil(span / step / _MOST_TIMES))
    first = -(-where.begin // step) * step
    for at in range(first, where.end + 1, step):
        yield f'<path class="tick" d="M{where.x(at):.1f},{where.bottom:.1f}v4"/>'
        yield text(where.x(at), where.bottom + 17, _time(at, step, at == first), "x")


def counts_axis(where: DrawnArea) -> Iterator[str]:
    """Round numbers below, where there are no times."""
    step = max(1, round(_round_step((where.end - where.begin) / _MOST_TIMES)))
    for at in range(-(-where.begin // step) * step, where.end + 1, step):
        yield f'<path class="tick" d="M{where.x(at):.1f},{where.bottom:.1f}v4"/>'
        yield text(where.x(at), where.bottom + 17, f"{at:,}", "x")


def _time(at: int, step: int, first: bool) -> str:
    moment = datetime.fromtimestamp(at // 1000, UTC)
    if step >= _DAY:
        return f"{moment:%Y-%m-%d}" if first else f"{moment:%m-%d}"
    time = f"{moment:%H:%M:%S}" if step < _MINUTE else f"{moment:%H:%M}"
    return f"{moment:%m-%d} {time}" if first or at % _DAY == 0 else time


def _way(where: DrawnArea, points: Sequence[tuple[int, float | Decimal]]) -> str:
    return "M" + "L".join(f"{where.x(at):.1f},{where.y(value):.1f}" for at, value in points)


def _round_step(least: float) -> float:
    """1, 2 or 5 times a power of ten, at least as much as given."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * each for each in (1, 2, 5, 10) if power * each >= least * 0.999)
