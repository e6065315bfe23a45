"""The main page: everything about one trade, in two layouts of the same views."""

from __future__ import annotations

from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from hypertui.console.frame import Frame
from hypertui.console.screens.page import Page
from hypertui.console.stretch import Stretch
from hypertui.console.views import log, money, price
from hypertui.console.views.ladder import map, orders, picture
from hypertui.console.widgets.panel import Panel


class MainPage(Page):
    """The picture of the ladder, alarms, commands and events; on a large terminal orders, map and
    money in full too."""

    def __init__(self, *, ascii: bool) -> None:
        super().__init__("main", ascii=ascii)
        self._cursor: int | None = None
        self._stretch = Stretch.MINUTES

    def body(self) -> ComposeResult:
        with Vertical(id="full", classes="layout"):
            with Horizontal(id="top", classes="row"):
                yield self.panel("full", "picture", picture.Picture().lines, picture.title)
                with Vertical(id="side"):
                    yield self.panel("full", "slots", orders.slots, orders.slots_title)
                    yield self.panel("full", "money", money.money, "MONEY")
                    yield self.panel("full", "map", map.MapView().lines, map.title)
            with Horizontal(id="bottom", classes="row"):
                yield self.panel("full", "events", log.events, "EVENTS")
                yield self.panel("full", "operator", log.alarms_and_commands, "ALARMS AND COMMANDS")
        with Vertical(id="compact", classes="layout"):
            yield self.panel("compact", "c-price", price.compact)
            yield self.panel("compact", "c-money", money.money_compact)
            yield self.panel("compact", "c-ladder", orders.ladder_row)
            yield self.station("compact", "c-slots", orders.slots_compact)
            yield self.station("compact", "c-map", map.MapView().compact)
            yield self.panel("compact", "c-commands", log.command_or_alarm)
            yield self.station("compact", "c-events", log.events_compact)

    def present(self, frame: Frame) -> None:
        super().present(replace(frame, cursor=self._cursor, stretch=self._stretch))

    @property
    def focus_panel(self) -> Panel | None:
        panels = self._layouts[self.layout_name]
        ladder = next((panel for panel in panels if panel.id in ("picture", "c-map")), None)
        return super().focus_panel or ladder

    def action_scroll(self, rows: int) -> None:
        """Move the cursor by units; rows go down, units up."""
        snapshot = self.app.frame.snapshot
        if not snapshot.position_map:
            return
        at = snapshot.unit if self._cursor is None else self._cursor
        lowest, highest = snapshot.position_map[-1].unit, snapshot.position_map[0].unit
        self._cursor = max(lowest, min(at - rows, highest))
        self.app.show_frame()

    def action_scroll_page(self, pages: int) -> None:
        panel = self.focus_panel
        if panel is not None:
            self.action_scroll(pages * max((panel.content_size.height - 2) // 2, 1))

    def action_stretch(self, by: int) -> None:
        """Show more of the past, or less."""
        self._stretch = self._stretch.stepped(by)
        self.app.notice(f"chart: {self._stretch.words}")

    def action_follow(self) -> None:
        self._cursor = None
        self.app.show_frame()

    def action_open(self) -> None:
        """What was ordered at the unit under the cursor, and what became of it."""
        self.app.action_go("map")

    def action_back(self) -> None:
        if self._zoomed is not None:
            self._zoom(None)
        self.action_follow()
