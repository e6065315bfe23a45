"""Line and bar charts as SVG text, without script or network."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape

WIDTH, HEIGHT = 900, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 10, 12, 26


def line(points: Sequence[tuple[int, Decimal]], name: str, ends: tuple[str, str]) -> str:
    """A line through (x, USD); `ends` label the first and the last x."""
    if len(points) < 2:
        return _nothing(name)
    first, last = points[0][0], points[-1][0]
    low, high = _range([value for _, value in points])
    span = max(1, last - first)
    path = " ".join(
        f"{'M' if not number else 'L'}{_x((at - first) / span):.1f},{_y(float(value), low, high):.1f}"
        for number, (at, value) in enumerate(points)
    )
    zero = _y(0.0, low, high)
    drawn = f'<path class="line" d="{path}"/><line class="zero" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" '
    drawn += f'y1="{zero:.1f}" y2="{zero:.1f}"/>'
    return _frame(name, drawn + _scale(low, high) + _ends(*ends))


def bars(values: Sequence[tuple[str, Decimal]], name: str) -> str:
    """A bar for each (label, USD), up from zero or down."""
    if not values:
        return _nothing(name)
    low, high = _range([value for _, value in values])
    zero = _y(0.0, low, high)
    step = (WIDTH - _LEFT - _RIGHT) / len(values)
    drawn = ""
    for number, (label, value) in enumerate(values):
        top = _y(float(value), low, high)
        kind = "up" if value >= 0 else "down"
        drawn += (
            f'<rect class="{kind}" x="{_LEFT + number * step + step * 0.1:.1f}" y="{min(top, zero):.1f}" '
            f'width="{step * 0.8:.1f}" height="{max(0.5, abs(top - zero)):.1f}">'
            f"<title>{escape(label)}: {value:+,.2f}</title></rect>"
        )
        if len(values) <= 24:
            x = _LEFT + (number + 0.5) * step
            drawn += f'<text class="x" x="{x:.1f}" y="{HEIGHT - 8}">{escape(label[-10:])}</text>'
    drawn += f'<line class="zero" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{zero:.1f}" y2="{zero:.1f}"/>'
    ends = "" if len(values) <= 24 else _ends(values[0][0], values[-1][0])
    return _frame(name, drawn + _scale(low, high) + ends)


def _range(values: Sequence[Decimal]) -> tuple[float, float]:
    low, high = min(0.0, float(min(values))), max(0.0, float(max(values)))
    return (low, high) if high > low else (low, low + 1.0)


def _x(part: float) -> float:
    return _LEFT + part * (WIDTH - _LEFT - _RIGHT)


def _y(value: float, low: float, high: float) -> float:
    return _TOP + (high - value) / (high - low) * (HEIGHT - _TOP - _BOTTOM)


def _scale(low: float, high: float) -> str:
    ticks = sorted({low, 0.0, high})
    return "".join(
        f'<text class="y" x="{_LEFT - 6}" y="{_y(tick, low, high) + 4:.1f}">{tick:,.2f}</text>'
        for tick in ticks
    )


def _ends(first: str, last: str) -> str:
    return (
        f'<text x="{_LEFT}" y="{HEIGHT - 8}">{escape(first)}</text>'
        f'<text class="y" x="{WIDTH - _RIGHT}" y="{HEIGHT - 8}">{escape(last)}</text>'
    )


def _frame(name: str, drawn: str) -> str:
    return (
        f'<figure><figcaption>{escape(name)}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(name)}">{drawn}</svg></figure>'
    )


def _nothing(name: str) -> str:
    return f"<figure><figcaption>{escape(name)}</figcaption><p>nothing to draw yet</p></figure>"
