"""The chart of what was made over time, realised or not, with the drawdown under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.charts import drawing
from hypertui.charts.drawing import Drawing
from hypertui.charts.figures import gain, second

_TOP, _HEIGHT, _BETWEEN, _UNDER, _BELOW = 14.0, 210.0, 26.0, 100.0, 30.0


@dataclass(frozen=True, slots=True)
class Point:
    """`at` ms, `profit` USD, `drawdown` USD below the highest profit until then."""

    at: int
    profit: Decimal
    drawdown: Decimal


def equity_chart(points: Sequence[Point], title: str) -> Drawing:
    """Both, over the same time; needs two points at least."""
    times = points[0].at, points[-1].at
    made = [(point.at, point.profit) for point in points]
    below = [(point.at, -point.drawdown) for point in points]
    above = drawing.area(_TOP, _HEIGHT, times, (value for _, value in made), zero=True)
    under = drawing.area(above.bottom + _BETWEEN, _UNDER, times, (value for _, value in below), zero=True)
    about = (
        f"Equity, from 0 to {gain(made[-1][1])} USD, and drawdown, at most "
        f"{gain(min(value for _, value in below))} USD, {second(times[0])} to {second(times[1])} UTC"
    )
    drawn = [
        *drawing.values_axis(above),
        drawing.polyline(above, made, "line"),
        *drawing.values_axis(under),
        drawing.filled(under, below, "deep"),
        drawing.text(drawing.LEFT + 6, under.top - 7, "drawdown (USD)"),
        *drawing.times_axis(under),
    ]
    return Drawing(title, about, under.bottom + _BELOW, "".join(drawn))
