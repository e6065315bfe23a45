"""The picture's cells: the course of the price, with orders, entry, liquidation and fills over it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from hypertui.console.frame import Frame
from hypertui.console.lines import Span, Tone
from hypertui.console.views.ladder.orders import SIDE_TONE
from hypertui.console.views.ladder.scale import Scale
from hypertui.core.market import Side
from hypertui.port.views import FillView, SlotState

_FILL = {Side.BUY: "▲", Side.SELL: "▼"}
_LIVE, _NOT_YET, _ENTRY, _LIQUIDATION = "╌", "·", "·", "━"


class Canvas:
    """Cells of `width` columns, one row for each of the scale's. What is drawn later lies above."""

    def __init__(self, frame: Frame, scale: Scale, course: Sequence[str], width: int) -> None:
        self._frame = frame
        self._scale = scale
        self._width = width
        role = Tone.STALE if frame.mark_stale else Tone.COURSE
        self._chars = [list(row) for row in course]
        self._tones = [[role] * width for _ in course]
        self._lines()
        self._orders()

    def _lines(self) -> None:
        snapshot = self._frame.snapshot
        for price, glyph, role in (
            (snapshot.entry_price, _ENTRY, Tone.DIM),
            (snapshot.liquidation_price, _LIQUIDATION, Tone.WARNING),
        ):
            if price is not None and (row := self._scale.row_at(float(price))) is not None:
                self._across(row, glyph, role)

    def _orders(self) -> None:
        for slot in self._frame.snapshot.slots:
            row = self._scale.row_at(float(slot.trigger))
            if row is not None:
                glyph = _LIVE if slot.state is SlotState.LIVE else _NOT_YET
                self._across(row, glyph, SIDE_TONE[slot.side])

    def _across(self, row: int, glyph: str, role: Tone) -> None:
        """A line behind the course."""
        chars, tones = self._chars[row], self._tones[row]
        for column, char in enumerate(chars):
            if char in (" ", _ENTRY):
                chars[column], tones[column] = glyph, role

    def fills(self, since: float, until: float) -> dict[tuple[int, int], FillView]:
        """Draw what was bought and sold between two moments (ms), the newest uppermost; returns what lies in
        which cell, by column and row."""
        drawn: dict[tuple[int, int], FillView] = {}
        width = (until - since) / self._width
        for fill in reversed(self._frame.snapshot.fills):
            row = self._scale.row_at(float(fill.price))
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
