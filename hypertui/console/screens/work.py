"""The page of a backtest or a sweep."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from hypertui.console.screens.page import Page
from hypertui.console.views import key_bar, work
from hypertui.console.widgets.table import TablePanel


class WorkPage(Page):
    """How far it is, the curve with the map or the price beside it, and what was found."""

    def compose(self) -> ComposeResult:
        with Vertical(id="work-head"):
            yield self.panel("both", "work-state", work.state)
        with Vertical(id="body"):
            with Horizontal(id="work-charts", classes="row"):
                yield self.panel("both", "work-curve", work.curve, work.curve_title)
                yield self.panel("both", "work-beside", work.beside, work.beside_title)
            yield self.table(
                "both",
                TablePanel(work.table, work.basis, id="work-table", title=work.table_title, ascii=self.plain),
            )
        yield self.panel("both", "key-bar", key_bar.key_bar)
        yield self.panel("phone", "p-page", work.phone)
        yield self.panel("small", "s-page", work.too_small)

    def action_back(self) -> None:
        panel = self.focus_list
        if not (panel is not None and panel.back()) and self._zoomed is not None:
            self._zoom(None)
        self.app.show_frame()
