"""The price chart of a large terminal: marks, the units' prices, buys and sales."""

from __future__ import annotations

from decimal import Decimal

from rich.text import Text
from textual.color import Color
from textual_plotext import PlotextPlot

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.core.market import Side

# Drawn anew so often at most: a chart of a few minutes changes slowly, and it is the widest thing on the
# screen.
_EVERY = 5_000
_TIMES = 6
_MOST_LINES = 12

Rgb = tuple[int, int, int]


class PriceChart(PlotextPlot):
    """Draws floats: a picture is no place for exact numbers, and nothing is computed from them."""

    def __init__(self, *, ascii: bool) -> None:
        super().__init__(id="chart", classes="boxed")
        self.border_title = "MARK, UNITS AND FILLS"
        self._ascii = ascii
        self._drawn_at: int | None = None
        self._basis: object = None

    def present(self, frame: Frame) -> None:
        """Redraw from a frame, at most every 5 s and only if its data changed."""
        snapshot = frame.snapshot
        basis = (snapshot.prices, snapshot.fills, snapshot.slots and snapshot.unit, self.app.theme)
        due = self._drawn_at is None or frame.now - self._drawn_at >= _EVERY
        if not due or basis == self._basis or len(snapshot.prices) < 2:
            return
        self._drawn_at, self._basis = frame.now, basis
        self._draw(frame)
        self.refresh()

    def render(self) -> Text:
        text = super().render()
        drawn = text if isinstance(text, Text) else Text(str(text))
        if self._ascii:
            drawn.plain = fmt.to_ascii(drawn.plain)
        return drawn

    def _draw(self, frame: Frame) -> None:
        snapshot, plot = frame.snapshot, self.plt
        times = [at for at, _ in snapshot.prices]
        prices = [float(price) for _, price in snapshot.prices]
        low, high = _bounds(frame, min(prices), max(prices))
        plot.clear_data()
        plot.clear_figure()
        for row in snapshot.position_map:
            if low <= row.price <= high:
                working = any(slot.level == row.unit for slot in snapshot.slots)
                plot.hline(float(row.price), self._colour("strong" if working else "edge"))
        marker = "dot" if self._ascii else "braille"
        plot.plot(times, prices, marker=marker, color=self._colour("foreground"))
        for side, glyph, name in ((Side.BUY, "^", "gain"), (Side.SELL, "v", "loss")):
            fills = [fill for fill in snapshot.fills if fill.side is side and fill.at >= times[0]]
            if fills:
                marks = [float(fill.price) for fill in fills]
                glyphs = glyph if self._ascii else {"^": "▲", "v": "▼"}[glyph]
                plot.scatter([fill.at for fill in fills], marks, marker=glyphs, color=self._colour(name))
        plot.ylim(float(low), float(high))
        plot.xlim(times[0], times[-1])
        ticks = [times[(len(times) - 1) * index // (_TIMES - 1)] for index in range(_TIMES)]
        plot.xticks([float(at) for at in ticks], [frame.clock(at) for at in ticks])
        units = [row for row in snapshot.position_map if low <= row.price <= high][:_MOST_LINES]
        labels = [f"{fmt.unit(row.unit)} {fmt.price(row.price, snapshot.instrument)}" for row in units]
        plot.yticks([float(row.price) for row in units], labels)

    def _colour(self, name: str) -> Rgb | str:
        value = self.app.theme_variables.get(name, "")
        if not value or value.startswith("ansi_"):
            return value.removeprefix("ansi_").replace("bright_", "").replace("default", "white") or "white"
        return Color.parse(value).rgb


def _bounds(frame: Frame, low: float, high: float) -> tuple[Decimal, Decimal]:
    """What has to be seen: the marks, and both prices at which the ladder moves."""
    snapshot = frame.snapshot
    ends = [Decimal(low), Decimal(high)]
    ends += [trigger.price for trigger in (snapshot.next_up, snapshot.next_down) if trigger is not None]
    margin = (max(ends) - min(ends)) / 20 or Decimal(1)
    return min(ends) - margin, max(ends) + margin
