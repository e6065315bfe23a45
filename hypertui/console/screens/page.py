"""The base page: header, key bar, focus, zoom, and table navigation, shared by all pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.timer import Timer

from hypertui.console.frame import Frame
from hypertui.console.lines import width_of
from hypertui.console.sizes import FULL_HEIGHT, FULL_WIDTH, LARGE_HEIGHT, LARGE_WIDTH, MIN_HEIGHT, MIN_WIDTH
from hypertui.console.views import header, key_bar, money, phone, status_line, tabs, toast, too_small
from hypertui.console.widgets.panel import Panel, Title, View
from hypertui.console.widgets.table import TablePanel

if TYPE_CHECKING:
    from hypertui.console.host import Host

_SETTLED = 0.2


class Page(Screen[None], inherit_bindings=False):
    """A page of the console, built once. Its panels belong to layouts; the terminal's size selects one."""

    app: Host

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-tiny"),
        (phone.MIN_WIDTH, "-narrow"),
        (MIN_WIDTH, "-medium"),
        (FULL_WIDTH, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-flat"),
        (phone.MIN_HEIGHT, "-low"),
        (MIN_HEIGHT, "-middling"),
        (FULL_HEIGHT, "-tall"),
    ]

    def __init__(self, name: str, *, ascii: bool) -> None:
        super().__init__(name, classes=f"page {'ascii' if ascii else ''}".strip())
        self.plain = ascii
        self._layouts: dict[str, list[Panel]] = {
            name: [] for name in ("full", "large", "compact", "phone", "small")
        }
        self._focused: Panel | None = None
        self._zoomed: Panel | None = None
        self._settling: Timer | None = None
        self._built = False

    # Composition

    def panel(self, layout: str, id: str, view: View, title: Title | str | None = None) -> Panel:
        """A panel of a layout, or of `both`; one with a title has a border."""
        fixed = title if isinstance(title, str) else None
        named: Title | None = (lambda frame: fixed) if fixed is not None else None
        if title is not None and not isinstance(title, str):
            named = title
        return self._placed(layout, Panel(view, id=id, title=named, ascii=self.plain), title is not None)

    def station(self, layout: str, id: str, view: View) -> Panel:
        """A panel without a border that can have the focus all the same."""
        panel = self.panel(layout, id, view)
        panel.add_class("station")
        return panel

    def table(self, layout: str, panel: TablePanel) -> TablePanel:
        """A table of a layout, or of `both`."""
        self._placed(layout, panel, boxed=True)
        return panel

    def _placed(self, layout: str, panel: Panel, boxed: bool) -> Panel:
        if boxed:
            panel.add_class("boxed")
        for name in ("full", "compact") if layout == "both" else (layout,):
            self._layouts[name].append(panel)
        return panel

    def body(self) -> ComposeResult:
        """The panels between header and key bar."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        self.set_class(tabs.has_signals(self.app.frame), "-alerted")  # one tab more
        with Vertical(id="head-full", classes="head"):
            with Horizontal(id="bar"):
                yield self.panel("full", "status", header.status)
                yield self.panel("full", "clock", header.clock)
            yield self.panel("full", "wait", status_line.wait_line)
            yield self.panel("full", "money-row", money.money_row)
            yield self.panel("full", "tabs", tabs.tabs)
        with Vertical(id="head-compact", classes="head"):
            yield self.panel("compact", "c-status", header.status_compact)
            yield self.panel("compact", "c-wait", status_line.wait_line)
            with Horizontal(id="c-second"):
                yield self.panel("compact", "c-tabs", tabs.tabs)
                yield self.panel("compact", "c-lamps", header.lamps)
        with Vertical(id="body"):
            yield from self.body()
        yield self.panel("both", "toasts", toast.toasts)
        yield self.panel("both", "key-bar", key_bar.key_bar)
        yield self.panel("phone", "p-page", phone.phone)
        yield self.panel("small", "s-page", too_small.too_small)

    # Presentation

    @property
    def layout_name(self) -> str:
        """The layout that the terminal's size allows."""
        width, height = self.app.size
        if width < phone.MIN_WIDTH or height < phone.MIN_HEIGHT:
            return "small"
        if width < MIN_WIDTH or height < MIN_HEIGHT:
            return "phone"
        return "full" if width >= FULL_WIDTH and height >= FULL_HEIGHT else "compact"

    @property
    def large(self) -> bool:
        """Whether there is room for more than the full layout."""
        width, height = self.app.size
        return width >= LARGE_WIDTH and height >= LARGE_HEIGHT

    def on_resize(self) -> None:
        self.set_class(self.large, "-large")
        # Sizes that follow each other quickly can leave the newest one laid out and never painted.
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(_SETTLED, self.app.action_redraw)

    def present(self, frame: Frame) -> None:
        """Show a frame in the current layout; the others are drawn when they become current."""
        panels, focused = self.panels, self.focus_panel
        several = len(self.stations) > 1
        self._place_toasts(frame)
        for panel in panels:
            if isinstance(panel, TablePanel):
                panel.focused = panel is focused
                panel.marked = panel.focused and several
            panel.present(frame)

    def _place_toasts(self, frame: Frame) -> None:
        """Over the lower right corner, no larger than they are."""
        panel = next((panel for panel in self._layouts["full"] if panel.id == "toasts"), None)
        self.set_class(bool(frame.toasts), "-toasts")
        if frame.toasts and panel is not None:  # it may not be composed yet
            width, height = self.app.size
            widest = max(map(width_of, toast.toasts(frame)))
            size = (min(widest, width - 2), len(frame.toasts))
            styles = panel.styles
            styles.width, styles.height = size
            styles.offset = (width - size[0] - 1, height - size[1] - 1)

    def on_screen_resume(self) -> None:
        # The first time there is no size to draw into before the screen has been laid out.
        self.call_after_refresh(self._resumed)

    def _resumed(self) -> None:
        self.app.show_frame()
        if not self._built:
            self._built = True
            self.app.built()

    # Focus, zoom, tables

    @property
    def panels(self) -> list[Panel]:
        """The panels of the layout that is shown."""
        shown = self._layouts[self.layout_name]
        return [*shown, *self._layouts["large"]] if self.large else shown

    @property
    def stations(self) -> list[Panel]:
        """The panels that can have the focus, in the order of the tab key."""
        return [panel for panel in self.panels if panel.stands]

    @property
    def focus_panel(self) -> Panel | None:
        """The panel that scrolls and zooms; the first table until the operator picks another."""
        stations = self.stations
        lists: list[Panel] = [panel for panel in stations if isinstance(panel, TablePanel)]
        return self._focused if self._focused in stations else next(iter(lists), None)

    @property
    def focus_list(self) -> TablePanel | None:
        """The table that has the focus."""
        panel = self.focus_panel
        return panel if isinstance(panel, TablePanel) else None

    @property
    def source(self) -> str:
        """The name of the source of intents under the cursor; empty where there is none."""
        return ""

    def action_focus_next(self) -> None:
        stations = self.stations
        if not stations:
            return
        now = self.focus_panel
        self._focus(stations[(stations.index(now) + 1) % len(stations) if now in stations else 0])

    def _focus(self, panel: Panel) -> None:
        self._focused = panel
        for each in self.query(Panel):
            each.set_class(each is panel, "-focused")
        if self._zoomed is not None:
            self._zoom(panel)
        self.app.notice(f"focus: {panel.station}")

    def action_zoom(self) -> None:
        target = None if self._zoomed is not None else self.focus_panel or next(iter(self.stations), None)
        self._zoom(target)

    def _zoom(self, panel: Panel | None) -> None:
        self._zoomed = panel
        self.set_class(panel is not None, "-zoomed")
        for each in self.query(".row, .boxed, .station, .layout"):
            inside = panel is not None and (each is panel or each in panel.ancestors)
            each.set_class(inside, "-zoom")

    def action_back(self) -> None:
        panel = self.focus_list
        if panel is not None and panel.back():
            pass
        elif self._zoomed is not None:
            self._zoom(None)
        else:
            self.app.action_go("main")
        self.app.show_frame()

    def action_scroll(self, rows: int) -> None:
        if self.focus_list is not None:
            self.focus_list.move(rows)
            self.app.show_frame()

    def action_scroll_page(self, pages: int) -> None:
        if self.focus_list is not None:
            self.focus_list.move(pages, pages=True)
            self.app.show_frame()

    def action_follow(self) -> None:
        if self.focus_list is not None:
            self.focus_list.follow()
            self.app.show_frame()

    def action_open(self) -> None:
        if self.focus_list is None:
            self.app.notice("no row to open here")
        elif why := self.focus_list.open():
            self.app.notice(why)
        self.app.show_frame()

    def action_copy(self) -> None:
        row = None if self.focus_list is None else self.focus_list.current
        if row is None or not row.copied:
            self.app.notice("no row to copy here")
            return
        self.app.copy_to_clipboard(row.copied)
        self.app.notice(f"copied to the terminal's clipboard: {row.copied}")

    def action_level(self) -> None:
        self.app.notice("levels belong to the log: 6")

    def action_kind(self) -> None:
        self.app.notice("kinds belong to the log: 6")

    def action_stretch(self, by: int) -> None:
        """Show more of the past, or less, where there is a chart."""
        self.app.notice("the chart is on the main screen: 1")

    def on_mouse_scroll_up(self) -> None:
        self.action_scroll(-1)

    def on_mouse_scroll_down(self) -> None:
        self.action_scroll(1)
