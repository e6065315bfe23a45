"""The page of signals: one of them in full, all sources a row each, and what they have wanted."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult

from hypertui.console.frame import Frame
from hypertui.console.lines import Line
from hypertui.console.screens.page import Page
from hypertui.console.views import intents, signal, signal_words, sources
from hypertui.console.widgets.table import TablePanel
from hypertui.port.signals import SignalView


class SignalsPage(Page):
    """The signal under the cursor, or that was there last, stands above; a webhook has nothing to show
    there."""

    def __init__(self, name: str, *, ascii: bool) -> None:
        super().__init__(name, ascii=ascii)
        self._shown = ""  # the row of the signal that is shown in full
        self._sources = TablePanel(
            sources.table, sources.basis, id="sources", title=sources.title, ascii=self.plain
        )

    def body(self) -> ComposeResult:
        yield self.panel("both", "signal", self._in_full, self._title)
        yield self.table("both", self._sources)
        yield self.table(
            "both",
            TablePanel(intents.table, intents.basis, id="intents", title=intents.title, ascii=self.plain),
        )

    @property
    def source(self) -> str:
        """The name of the source under the cursor; empty where there is none."""
        row = self._sources.current
        return "" if row is None else row.key.split()[1]

    def present(self, frame: Frame) -> None:
        self.set_class(bool(frame.signals), "-signals")
        row = self._sources.current
        if row is not None and row.key in {signal_words.key_of(each) for each in frame.signals}:
            self._shown = row.key
        super().present(frame)

    def _in_full(self, frame: Frame, width: int, height: int) -> Sequence[Line]:
        return signal.in_full(frame, self._signal(frame), width, height)

    def _title(self, frame: Frame) -> str:
        return signal.title(frame, self._signal(frame))

    def _signal(self, frame: Frame) -> SignalView | None:
        found = {signal_words.key_of(each): each for each in frame.signals}
        return found.get(self._shown) or next(iter(found.values()), None)
