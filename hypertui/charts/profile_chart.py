"""A figure over the values of one setting: a line for each of a few others, with 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from hypertui.charts import drawing
from hypertui.charts.drawing import Drawing

_TOP, _HEIGHT, _BELOW = 20.0, 200.0, 44.0
_TICKS = 12
_LETTER = 5.9  # how wide one is, more or less
LINES = 3  # that can be told apart


def profile_chart(
    title: str, name: str, labels: Sequence[str], lines: Mapping[str, Sequence[float | None]]
) -> Drawing:
    """Over two labels at least, which are of `name`. Of the lines the first few are drawn."""
    shown = dict(list(lines.items())[:LINES])
    known = [value for values in shown.values() for value in values if value is not None]
    ends = [Decimal(repr(value)) for value in (min(known), max(known))]
    where = drawing.area(_TOP, _HEIGHT, (0, len(labels) - 1), ends, zero=True)
    parts = [*drawing.values_axis(where)]
    for number, values in enumerate(shown.values()):
        points = [(index, value) for index, value in enumerate(values) if value is not None]
        kind = "line net" if not number else f"line other other{number}"
        parts.append(drawing.polyline(where, points, kind))
    every = -(-len(labels) // _TICKS)
    for index in range(0, len(labels), every):
        parts.append(f'<path class="tick" d="M{where.x(index):.1f},{where.bottom:.1f}v4"/>')
        parts.append(drawing.text(where.x(index), where.bottom + 17, labels[index], "x"))
    middle = (drawing.LEFT + drawing.WIDTH - drawing.RIGHT) / 2
    parts.append(drawing.text(middle, where.bottom + 36, name, "x"))
    x = float(drawing.WIDTH - drawing.RIGHT)
    for number, label in reversed(list(enumerate(shown))):
        x -= len(label) * _LETTER
        kind = "line net" if not number else f"line other other{number}"
        parts.append(drawing.text(x, _TOP - 7, label))
        parts.append(f'<path class="{kind}" d="M{x - 28:.1f},{_TOP - 10.5:.1f}h24"/>')
        x -= 44
    about = f"{title}: from {min(known):,.2f} to {max(known):,.2f}, over {len(labels)} values"
    return Drawing(title, about, where.bottom + _BELOW, "".join(parts))
