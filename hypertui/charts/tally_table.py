"""A table of what was made by each of several things, with a small bar for each row and the sum below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.charts.figures import FigureKind, heading, shown
from hypertui.charts.small_bars import SmallBars
from hypertui.charts.typeset import cell, row, side, table


@dataclass(frozen=True, slots=True)
class TallyRow:
    """A row: what it is of, its figures by the names of their columns, and the result that its bar is of
    (USD)."""

    label: str
    figures: Mapping[str, object]
    result: Decimal


def tally_table(
    name: str,
    rows: Sequence[TallyRow],
    columns: Mapping[str, FigureKind],
    total: Mapping[str, object] | None = None,
) -> str:
    """The table. `name` stands above the labels; `total` are the figures of all rows together."""
    head = [cell(name, tag="th")]
    head += [cell(heading(each, kind), "n", "th") for each, kind in columns.items()]
    bars = SmallBars([each.result for each in rows])
    body = [row([cell(each.label), *_figures(each.figures, columns), bars.bar(each.result)]) for each in rows]
    foot = "" if total is None else row([cell("in all"), *_figures(total, columns), cell("")])
    return table([*head, cell("", tag="th")], body, foot)


def _figures(found: Mapping[str, object], columns: Mapping[str, FigureKind]) -> Iterator[str]:
    for name, kind in columns.items():
        value = found[name]
        of = side(value) if kind is FigureKind.GAIN and isinstance(value, Decimal) else ""
        yield cell(shown(value, kind), f"n {of}")
