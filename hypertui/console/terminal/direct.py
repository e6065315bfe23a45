"""Writes the rows of panels that changed straight to the terminal, past Textual's composition.

Composing a repaint, Textual renders each widget that lies within the changed region, all containers too: that
takes longer than to draw what changed. Where nothing lies over a panel its rows are the screen's, and these
alone are rendered. Textual's own caches are told, so that whatever it repaints later shows the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.color import ColorSystem
from textual.dom import NoScreen
from textual.errors import NoWidget
from textual.geometry import Region

from hypertui.console.terminal.screen_diff import ScreenDiff

if TYPE_CHECKING:
    from textual.strip import Strip
    from textual.widget import Widget


class DirectPaint:
    """Takes rows between `begin` and `done`; none at other times, nor of a panel that does not lie on the
    screen as a whole."""

    def __init__(self, screen_diff: ScreenDiff) -> None:
        self._screen_diff = screen_diff
        self._open = False
        self._stretches: list[tuple[int, int, Sequence[Strip]]] = []

    def begin(self) -> None:
        """From now on rows are taken: nothing lies over the panels."""
        self._open = True

    def takes(self, panel: Widget, rows: Sequence[int]) -> bool:
        """Render these rows of a panel's content, to be written, those of its border being the rows before
        the first; False where Textual has to repaint them."""
        if not self._open:
            return False
        try:
            place = panel.screen.find_widget(panel)
        except (NoWidget, NoScreen):
            return False
        region = place.region
        if not region or place.visible_region != region:
            return False
        down = panel.content_offset.y
        for row in rows:
            panel._styles_cache.set_dirty(Region(0, row + down, region.width, 1))
        # At once: what lies between is in Textual's cache, and to ask it again costs more than that.
        first = min(rows)
        strips = panel.render_lines(Region(0, first + down, region.width, max(rows) - first + 1))
        for row in rows:
            self._stretches.append((region.y + row + down, region.x, (strips[row - first],)))
        return True

    def done(self, system: ColorSystem) -> str:
        """What changes the terminal accordingly; no more rows are taken."""
        self._open = False
        stretches, self._stretches = self._stretches, []
        return self._screen_diff.write(stretches, system) if stretches else ""
