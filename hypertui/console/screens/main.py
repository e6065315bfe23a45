"""The main page: everything about one trade, in two layouts of the same views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Click, MouseEvent, MouseMove
from textual.geometry import Offset

from hypertui.console.frame import Frame
from hypertui.console.lines import Line
from hypertui.console.screens.page import Page
from hypertui.console.stretch import Stretch
from hypertui.console.views import guide, log, money, strategies
from hypertui.console.views.bracket.picture import BracketPicture
from hypertui.console.views.ladder import map, picture
from hypertui.console.widgets.panel import Panel
from hypertui.port.views import FillView


class MainPage(Page):
    """The picture of the ladder, alarms, commands and events; on a large terminal orders, map and
    money in full too."""

    def __init__(self, *, ascii: bool) -> None:
        super().__init__("main", ascii=ascii)
        self._cursor: int | None = None
        self._stretch = Stretch.MINUTES
        self._picture = picture.Picture()
        self._bracket = BracketPicture()
        self._story: FillView | None = None

    def body(self) -> ComposeResult:
        with Vertical(id="full", classes="layout"):
            yield self.panel("full", "guide", guide.guide)
            with Horizontal(id="top", classes="row"):
                yield self.panel("full", "picture", self._picture_lines, strategies.picture_title)
                with Vertical(id="side"):
                    yield self.panel("large", "slots", strategies.orders, strategies.orders_title)
                    yield self.panel("large", "money", money.money, "MONEY")
                    yield self.panel(
                        "large", "map", strategies.beside(map.MapView().lines), strategies.map_title
                    )
            with Horizontal(id="bottom", classes="row"):
                yield self.panel("full", "events", log.events, "EVENTS")
                yield self.panel("full", "operator", log.alarms_and_commands, "ALARMS AND COMMANDS")
        with Vertical(id="compact", classes="layout"):
            yield self.panel("compact", "c-price", strategies.price_compact)
            yield self.panel("compact", "c-money", money.money_compact)
            yield self.panel("compact", "c-ladder", strategies.row)
            yield self.station("compact", "c-slots", strategies.orders_compact)
            yield self.panel("compact", "c-guide", guide.guide)
            yield self.station("compact", "c-map", strategies.beside(map.MapView().compact, in_full=False))
            yield self.panel("compact", "c-commands", log.command_or_alarm)
            yield self.station("compact", "c-events", log.events_compact)

    def _picture_lines(self, frame: Frame, width: int, height: int) -> Sequence[Line]:
        bracket = frame.snapshot.bracket
        if bracket is not None:
            return self._bracket.lines(frame, bracket, width, height)
        return self._picture.lines(frame, width, height)

    def present(self, frame: Frame) -> None:
        self.set_class(frame.guided and bool(guide.guide(frame, self.app.size.width)), "-guided")
        super().present(replace(frame, cursor=self._cursor, stretch=self._stretch, story=self._story))

    @property
    def focus_panel(self) -> Panel | None:
        ladder = next((panel for panel in self.panels if panel.id in ("picture", "c-map")), None)
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

    # The mouse

    def on_click(self, event: Click) -> None:
        """A click on a unit moves the cursor there, one on the cursor opens it."""
        at = self._in_picture(event)
        is_ladder = self.app.frame.snapshot.bracket is None
        unit = None if at is None or not is_ladder else self._picture.unit_at(at.y)
        if unit is None:
            return
        if unit == self._cursor:
            self.action_open()
        else:
            self._cursor = unit
            self.app.show_frame()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Over a fill its story is told."""
        at = self._in_picture(event)
        shown = self._picture if self.app.frame.snapshot.bracket is None else self._bracket
        story = None if at is None else shown.fill_at(at.x, at.y)
        if story is not self._story:
            self._story = story
            self.app.show_frame()

    def _in_picture(self, event: MouseEvent) -> Offset | None:
        inside = self.query_one("#picture", Panel).content_region
        return event.screen_offset - inside.offset if inside.contains_point(event.screen_offset) else None

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
