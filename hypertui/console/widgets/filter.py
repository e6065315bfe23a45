"""The filter line: the table below follows every key typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen

from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, fit, line, pad
from hypertui.console.widgets.panel import Panel
from hypertui.console.widgets.table import TablePanel

if TYPE_CHECKING:
    from hypertui.console.host import Host

_LONGEST = 60


class FilterLine(ModalScreen[None]):
    """Takes the keys while a filter is typed. Enter keeps the filter, escape removes it."""

    app: Host

    def __init__(self, *, ascii: bool) -> None:
        super().__init__()
        self._panel = Panel(self._view, id="filter", ascii=ascii)
        self._list: TablePanel | None = None

    def compose(self) -> ComposeResult:
        yield self._panel

    def put(self, panel: TablePanel) -> None:
        """Edit the filter of this table; the app shows the screen."""
        self._list = panel

    def on_screen_resume(self) -> None:
        self._panel.present(self.app.frame)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        panel = self._list
        if panel is None:
            return
        if event.key in ("enter", "escape", "ctrl+c"):
            if event.key != "enter":
                panel.filter = ""
            self.app.pop_screen()
        elif event.key == "backspace":
            panel.filter = panel.filter[:-1]
        elif event.character is not None and event.is_printable and len(panel.filter) < _LONGEST:
            panel.filter += event.character
        self.app.show_frame()
        self._panel.present(self.app.frame)

    def _view(self, frame: Frame, width: int, height: int) -> list[Line]:
        typed = "" if self._list is None else self._list.filter
        spans = line(
            Span(" / ", Tone.KEY),
            Span(f"{typed}▏", Tone.STRONG),
            Span("  enter keeps, esc drops", Tone.DIM),
        )
        return [pad(fit(spans, width), width)]
