"""The seek line: a time of the replay is typed, and enter goes there."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen

from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, fit, line, pad
from hypertui.console.widgets.panel import Panel

if TYPE_CHECKING:
    from hypertui.console.host import Host

_LONGEST = 30
_DAY = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_TIME = ("%H:%M:%S", "%H:%M")


def parse_moment(text: str, at: int, zone: tzinfo | None) -> int | None:
    """The time (ms) that `text` names, without a day that of `at` (ms), in a zone or this machine's own; None
    where it names none."""
    day = datetime.fromtimestamp(at // 1000, UTC).astimezone(zone).date()
    for prefix, forms in (("", _DAY), (f"{day} ", _TIME)):
        for form in forms:
            try:
                read = datetime.strptime(text.strip(), form)
            except ValueError:
                continue
            moment = datetime.combine(day, read.time()) if prefix else read
            local = moment.astimezone() if zone is None else moment.replace(tzinfo=zone)
            return round(local.timestamp()) * 1000
    return None


class SeekLine(ModalScreen[int | None]):
    """Takes the keys while a time is typed. Enter goes there, escape stays."""

    app: Host

    def __init__(self, *, ascii: bool) -> None:
        super().__init__()
        self._panel = Panel(self._view, id="filter", ascii=ascii)
        self._typed = self._wrong = ""

    def compose(self) -> ComposeResult:
        yield self._panel

    def on_screen_resume(self) -> None:
        self._typed = self._wrong = ""
        self._panel.present(self.app.frame)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        frame = self.app.frame
        self._wrong = ""
        if event.key in ("escape", "ctrl+c"):
            self.dismiss(None)
            return
        if event.key == "enter":
            moment = parse_moment(self._typed, frame.now, frame.zone)
            if moment is not None:
                self.dismiss(moment)
                return
            self._wrong = "no time: 14:30, 14:30:15 or 2026-01-31 14:30"
        elif event.key == "backspace":
            self._typed = self._typed[:-1]
        elif event.character is not None and event.is_printable and len(self._typed) < _LONGEST:
            self._typed += event.character
        self._panel.present(frame)

    def _view(self, frame: Frame, width: int, height: int) -> list[Line]:
        hint = (
            Span(f"  {self._wrong}", Tone.CRITICAL) if self._wrong else Span("  enter goes there", Tone.DIM)
        )
        spans = line(Span(" time ", Tone.KEY), Span(f"{self._typed}▏", Tone.STRONG), hint)
        return [pad(fit(spans, width), width)]
