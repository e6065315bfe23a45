"""The main screen: three layouts of the same views, built once; the terminal's size picks one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.timer import Timer

from hypertui.console.frame import Frame
from hypertui.console.panel import Panel, Title, View
from hypertui.console.views import bar, ladder, log, map, money, price

if TYPE_CHECKING:
    from hypertui.console.app import HyperTui

_SETTLED = 0.2
FULL_WIDTH = 120
FULL_HEIGHT = 40


class Main(Screen[None]):
    """Everything an operator watches and does in one trade."""

    app: HyperTui

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-narrow"),
        (bar.MIN_WIDTH, "-medium"),
        (FULL_WIDTH, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-low"),
        (bar.MIN_HEIGHT, "-middling"),
        (FULL_HEIGHT, "-tall"),
    ]

    def __init__(self, *, ascii: bool) -> None:
        super().__init__(classes="ascii" if ascii else None)
        self._ascii = ascii
        self._settling: Timer | None = None
        self._layouts: dict[str, list[Panel]] = {"full": [], "compact": [], "small": []}

    def _panel(self, layout: str, name: str, view: View, title: Title | str | None = None) -> Panel:
        fixed = title if isinstance(title, str) else None
        panel = Panel(view, id=name, title=None if isinstance(title, str) else title, ascii=self._ascii)
        if title is not None:
            panel.add_class("boxed")
            panel.border_title = fixed
        self._layouts[layout].append(panel)
        return panel

    def compose(self) -> ComposeResult:
        with Vertical(id="full", classes="layout"):
            with Horizontal(id="bar"):
                yield self._panel("full", "status", bar.status)
                yield self._panel("full", "clock", bar.clock)
            yield self._panel("full", "wait", bar.wait_line)
            with Horizontal(id="top", classes="row"):
                yield self._panel("full", "price", price.panel, "PRICE")
                yield self._panel("full", "ladder", ladder.ladder, ladder.title)
                yield self._panel("full", "map", map.position_map, map.title)
            with Horizontal(id="middle", classes="row"):
                yield self._panel("full", "slots", ladder.slots, ladder.slots_title)
                yield self._panel("full", "money", money.money, "PROFIT AND RISK")
            yield self._panel("full", "events", log.events, "EVENTS")
            yield self._panel("full", "key-bar", bar.key_bar)
        with Vertical(id="compact", classes="layout"):
            yield self._panel("compact", "c-status", bar.status_compact)
            yield self._panel("compact", "c-lamps", bar.lamps)
            yield self._panel("compact", "c-wait", bar.wait_line)
            yield self._panel("compact", "c-price", price.compact)
            yield self._panel("compact", "c-money", money.money_compact)
            yield self._panel("compact", "c-ladder", ladder.ladder_row)
            yield self._panel("compact", "c-slots", ladder.slots_compact)
            yield self._panel("compact", "c-map", map.position_map_compact)
            yield self._panel("compact", "c-commands", log.command_or_alarm)
            yield self._panel("compact", "c-events", log.events_compact)
            yield self._panel("compact", "c-key-bar", bar.key_bar)
        with Vertical(id="small", classes="layout"):
            yield self._panel("small", "s-page", bar.too_small)

    @property
    def layout_name(self) -> str:
        """The layout that the terminal's size allows."""
        width, height = self.app.size
        if width < bar.MIN_WIDTH or height < bar.MIN_HEIGHT:
            return "small"
        return "full" if width >= FULL_WIDTH and height >= FULL_HEIGHT else "compact"

    @property
    def map_panel(self) -> Panel | None:
        """The position map that is shown, if any is."""
        panels = self._layouts[self.layout_name]
        return next((panel for panel in panels if panel.id in ("map", "c-map")), None)

    def present(self, frame: Frame) -> None:
        """Show a frame in the layout that is up; the others are drawn when they come up."""
        for panel in self._layouts[self.layout_name]:
            panel.present(frame)

    def on_resize(self) -> None:
        # Sizes that follow each other quickly can leave the newest one laid out and never painted.
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(_SETTLED, partial(self.refresh, layout=True))

    def on_mouse_scroll_up(self) -> None:
        self.app.action_scroll(-1)

    def on_mouse_scroll_down(self) -> None:
        self.app.action_scroll(1)
