"""A map of the results of a sweep: one cell for each setting, its colour by what it made.

A loss bears a minus as well, the plateau about the best one has an edge, and the best a star."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hypertui.charts import drawing
from hypertui.charts.drawing import Drawing
from hypertui.charts.typeset import escaped

_TOP, _BELOW, _ROW = 18.0, 44.0, 34.0
_LEFT = 150.0  # the names of the rows
_TICKS = 12  # columns that are named
_FAINTEST = 0.12
_LEAST_SIGN = 7.0  # cells narrower than this bear no minus


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A value for each row and column, None where there is none. `plateau` and `best` are places (row,
    column); `about` says in words what a value is. One of `scale` or more has the full colour."""

    title: str
    about: str
    columns: Sequence[str]
    rows: Sequence[str]
    values: Sequence[Sequence[float | None]]
    column_name: str
    plateau: frozenset[tuple[int, int]] = frozenset()
    best: tuple[int, int] | None = None
    scale: float = 1.0
    decimals: int = 2

    @property
    def drawing(self) -> Drawing:
        """The picture."""
        height = _TOP + _ROW * len(self.rows) + _BELOW
        parts = [*self._cells(), *self._edges(), *self._star(), *self._names()]
        return Drawing(self.title, self.about, height, "".join(parts), self._legend())

    @property
    def _wide(self) -> float:
        return (drawing.WIDTH - _LEFT - drawing.RIGHT) / len(self.columns)

    def _cells(self) -> Iterator[str]:
        for row, values in enumerate(self.values):
            for column, value in enumerate(values):
                yield self._cell(row, column, value)

    def _cell(self, row: int, column: int, value: float | None) -> str:
        x, y = self._place(row, column)
        box = f'x="{x:.1f}" y="{y:.1f}" width="{self._wide:.1f}" height="{_ROW:.1f}"'
        name = f"{self.rows[row]}, {self.column_name} {self.columns[column]}"
        if value is None:
            return f'<rect class="heat none" {box}><title>{escaped(name)}: not walked</title></rect>'
        kind = "loss" if value < 0 else "gain"
        strong = _FAINTEST + (1 - _FAINTEST) * min(1.0, abs(value) / self.scale)
        words = escaped(f"{name}: {value:+,.{self.decimals}f}")
        drawn = f'<rect class="heat {kind}" {box} fill-opacity="{strong:.3f}"><title>{words}</title></rect>'
        if value < 0 and self._wide >= _LEAST_SIGN:
            middle, half = x + self._wide / 2, min(4.0, self._wide / 4)
            drawn += f'<path class="below" d="M{middle - half:.1f},{y + _ROW / 2:.1f}h{2 * half:.1f}"/>'
        return drawn

    def _edges(self) -> Iterator[str]:
        """Around the plateau."""
        parts = []
        for row, column in sorted(self.plateau):
            x, y = self._place(row, column)
            sides = (
                ((row - 1, column), f"M{x:.1f},{y:.1f}h{self._wide:.1f}"),
                ((row + 1, column), f"M{x:.1f},{y + _ROW:.1f}h{self._wide:.1f}"),
                ((row, column - 1), f"M{x:.1f},{y:.1f}v{_ROW:.1f}"),
                ((row, column + 1), f"M{x + self._wide:.1f},{y:.1f}v{_ROW:.1f}"),
            )
            parts += [line for other, line in sides if other not in self.plateau]
        if parts:
            yield f'<path class="plateau" d="{"".join(parts)}"/>'

    def _star(self) -> Iterator[str]:
        if self.best is not None:
            x, y = self._place(*self.best)
            yield drawing.text(x + self._wide / 2, y + _ROW / 2 + 4.5, "★", "best")

    def _names(self) -> Iterator[str]:
        bottom = _TOP + _ROW * len(self.rows)
        for row, name in enumerate(self.rows):
            yield drawing.text(_LEFT - 6, _TOP + (row + 0.5) * _ROW + 4, name, "y")
        every = -(-len(self.columns) // _TICKS)
        for column in range(0, len(self.columns), every):
            x = _LEFT + (column + 0.5) * self._wide
            yield f'<path class="tick" d="M{x:.1f},{bottom:.1f}v4"/>'
            yield drawing.text(x, bottom + 17, self.columns[column], "x")
        yield drawing.text(
            _LEFT + (drawing.WIDTH - _LEFT - drawing.RIGHT) / 2, bottom + 36, self.column_name, "x"
        )

    def _place(self, row: int, column: int) -> tuple[float, float]:
        return _LEFT + column * self._wide, _TOP + row * _ROW

    def _legend(self) -> str:
        keys = ["the stronger the colour, the more", '<span class="loss">−</span> a loss']
        if self.best is not None:
            keys.append("★ the best")
        if self.plateau:
            keys.append("inside the edge: the plateau, the settings about the best that are nearly as good")
        return " ".join(f'<span class="key">{key}</span>' for key in keys)
