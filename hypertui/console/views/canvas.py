"""A picture's cells: the course of the price, with lines at the prices that matter and fills over it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol

from hypertui.console.frame import Frame
from hypertui.console.lines import Span, Tone
from hypertui.core.market import Side
from hypertui.port.views import FillView

SIDE_TONE = {Side.BUY: Tone.BUY, Side.SELL: Tone.STOP}
LIVE, NOT_YET, LIQUIDATION = "╌", "·", "━"  # what lines are drawn of
_FILL = {Side.BUY: "▲", Side.SELL: "▼"}


class Axis(Protocol):
    """Says where a price (USD) lies."""

    def row_at(self, price: float) -> int | None:
        """The row in which it lies, from 0; None outside of the picture."""


class Ruling(NamedTuple):
    """A line across the picture, at a price (USD)."""

    price: float
    glyph: str
    tone: Tone


class Canvas:
    """Cells of `width` columns, one row for each of the axis's. What is drawn later lies above, and all lines
    lie behind the course."""

    def __init__(
        self, frame: Frame, axis: Axis, course: Sequence[str], width: int, rulings: Iterable[Ruling]
    ) -> None:
        self._frame = frame
        self._axis = axis
        self._width = width
        role = Tone.STALE if frame.mark_stale else Tone.COURSE
        self._chars = [list(row.ljust(width)) for row in course]
        self._tones = [[role] * width for _ in course]
        for ruling in rulings:
            if (row := axis.row_at(ruling.price)) is not None:
                self._across(row, ruling.glyph, ruling.tone)

    def _across(self, row: int, glyph: str, role: Tone) -> None:
        chars, tones = self._chars[row], self._tones[row]
        for column, char in enumerate(chars):
            if char in (" ", NOT_YET):
                chars[column], tones[column] = glyph, role

    def fills(self, since: float, until: float) -> dict[tuple[int, int], FillView]:
        """Draw what was bought and sold between two moments (ms), the newest uppermost; returns what lies in
        which cell, by column and row."""
        drawn: dict[tuple[int, int], FillView] = {}
        width = (until - since) / self._width
        for fill in reversed(self._frame.snapshot.fills):
            row = self._axis.row_at(float(fill.price))
            if since <= fill.at < until and row is not None:
                column = int((fill.at - since) // width)
                self._chars[row][column] = _FILL[fill.side]
                self._tones[row][column] = SIDE_TONE[fill.side]
                drawn[column, row] = fill
        return drawn

    def row(self, index: int) -> list[Span]:
        """The cells of a row in as few spans as possible."""
        chars, tones, at = self._chars[index], self._tones[index], 0
        if not tones or tones.count(tones[0]) == len(tones):  # most rows are
            return [Span("".join(chars), tones[0])] if tones else []
        spans: list[Span] = []
        for role, run in groupby(tones):
            end = at + sum(1 for _ in run)
            spans.append(Span("".join(chars[at:end]), role))
            at = end
        return spans
