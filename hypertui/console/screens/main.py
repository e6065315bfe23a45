"""The main page: everything about one trade, in two layouts of the same views."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from hypertui.console.frame import Frame
from hypertui.console.views import log, money, price
from hypertui.console.views.ladder import ladder, map
from hypertui.console.widgets.page import Page
from hypertui.console.widgets.panel import Panel

if TYPE_CHECKING:
    from hypertui.console.widgets.chart import PriceChart


class MainPage(Page):
    """Price, ladder, map, slots, profit and events; on a large terminal a price chart too."""

    def __init__(self, *, ascii: bool) -> None:
        super().__init__("main", ascii=ascii)
        self._scroll = 0
        self._chart: PriceChart | None = None

    def body(self) -> ComposeResult:
        with Vertical(id="full", classes="layout"):
            with Horizontal(id="top", classes="row"):
                yield self.panel("full", "price", price.panel, "PRICE")
                yield self.panel("full", "ladder", ladder.ladder, ladder.title)
                yield self.panel("full", "map", map.MapView().lines, map.title)
            with Horizontal(id="middle", classes="row"):
                yield self.panel("full", "slots", ladder.slots, ladder.slots_title)
                yield self.panel("full", "money", money.money, "PROFIT AND RISK")
            yield self.panel("full", "events", log.events, "EVENTS")
        with Vertical(id="compact", classes="layout"):
            yield self.panel("compact", "c-price", price.compact)
            yield self.panel("compact", "c-money", money.money_compact)
            yield self.panel("compact", "c-ladder", ladder.ladder_row)
            yield self.station("compact", "c-slots", ladder.slots_compact)
            yield self.station("compact", "c-map", map.MapView().compact)
            yield self.panel("compact", "c-commands", log.command_or_alarm)
            yield self.station("compact", "c-events", log.events_compact)

    def present(self, frame: Frame) -> None:
        super().present(replace(frame, scroll=self._scroll) if self._scroll else frame)
        if self.large:
            self._show_chart(frame)

    def _show_chart(self, frame: Frame) -> None:
        if self._chart is None:
            # Loaded only where there is room for it: the drawing library is not small.
            from hypertui.console.widgets.chart import PriceChart

            self._chart = PriceChart(ascii=self.plain)
            self.query_one("#full").mount(self._chart, before="#middle")
        self._chart.present(frame)

    @property
    def map_panel(self) -> Panel | None:
        """The position map that is shown, if any is."""
        panels = self._layouts[self.layout_name]
        return next((panel for panel in panels if panel.id in ("map", "c-map")), None)

    @property
    def focus_panel(self) -> Panel | None:
        return super().focus_panel or self.map_panel

    def action_scroll(self, rows: int) -> None:
        panel = self.map_panel
        snapshot = self.app.frame.snapshot
        known = snapshot.position_map
        if panel is None or not known:
            return
        height = panel.content_size.height - 1
        at = map.here(known, snapshot.unit)
        # From where the map is, not from where further key presses would have moved it.
        shift = map.clamp_shift(len(known), at, height, self._scroll)
        top = map.window(len(known), at, height, shift)
        self._scroll = map.window(len(known), height // 2, height, top + rows) - (at - height // 2)
        self.app.show_frame()

    def action_scroll_page(self, pages: int) -> None:
        panel = self.map_panel
        if panel is not None:
            self.action_scroll(pages * max(panel.content_size.height - 2, 1))

    def action_follow(self) -> None:
        self._scroll = 0
        self.app.show_frame()

    def action_open(self) -> None:
        self.app.action_go("map")

    def action_back(self) -> None:
        if self._zoomed is not None:
            self._zoom(None)
        self.action_follow()
