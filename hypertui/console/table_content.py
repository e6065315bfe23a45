"""What a table shows: its rows, and the details of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypertui.console.frame import Frame
from hypertui.console.lines import Cells, Column, Line, Span, Tone, fit, line, pad, widths_of

Details = Callable[[Frame, int], list[Line]]


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its cells, the text to copy, and its details. `key` identifies the same row in the next
    frame."""

    key: str
    cells: Cells
    copied: str = ""
    details: Details | None = None
    measures: tuple[int, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        # Measured once: a row stays the same while the content is rebuilt with each row that is added.
        object.__setattr__(self, "measures", widths_of(self.cells))

    @property
    def text(self) -> str:
        """The text that a filter searches."""
        return " ".join(cell.text for cell in self.cells).casefold()


@dataclass(frozen=True, slots=True)
class TableContent:
    """What a table shows: columns, rows, the text for no rows, and fixed lines above."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    empty: str
    above: Sequence[Line] = ()
    start: int = 0  # the row that is shown until the cursor is moved


def facts(pairs: Sequence[tuple[str, Span]], width: int) -> list[Line]:
    """Labels and values in as many columns as have room."""
    label = max((len(name) for name, _ in pairs), default=0) + 1
    value = max((len(span.text) for _, span in pairs), default=0)
    columns = max(1, width // (label + value + 3)) if value < width else 1
    rows = -(-len(pairs) // columns)
    lines = []
    for index in range(rows):
        parts: list[Span] = []
        for name, span in pairs[index::rows]:
            cell = line(Span(f"{name:<{label}}", Tone.DIM), span)
            parts += pad(cell, width // columns)
        lines.append(fit(tuple(parts), width))
    return lines
